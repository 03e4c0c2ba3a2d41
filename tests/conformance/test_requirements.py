"""Every requirement of the classes that we claim has a test, and that test is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "conformance.md"
#: Fixtures by which a test speaks to the server.
SPEAKING = {"api", "ogc", "clean", "fresh"}
#: Requirement classes that the dialect claims, and how many requirements of each are listed.
CLASSES = {
    "core": 40,
    "ogc-process-description": 7,
    "json": 1,
    "html": 2,
    "oas30": 6,
    "job-list": 16,
    "callback": 1,
    "dismiss": 2,
    "deploy-replace-undeploy": 3,
}


def rows() -> list[tuple[list[str], str]]:
    found = re.findall(r"^\| (.+) \| `(\S+::\S+)` \|$", PAGE.read_text(), re.MULTILINE)
    return [(re.findall(r"`(/req/[^`]+)`", names), test) for names, test in found]


def functions(path: Path) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(path.read_text())
    return {each.name: each for each in tree.body if isinstance(each, ast.FunctionDef)}


@pytest.mark.parametrize("name", CLASSES)
def test_every_requirement_is_listed(name: str) -> None:
    listed = {each for names, _ in rows() for each in names if each.split("/")[2] == name}
    assert len(listed) >= CLASSES[name], sorted(listed)


@pytest.mark.parametrize("test", sorted({test for _, test in rows()}))
def test_the_test_of_a_requirement_asks_the_server(test: str) -> None:
    file, _, name = test.partition("::")
    function = functions(HERE / file)[name]
    assert SPEAKING & {argument.arg for argument in function.args.args}
    calls = [each for each in ast.walk(function) if isinstance(each, ast.Assert)]
    others = [each for each in ast.walk(function) if isinstance(each, ast.Call)]
    assert calls or any(getattr(each.func, "id", "") == "problem" for each in others)
