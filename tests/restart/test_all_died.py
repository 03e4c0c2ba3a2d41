"""Every process of a server dies at once, as when a pod is deleted: what each job comes to."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from tests.conftest import notebook
from tests.restart.asking import status
from tests.restart.server import BOTH, Server, warm
from tests.restart.weather import kill

__all__ = ["warm"]

SLOW = (
    "import pathlib, time",
    "pathlib.Path(gate + '.began').open('a').write('x')",
    "while not pathlib.Path(gate).exists(): time.sleep(0.05)",
    "pathlib.Path('result.txt').write_text('done')",
)
#: Two steps: one that leaves a mark each time it runs, one that waits for a file.
TOOL = {
    "class": "CommandLineTool",
    "baseCommand": ["bash", "-c"],
    "outputs": {"out": {"type": "File", "outputBinding": {"glob": "*.txt"}}},
}
FIRST = 'echo x >> "$0.first" && echo first > first.txt'
SECOND = 'echo x >> "$0.began"; while [ ! -e "$0" ]; do sleep 0.05; done; cat "$1" > second.txt'
WORKFLOW: dict[str, Any] = {
    "cwlVersion": "v1.2",
    "$namespaces": {"ades": "https://schema.jupyter-ades.org/cwl#"},
    "class": "Workflow",
    "id": "two",
    "ades:resume": True,
    "hints": {"WorkReuse": {"enableReuse": True}},
    "inputs": {"gate": "string"},
    "outputs": {"out": {"type": "File", "outputSource": "second/out"}},
    "steps": {
        "first": {
            "run": {**TOOL, "arguments": [FIRST, "$(inputs.gate)"], "inputs": {"gate": "string"}},
            "in": {"gate": "gate"},
            "out": ["out"],
        },
        "second": {
            "run": {
                **TOOL,
                "arguments": [SECOND, "$(inputs.gate)", "$(inputs.file)"],
                "inputs": {"gate": "string", "file": "File"},
            },
            "in": {"gate": "gate", "file": "first/out"},
            "out": ["out"],
        },
    },
}


@pytest.fixture
def server(tmp_path: Path, warm: bool) -> Iterator[Server]:
    traits = {"max_running_jobs": 3, "max_cores": 8, "min_free_bytes": 0, "warm_workers": warm}
    started = Server(tmp_path, traits=traits)
    started.start()
    if warm:
        started.warm_up()
    yield started
    started.stop()


def until(holds: Callable[[], Any], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def deploy(server: Server, package: bytes, kind: str) -> str:
    answer = server.send("POST", "processes", data=package, headers={"Content-Type": kind})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def execute(server: Server, process: str, gate: Path) -> str:
    body = {"inputs": {"gate": str(gate)}}
    answer = server.send("POST", f"processes/{process}/jobs", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["jobID"])


def of_jobs(job_ids: list[str]) -> list[psutil.Process]:
    """Every living process that carries one of these jobs' ids."""
    found = []
    for process in psutil.process_iter():
        try:
            named = process.environ().get("JUPYTER_ADES_JOB") in job_ids
            if named and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


@BOTH
def test_what_each_job_comes_to(server: Server, tmp_path: Path, warm: bool) -> None:
    parameters = 'gate: str = ""'
    kind = "application/x-ipynb+json"
    plain = deploy(server, notebook(parameters, SLOW), kind)
    again = deploy(server, notebook(parameters, SLOW, id="again", resume=True), kind)
    two = deploy(server, yaml.safe_dump(WORKFLOW).encode(), "application/cwl+yaml")
    gates = {name: tmp_path / f"{name}.gate" for name in (plain, again, two, "waiting")}
    jobs = {name: execute(server, name, gates[name]) for name in (plain, again, two)}
    jobs["waiting"] = execute(server, plain, gates["waiting"])
    for name in (plain, again, two):
        until(Path(f"{gates[name]}.began").exists)
        assert server.is_forked(jobs[name]) == warm

    server.kill()
    # Some end by themselves as soon as their worker does.
    kill(of_jobs(list(jobs.values())))
    until(lambda: of_jobs(list(jobs.values())) == [])
    for gate in gates.values():
        gate.touch()
    server.start()

    for job_id in jobs.values():
        until(lambda job_id=job_id: status(server, job_id)["status"] in ("successful", "failed"))
    ended = {name: status(server, job_id) for name, job_id in jobs.items()}
    assert {name: each["status"] for name, each in ended.items()} == {
        plain: "failed",
        again: "successful",
        two: "successful",
        "waiting": "successful",
    }
    assert "worker was lost" in ended[plain]["message"]
    assert {name: each.get("resumes", 0) for name, each in ended.items()} == {
        plain: 0,
        again: 1,
        two: 1,
        "waiting": 0,
    }
    # The notebook ran from its start; of the workflow only the step that had not finished.
    assert Path(f"{gates[again]}.began").read_text() == "xx"
    assert Path(f"{gates[two]}.first").read_text() == "x\n"
    assert Path(f"{gates[two]}.began").read_text() == "x\nx\n"
    log = server.send("GET", f"jobs/{jobs[two]}/log").text
    assert "run again, as the worker before was lost (1)" in log
    results = server.send("GET", f"jobs/{jobs[two]}/files/wf-{jobs[two]}/second.txt")
    assert results.text == "first\n"
    # The one that failed needs one click.
    rerun = server.send("POST", f"jobs/{jobs[plain]}/rerun", json={}).json()["jobID"]
    until(lambda: status(server, rerun)["status"] == "successful")


@BOTH
def test_what_a_lost_worker_left_running_is_ended(
    server: Server, tmp_path: Path, warm: bool
) -> None:
    """Its kernel, and what that started in a session of its own: nobody else would end them."""
    escape = "import subprocess; subprocess.Popen(['sleep', '600'], start_new_session=True)"
    book = notebook('gate: str = ""', (escape, *SLOW))
    process = deploy(server, book, "application/x-ipynb+json")
    gate = tmp_path / "never"
    job_id = execute(server, process, gate)
    until(Path(f"{gate}.began").exists)
    assert server.is_forked(job_id) == warm
    server.kill()
    for pid in server.workers():
        os.kill(pid, signal.SIGKILL)
    until(lambda: server.workers() == [])
    left = {each.name() for each in of_jobs([job_id])}
    assert "sleep" in left
    server.start()
    until(lambda: status(server, job_id)["status"] == "failed")
    assert of_jobs([job_id]) == []
