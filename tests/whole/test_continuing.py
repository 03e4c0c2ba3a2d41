"""A failed workflow goes on from its unfinished steps: what finished does not run again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import notebook
from tests.restart.asking import ended
from tests.restart.server import Server

#: Counts its runs in a file of the test's, and gives its input doubled.
FIRST = "import sys; open(sys.argv[1], 'a').write('x'); print(open(sys.argv[2]).read() * 2, end='')"
#: Fails until there is a gate.
SECOND = "import sys, os; os.stat(sys.argv[1]); print(open(sys.argv[2]).read().upper(), end='')"


def tool(name: str, code: str) -> dict[str, Any]:
    return {
        "class": "CommandLineTool",
        "id": name,
        "baseCommand": ["python", "-c", code],
        "inputs": {
            "note": {"type": "string", "inputBinding": {"position": 1}},
            "data": {"type": "File", "inputBinding": {"position": 2}},
        },
        "stdout": f"{name}.txt",
        "outputs": {"made": "stdout"},
    }


def package(name: str, *, reusable: bool) -> dict[str, Any]:
    hints = {"WorkReuse": {"enableReuse": True}} if reusable else {}
    step = {"first": "data", "second": "first/made"}
    notes = {"first": "runs", "second": "gate"}
    steps = {
        each: {"run": f"#{each}", "in": {"note": notes[each], "data": data}, "out": ["made"]}
        for each, data in step.items()
    }
    workflow = {
        "class": "Workflow",
        "id": name,
        "hints": hints,
        "inputs": {"runs": "string", "gate": "string", "data": "File"},
        "outputs": {"made": {"type": "File", "outputSource": "second/made"}},
        "steps": steps,
    }
    tools = [tool("first", FIRST), tool("second", SECOND)]
    return {"cwlVersion": "v1.2", "$graph": [workflow, *tools]}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("continuing"), traits={"warm_workers": True})
    started.start()
    for name, reusable in (("kept", True), ("plain", False)):
        body = package(name, reusable=reusable)
        headers = {"Content-Type": "application/cwl+json"}
        sent = started.send("POST", "processes", json=body, headers=headers)
        assert sent.status_code == 201, sent.text
    yield started
    started.stop()


def failed(server: Server, process: str, folder: Path) -> str:
    """A job whose second step failed."""
    (server.user_folder / f"{process}.txt").write_text("ab")
    inputs = {"runs": str(folder / "runs"), "gate": str(folder / "gate"), "data": f"{process}.txt"}
    job = server.send("POST", f"processes/{process}/jobs", json={"inputs": inputs}).json()["jobID"]
    status = ended(server, job)
    assert (status["status"], "step second" in status["message"]) == ("failed", True), status
    return str(job)


def rerun(server: Server, job: str, **body: Any) -> Any:
    return server.send("POST", f"jobs/{job}/rerun", json={"from": "unfinished-steps", **body})


def test_finished_steps_do_not_run_again(server: Server, tmp_path: Path) -> None:
    first = failed(server, "kept", tmp_path)
    assert (tmp_path / "runs").read_text() == "x"
    (tmp_path / "gate").touch()
    # The input is not read again, either.
    (server.user_folder / "kept.txt").unlink()
    answer = rerun(server, first)
    assert answer.status_code == 201, answer.text
    second = answer.json()["jobID"]
    assert second != first
    status = ended(server, second)
    assert (status["status"], status["progress"]) == ("successful", 100), status
    assert (tmp_path / "runs").read_text() == "x"
    outputs = server.send("GET", f"jobs/{second}/outputs").json()
    made = server.send("GET", outputs["made"]["location"].partition("/wps3/")[2])
    assert made.text == "ABAB"
    # The failed job is as it was, and can be gone on from again.
    again = ended(server, rerun(server, first).json()["jobID"])
    assert again["status"] == "successful"
    assert (tmp_path / "runs").read_text() == "x"


def test_from_the_start_every_step_runs(server: Server, tmp_path: Path) -> None:
    first = failed(server, "kept", tmp_path)
    (tmp_path / "gate").touch()
    answer = server.send("POST", f"jobs/{first}/rerun", json={"from": "start"})
    assert ended(server, answer.json()["jobID"])["status"] == "successful"
    assert (tmp_path / "runs").read_text() == "xx"


def test_what_cannot_go_on_is_refused_with_the_reason(server: Server, tmp_path: Path) -> None:
    job = failed(server, "plain", tmp_path)
    for answer, said in (
        (rerun(server, job), "its finished steps were not kept"),
        (rerun(server, job, inputs={"gate": "/"}), "other inputs make other steps"),
    ):
        assert (answer.status_code, said in answer.json()["detail"]) == (409, True), answer.text
    headers = {"Content-Type": "application/x-ipynb+json"}
    book = notebook("n: int = 1", ("1 / 0",), id="broken", version="")
    server.send("POST", "processes", data=book, headers=headers)
    job = server.send("POST", "processes/broken/jobs", json={"inputs": {}}).json()["jobID"]
    answer = rerun(server, job)
    assert "only one that failed" in answer.json()["detail"]
    ended(server, job)
    assert "a notebook is always run from its start" in rerun(server, job).json()["detail"]
    unknown = server.send("POST", f"jobs/{job}/rerun", json={"from": "the middle"})
    described = server.send("GET", "api").json()["components"]["schemas"]["rerun"]
    expected = ["start", "unfinished-steps", "stage-out"]
    assert described["properties"]["from"]["enum"] == expected
    assert (unknown.status_code, json.loads(unknown.text)["status"]) == (400, 400)
