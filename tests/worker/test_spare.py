"""The worker that waits for the next job: who it is, when it is replaced, what it knows."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from jupyter_ades.core.fork_server import Forked, ForkServer
from jupyter_ades.core.launcher import job_environment
from jupyter_ades.core.warm_launcher import can_fork, has_ended
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import JobStatus
from tests.worker.support import CWL, Bench, until
from tests.worker.test_warm import job_of

pytestmark = pytest.mark.skipif(not can_fork(), reason="workers are forked on Linux only")


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    made = ForkServer(job_environment(""))
    until(lambda: made.ready)
    yield made
    made.close()


def spare(server: ForkServer, *others: int) -> psutil.Process:
    """The worker that waits, once there is one, with its understudy."""

    def waiting() -> psutil.Process | None:
        found = [each for each in psutil.Process(server.pid).children() if each.pid not in others]
        return found[0] if found and found[0].children() else None

    found: psutil.Process = until(waiting)
    return found


def start(server: ForkServer, job: JobDir, document: str = "") -> Forked:
    return server.fork(job.root, job_environment(job.root.name), document)


def end(forked: Forked, job: JobDir) -> JobStatus:
    until(lambda: has_ended(forked.handle))
    os.close(forked.handle)
    status = job.read_status()
    assert status is not None
    return status.status


def test_the_one_that_waits_gets_the_next_job(server: ForkServer, tmp_path: Path) -> None:
    waiting = spare(server)
    job = job_of(tmp_path / "one", "exit 7")
    forked = start(server, job)
    assert forked.pid == waiting.pid
    assert spare(server, forked.pid).pid != waiting.pid
    assert end(forked, job) is JobStatus.FAILED


def test_one_that_was_killed_costs_no_job(server: ForkServer, tmp_path: Path) -> None:
    waiting = spare(server)
    understudy = waiting.children()[0]
    waiting.kill()
    until(lambda: not waiting.is_running())
    # Its understudy hears of it, and goes.
    until(lambda: not understudy.is_running())
    job = job_of(tmp_path / "one", "exit 7")
    forked = start(server, job)
    assert end(forked, job) is JobStatus.FAILED


def test_one_whose_understudy_was_killed_starts_another(server: ForkServer, tmp_path: Path) -> None:
    understudy = spare(server).children()[0]
    understudy.kill()
    until(lambda: understudy.status() == psutil.STATUS_ZOMBIE)
    bench = Bench(root=tmp_path, server=lambda stand_in: server)
    tool = {
        "cwlVersion": "v1.2",
        "class": "CommandLineTool",
        "id": "main",
        "baseCommand": ["echo", "hello"],
        "inputs": {},
        "outputs": {"out": "stdout"},
        "stdout": "out.txt",
    }
    running = bench.run(CWL, {"app.cwl": json.dumps(tool)}, stand_in=False)
    assert running.status().status is JobStatus.SUCCESSFUL, running.log()
    assert running.delivered("out.txt").read_text() == "hello\n"


def test_a_new_document_makes_a_new_one(server: ForkServer, tmp_path: Path) -> None:
    document = tmp_path / "app.cwl"
    document.write_text("cwlVersion: v1.2\nclass: CommandLineTool\ninputs: []\noutputs: []\n")
    waiting = spare(server)
    jobs = [job_of(tmp_path / name, "sleep 600") for name in ("one", "two")]
    first = start(server, jobs[0], document.as_uri())
    assert first.pid == waiting.pid
    # Forked when the document was read, not before.
    knowing = spare(server, first.pid)
    second = start(server, jobs[1], document.as_uri())
    assert second.pid == knowing.pid
    for forked, job in zip((first, second), jobs, strict=True):
        psutil.Process(forked.pid).terminate()
        assert end(forked, job) is JobStatus.DISMISSED


def test_one_that_waits_goes_with_the_fork_server(tmp_path: Path) -> None:
    server = ForkServer(job_environment(""))
    until(lambda: server.ready)
    waiting = spare(server)
    gone = [waiting, *waiting.children()]
    server.close()
    until(lambda: not any(each.is_running() for each in gone))
