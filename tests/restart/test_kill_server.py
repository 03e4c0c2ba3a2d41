"""The server is killed mid-job; the job goes on, and a new server records how it ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.conftest import notebook
from tests.restart.asking import status
from tests.restart.server import BOTH, Server, warm
from tests.restart.weather import kill

__all__ = ["warm"]

SLOW = (
    "import time, pathlib",
    "while not pathlib.Path(gate).exists(): time.sleep(0.05)",
    "pathlib.Path('result.txt').write_text('done')",
)


@pytest.fixture
def server(tmp_path: Path, warm: bool) -> Iterator[Server]:
    started = Server(tmp_path, traits={"warm_workers": warm})
    started.start()
    if warm:
        started.warm_up()
    yield started
    started.stop()


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def submit(server: Server, gate: Path) -> str:
    book = notebook('gate: str = ""', SLOW)
    headers = {"Content-Type": "application/x-ipynb+json"}
    process = server.send("POST", "processes", data=book, headers=headers).json()
    sent = server.send(
        "POST", f"processes/{process['id']}/jobs", json={"inputs": {"gate": str(gate)}}
    )
    assert sent.status_code == 201, sent.text
    job_id: str = sent.json()["jobID"]
    return job_id


def processes_of(job_id: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            ours = process.environ().get("JUPYTER_ADES_JOB") == job_id
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            # It has gone meanwhile.
            continue
    return found


@BOTH
def test_a_job_outlives_the_server_and_is_adopted(
    server: Server, tmp_path: Path, warm: bool
) -> None:
    gate = tmp_path / "gate"
    job_id = submit(server, gate)
    until(lambda: "cell" in str(status(server, job_id)["message"]))
    assert server.is_forked(job_id) == warm
    server.kill()
    assert processes_of(job_id)
    server.start()
    adopted = status(server, job_id)
    assert adopted["status"] == "running"
    gate.touch()
    until(lambda: status(server, job_id)["status"] != "running")
    ended = status(server, job_id)
    assert (ended["status"], ended["progress"]) == ("successful", 100)
    catalog = server.send("GET", f"jobs/{job_id}/files/wf-{job_id}/catalog.json").json()
    assert catalog["type"] == "Catalog"
    until(lambda: processes_of(job_id) == [])


def test_a_job_that_ends_with_no_server_is_recorded(server: Server, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    job_id = submit(server, gate)
    until(lambda: "cell" in str(status(server, job_id)["message"]))
    server.kill()
    gate.touch()
    until(lambda: processes_of(job_id) == [])
    server.start()
    until(lambda: status(server, job_id)["status"] != "running")
    assert status(server, job_id)["status"] == "successful"


@BOTH
def test_a_new_server_dismisses_an_adopted_job(server: Server, tmp_path: Path, warm: bool) -> None:
    job_id = submit(server, tmp_path / "never")
    until(lambda: "cell" in str(status(server, job_id)["message"]))
    assert server.is_forked(job_id) == warm
    server.kill()
    server.start()
    answer = server.send("DELETE", f"jobs/{job_id}")
    assert (answer.status_code, answer.json()["status"]) == (200, "dismissed")
    assert processes_of(job_id) == []


@BOTH
def test_a_lost_worker_is_a_failure_in_words(server: Server, tmp_path: Path, warm: bool) -> None:
    job_id = submit(server, tmp_path / "never")
    until(lambda: "cell" in str(status(server, job_id)["message"]))
    assert server.is_forked(job_id) == warm
    server.kill()
    kill(processes_of(job_id))
    server.start()
    until(lambda: status(server, job_id)["status"] != "running")
    ended = status(server, job_id)
    assert ended["status"] == "failed"
    assert "worker was lost" in str(ended["message"])


def test_waiting_jobs_run_after_a_restart(server: Server, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    running = submit(server, gate)
    body = {"inputs": {"gate": str(gate)}}
    waiting = server.send("POST", "processes/small/jobs", json=body).json()["jobID"]
    assert status(server, waiting)["status"] == "accepted"
    server.kill()
    gate.touch()
    server.start()
    for job_id in (running, waiting):
        until(lambda job_id=job_id: status(server, job_id)["status"] in ("successful", "failed"))  # type: ignore[misc]
        assert status(server, job_id)["status"] == "successful"
