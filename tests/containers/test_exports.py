"""Exported notebooks, run in an image by a real podman: here, and on another service."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import notebook
from tests.containers.conftest import podman
from tests.containers.notebook_image import INSIDE
from tests.restart.server import Server
from tests.worker.support import until

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
#: Makes a server in a folder of its own, with traits.
Start = Callable[..., Server]


@pytest.fixture
def start(notebooks: str, tmp_path: Path) -> Iterator[Start]:
    with ExitStack() as ends:

        def started(name: str, **traits: object) -> Server:
            folder = tmp_path / name
            folder.mkdir()
            server = Server(folder, traits={"container_engine": "podman", **traits})
            (server.user_folder / "one.txt").write_text("one")
            server.start()
            ends.callback(server.stop)
            return server

        yield started


@pytest.fixture
def first(start: Start, notebooks: str) -> Server:
    """A server with the notebook, whose exports name the image."""
    server = start("first", notebook_image=notebooks)
    deploy(server, BOOK, "application/x-ipynb+json")
    return server


def deploy(server: Server, package: bytes, media_type: str) -> dict[str, Any]:
    sent = server.send("POST", "processes", data=package, headers={"Content-Type": media_type})
    assert sent.status_code == 201, sent.text
    body: dict[str, Any] = sent.json()
    return body


def run(server: Server, process: str, **more: object) -> tuple[dict[str, Any], str, str]:
    """The results of a job, and what its notebook wrote of them and of where it ran."""
    sent = server.send("POST", f"processes/{process}/jobs", json={"inputs": INPUTS, **more})
    assert sent.status_code == 201, sent.text
    path = f"jobs/{sent.json()['jobID']}"
    final = ("successful", "failed", "dismissed")
    until(lambda: server.send("GET", path).json()["status"] in final, LONG)
    log = server.send("GET", f"{path}/log").text
    assert server.send("GET", path).json()["status"] == "successful", log
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
