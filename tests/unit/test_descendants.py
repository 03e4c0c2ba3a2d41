"""Finding and ending a job's processes, and who a worker is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from jupyter_ades.system import identity
from jupyter_ades.system.descendants import JOB_VARIABLE, end_all, of_job
from jupyter_ades.system.identity import is_alive, this_worker, worker_of

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def job_id() -> str:
    return str(uuid.uuid4())


@pytest.fixture
def start(job_id: str) -> Iterator[Start]:
    """Start a shell command as a process of the job, ready when it says so."""
    started: list[subprocess.Popen[bytes]] = []

    def run(command: str, **variables: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            ["sh", "-c", f"{command}; echo ready; exec sleep 600"],
            stdout=subprocess.PIPE,
            env={**os.environ, JOB_VARIABLE: job_id, **variables},
            start_new_session=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        return process

    yield run
    end_all(job_id)
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_a_job_is_found_by_its_environment_alone(start: Start, job_id: str) -> None:
    own = start("(setsid sleep 600 >/dev/null 2>&1 &)")
    start("true", **{JOB_VARIABLE: "another"})
    deadline = time.monotonic() + 10
    # For a moment between its two programs, "sh" and "sleep", a process shows no environment.
    while own.pid not in (found := {process.pid for process in of_job(job_id)}):
        assert time.monotonic() < deadline
    assert os.getpid() not in found
    deadline = time.monotonic() + 10
    while len(of_job(job_id)) < 2:
        assert time.monotonic() < deadline


def test_all_of_a_job_is_killed_and_nothing_else(start: Start, job_id: str) -> None:
    own, other = start("(sleep 600 >/dev/null 2>&1 &)"), start("true", **{JOB_VARIABLE: "x"})
    assert end_all(job_id) >= 2
    assert of_job(job_id) == []
    assert own.wait(10) == -9
    assert other.poll() is None
    assert end_all(job_id) == 0


def test_what_was_listed_before_is_killed_though_it_forgot_its_job(start: Start) -> None:
    stranger = start("true", **{JOB_VARIABLE: "x"})
    assert end_all("no-such-job", [psutil.Process(stranger.pid)]) == 1
    assert stranger.wait(10) == -9


def test_a_worker_is_alive_while_it_is_this_very_process() -> None:
    worker = this_worker()
    assert is_alive(worker)
    assert not is_alive(replace(worker, started=worker.started - 60))


@pytest.mark.parametrize("ticks", [True, False])
def test_a_worker_stays_itself_when_the_clock_is_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ticks: bool
) -> None:
    """psutil reckons a process's start from the boot's time of day, which moves with the clock."""
    if not ticks:
        monkeypatch.setattr(identity, "BOOT", tmp_path / "none")
    worker = this_worker()
    assert bool(worker.boot) == ticks
    moved = psutil.boot_time() - 3600.0
    monkeypatch.setattr("psutil._pslinux.BOOT_TIME", moved, raising=False)
    monkeypatch.setattr("psutil._pslinux.boot_time", lambda: moved)
    assert is_alive(worker) == ticks
    assert not is_alive(replace(worker, boot="another boot"))


def test_a_dead_or_unreaped_worker_is_not_alive() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    worker = worker_of(process.pid)
    assert is_alive(worker)
    process.kill()
    deadline = time.monotonic() + 10
    while is_alive(worker):
        assert time.monotonic() < deadline
    process.communicate()
    assert not is_alive(worker)
