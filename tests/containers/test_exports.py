"""Exported notebooks, run in an image by a real podman: here, by hand, and on another service."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from jupyter_ades.cli import main
from tests.conftest import notebook
from tests.containers.conftest import podman
from tests.containers.notebook_image import INSIDE
from tests.containers.serving import Start, deploy, ended
from tests.restart.server import Server

CELLS = (
    "import json, os, pathlib",
    'pathlib.Path("said.txt").write_text(f"{text.read_text()} {n} $(n)")',
    f'pathlib.Path("place.txt").write_text("in its image" if "{INSIDE}" in os.environ else "here")',
    'pathlib.Path("ades-outputs.json").write_text(json.dumps({"twice": 2 * n}))',
)
BOOK = notebook('n: int = 2\ntext: "Path"', CELLS, id="anywhere", outputs={"twice": "number"})
INPUTS = {"n": 5, "text": {"href": "one.txt"}}
YAML_TYPE = {"Accept": "application/cwl+yaml"}
LONG = 120.0
pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def first(start: Start, notebooks: str) -> Server:
    """A server with the notebook, whose exports name the image."""
    server = start("first", notebook_image=notebooks)
    deploy(server, BOOK, "application/x-ipynb+json")
    return server


def run(server: Server, process: str, **more: object) -> tuple[dict[str, Any], str, str]:
    """The results of a job, and what its notebook wrote of them and of where it ran."""
    sent = server.send("POST", f"processes/{process}/jobs", json={"inputs": INPUTS, **more})
    assert sent.status_code == 201, sent.text
    path = f"jobs/{sent.json()['jobID']}"
    status = ended(server, path, LONG)
    assert status["status"] == "successful", server.send("GET", f"{path}/log").text
    files = f"{path}/files/wf-{sent.json()['jobID']}"
    said, place = (server.send("GET", f"{files}/{each}.txt").text for each in ("said", "place"))
    told = server.folder / "state" / "terradue" / "jobs" / sent.json()["jobID"] / "results.json"
    outputs: dict[str, Any] = json.loads(told.read_bytes())["outputs"]
    return outputs, said, place


def test_the_same_comes_of_it_on_another_service(first: Server, start: Start) -> None:
    """Which has no notebook deployed, and no image of its own for any."""
    results, said, place = run(first, "anywhere")
    assert (said, place) == ("one 5 $(n)", "here")
    inside = run(first, "anywhere", runner="cwltool")
    assert inside[1:] == (said, "in its image")
    package = first.send("GET", "processes/anywhere/package", headers=YAML_TYPE)
    assert package.headers["Content-Type"].startswith("application/cwl+yaml")
    second = start("second")
    described = deploy(second, package.content, "application/cwl+yaml")
    assert described["id"] == "anywhere-0_1_0"
    assert second.send("GET", "processes/anywhere/package").content == package.content
    there = run(second, "anywhere")
    assert there[1:] == (said, "in its image")
    assert there[0]["twice"] == results["twice"] == inside[0]["twice"] == 10
    assert set(there[0]) == set(results)
    assert podman("ps", "--all", "--quiet").stdout == ""


def test_the_command_exports_what_cwltool_runs_by_hand(
    first: Server, notebooks: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same as the API does; the same comes of it as of the notebook."""
    monkeypatch.setenv("ADES_URL", first.root)
    monkeypatch.setenv("ADES_TOKEN", "secret")
    path = tmp_path / "export.cwl"
    exported = CliRunner().invoke(main, ["export", "anywhere", "-o", str(path)])
    assert exported.exit_code == 0, exported.output
    answer = first.send("GET", "processes/anywhere/package", headers=YAML_TYPE)
    assert path.read_bytes() == answer.content
    (tool,) = (
        each for each in YAML(typ="safe").load(path)["$graph"] if each["class"] != "Workflow"
    )
    assert tool["requirements"]["DockerRequirement"] == {"dockerPull": notebooks}
    outputs = by_hand(path, tmp_path)
    assert outputs["twice"] == 10
    texts = {each["basename"]: Path(each["path"]).read_text() for each in outputs["results"]}
    assert texts == {"said.txt": "one 5 $(n)", "place.txt": "in its image"}


def by_hand(package: Path, folder: Path) -> dict[str, Any]:
    """The outputs of cwltool's own command, in a container."""
    (folder / "one.txt").write_text("one")
    order = {"n": 5, "text": {"class": "File", "path": "one.txt"}}
    (folder / "order.json").write_text(json.dumps(order))
    shim = folder / "bin" / "podman"
    shim.parent.mkdir()
    # cwltool maps users, which podman refuses to root.
    shim.write_text(
        '#!/bin/sh\nfor a in "$@"; do\n shift\n [ "$a" = "--userns=keep-id" ] || set -- "$@" "$a"'
        f'\ndone\nexec {shutil.which("podman")} "$@"\n'
    )
    shim.chmod(0o755)
    ran = subprocess.run(
        [Path(sys.executable).with_name("cwltool"), "--podman", str(package), "order.json"],
        cwd=folder,
        env={**os.environ, "PATH": f"{shim.parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=LONG,
    )
    assert ran.returncode == 0, ran.stderr
    outputs: dict[str, Any] = json.loads(ran.stdout)
    return outputs
