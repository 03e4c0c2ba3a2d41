"""The suite of our own, one test for each feature of CWL, through a real server over HTTP."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.cwl_conformance.__main__ import RUNNER, TESTS, command
from tests.cwl_conformance.serving import serving

SUITE = Path(__file__).with_name("suite")
IDS = [each["id"] for each in YAML(typ="safe", pure=True).load(SUITE / TESTS)]
#: Needs a container engine; the server of these tests has none.
UNSUPPORTED = "container"

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    with serving(SUITE, containers="none") as variables:
        yield {**os.environ, **variables}


@pytest.fixture(scope="module")
def outcomes(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """What became of each test, by its id: ``passed``, or why not."""
    report = tmp_path_factory.mktemp("cwl") / "report.xml"
    ended = subprocess.run(
        command(SUITE, "--junit-xml", str(report)),
        cwd=SUITE,
        env=environment,
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert report.exists(), ended.stderr
    cases = list(ET.parse(report).iter("testcase"))
    assert len(cases) == len(IDS)
    return {name: _outcome(case) for name, case in zip(IDS, cases, strict=True)}


def _outcome(case: ET.Element) -> str:
    for kind in ("failure", "error", "skipped"):
        found = case.find(kind)
        if found is not None:
            said = [found.get("message"), found.text, case.findtext("system-err")]
            return f"{kind}: " + " ".join(each for each in said if each)
    return "passed"


@pytest.mark.parametrize("name", [name for name in IDS if name != UNSUPPORTED])
def test_a_feature(name: str, outcomes: dict[str, str]) -> None:
    assert outcomes[name] == "passed"


def test_what_is_not_supported_is_told_apart(outcomes: dict[str, str]) -> None:
    assert outcomes[UNSUPPORTED].startswith("skipped")


def test_a_refusal_says_why(environment: dict[str, str]) -> None:
    said = {
        tool: subprocess.run(
            [sys.executable, str(RUNNER), "--quiet", f"tests/{tool}.cwl", "tests/word.job.json"],
            cwd=SUITE,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        for tool in ("container", "cycle")
    }
    assert {tool: each.returncode for tool, each in said.items()} == {"container": 33, "cycle": 1}
    assert "install podman" in said["container"].stderr
    assert "circular dependency" in said["cycle"].stderr
    assert str(SUITE) not in said["cycle"].stderr
