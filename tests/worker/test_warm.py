"""Forked workers: what the system sees of them is what it sees of new ones."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from jupyter_ades.core.fork_server import ForkServer
from jupyter_ades.core.launcher import job_environment
from jupyter_ades.core.warm_launcher import WarmLauncher, can_fork
from jupyter_ades.jobdir import JobDir, read_record
from jupyter_ades.model import FetchPolicy, JobStatus
from jupyter_ades.orders import Plan, WorkOrder
from jupyter_ades.system.identity import Worker, is_alive
from tests.worker.support import CWL, Bench, Running, until

pytestmark = pytest.mark.skipif(not can_fork(), reason="workers are forked on Linux only")

#: Lines of ``/proc/<pid>/status`` that say how a process was started.
STARTED = ("Umask", "SigBlk", "SigIgn", "SigCgt", "NoNewPrivs", "Uid", "Groups", "Cpus_allowed")


def shell(*lines: str) -> Plan:
    return Plan(runner="cwltool", argv=("sh", "-c", "\n".join(lines)))


def handles(pid: int) -> list[str]:
    """What a process has open, as kinds and names."""
    found = (os.readlink(each) for each in Path(f"/proc/{pid}/fd").iterdir())
    return sorted(re.sub(r"\[.*\]|.*/", "", each) for each in found)


def facts(running: Running) -> dict[str, Any]:
    """What the system tells of a worker."""
    told = read_record(running.job.worker, Worker)
    assert told is not None
    assert is_alive(told)
    assert told.pid == running.process.pid
    process = psutil.Process(told.pid)
    # Its own and the meter's: a report that waits for its time has a third one for a moment.
    until(lambda: process.num_threads() == 2)
    lines = Path(f"/proc/{told.pid}/status").read_text().splitlines()
    told_of = {name: value for name, _, value in (line.partition(":") for line in lines)}
    environment = process.environ()
    assert environment.pop("JUPYTER_ADES_JOB") == running.order.job_id
    return {
        "environment": {n: v for n, v in environment.items() if n != "PYTEST_CURRENT_TEST"},
        "leads its session": os.getsid(told.pid) == os.getpgid(told.pid) == told.pid,
        "works in": process.cwd() == str(running.job.root),
        "open": handles(told.pid),
        "nice": process.nice(),
        "ended for memory first": Path(f"/proc/{told.pid}/oom_score_adj").read_text(),
        "its command, too": [
            Path(f"/proc/{each.pid}/oom_score_adj").read_text() for each in process.children()
        ],
        **{name: told_of[name].strip() for name in STARTED},
    }


def test_the_system_sees_no_difference(
    tmp_path: Path, fork_server: Callable[[bool], ForkServer]
) -> None:
    seen = []
    for server in (None, fork_server(True)):
        folder = tmp_path / ("warm" if server else "cold")
        folder.mkdir()
        bench = Bench(root=folder, server=lambda stand_in, server=server: server)
        running = bench.start(CWL, {"app.cwl": ""}, plan=shell("echo up", "sleep 600"))
        until(lambda running=running: "up" in running.log())
        seen.append(facts(running))
        running.dismiss()
        assert running.wait().status is JobStatus.DISMISSED
    cold, warm = seen
    # As much of it is shown as the fork server's own had room for.
    shown, whole = warm.pop("environment"), cold.pop("environment")
    assert shown
    assert shown.items() <= whole.items()
    assert warm == cold


def job_of(root: Path, *lines: str) -> JobDir:
    job = JobDir(root)
    job.package.mkdir(parents=True)
    order = WorkOrder(
        job_id=root.name,
        process=CWL,
        plan=shell(*lines),
        fetch=FetchPolicy(user_folder=str(root)),
        results_folder=str(root / "results"),
        created=datetime.now(UTC),
    )
    job.write_plan(order)
    return job


@pytest.fixture
def launcher() -> Iterator[WarmLauncher]:
    made = WarmLauncher()
    yield made
    made.close()


def warmed(launcher: WarmLauncher) -> int:
    """The fork server's process, once it is of use."""
    launcher.warm_up()
    until(lambda: launcher.warm)
    assert launcher.fork_server is not None
    return launcher.fork_server


def parent(job: JobDir) -> int:
    worker = until(lambda: read_record(job.worker, Worker))
    return psutil.Process(worker.pid).ppid()


def ended(launcher: WarmLauncher, job: JobDir) -> JobStatus:
    until(lambda: not launcher.alive(job))
    status = job.read_status()
    assert status is not None
    return status.status


def test_the_first_job_does_not_wait_for_the_fork_server(
    launcher: WarmLauncher, tmp_path: Path
) -> None:
    first = job_of(tmp_path / "first", "sleep 600")
    launcher.start(first)
    assert parent(first) == os.getpid()
    server = warmed(launcher)
    second = job_of(tmp_path / "second", "sleep 600")
    launcher.start(second)
    assert parent(second) == server
    for job in (first, second):
        assert launcher.alive(job)
        launcher.stop(job)
        assert ended(launcher, job) is JobStatus.DISMISSED


def test_workers_outlive_the_fork_server_and_a_new_one_takes_its_place(
    launcher: WarmLauncher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = warmed(launcher)
    gate = tmp_path / "gate"
    job = job_of(tmp_path / "first", f"until [ -e {gate} ]; do sleep 0.05; done; exit 7")
    launcher.start(job)
    assert parent(job) == server
    psutil.Process(server).kill()
    second = job_of(tmp_path / "second", "exit 7")
    launcher.start(second)
    assert ended(launcher, second) is JobStatus.FAILED
    # Another launcher, as of a server that started later, sees and ends it as well.
    assert WarmLauncher().alive(job)
    gate.touch()
    assert ended(launcher, job) is JobStatus.FAILED
    monkeypatch.setattr("jupyter_ades.core.warm_launcher.REST", 0.0)
    assert warmed(launcher) != server


def test_a_changed_environment_makes_a_new_fork_server(
    launcher: WarmLauncher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = warmed(launcher)
    monkeypatch.setattr("jupyter_ades.core.fork_server.installed", lambda: (("new", 1),))
    job = job_of(tmp_path / "first", "exit 7")
    launcher.start(job)
    assert ended(launcher, job) is JobStatus.FAILED
    assert warmed(launcher) != server


def test_a_fork_server_that_cannot_start_leaves_jobs_cold(
    launcher: WarmLauncher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> ForkServer:
        raise OSError("no memory")

    monkeypatch.setattr("jupyter_ades.core.warm_launcher.ForkServer", failing)
    job = job_of(tmp_path / "first", "exit 7")
    launcher.start(job)
    assert parent(job) == os.getpid()
    assert ended(launcher, job) is JobStatus.FAILED
    assert not launcher.warm


def below(pid: int) -> list[dict[str, str]]:
    """The environments of a process's children, of those that still live."""
    found = []
    for child in psutil.Process(pid).children():
        with suppress(psutil.Error, OSError):
            found.append(child.environ())
    return found


def test_the_environment_of_a_job_is_the_launchers(
    fork_server: Callable[[bool], ForkServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTER_TOKEN", "secret")
    monkeypatch.setenv("ADES_TEST", "x" * 5000)
    job = job_of(tmp_path / "one", "sleep 600")
    forked = fork_server(True).fork(job.root, job_environment("one"))
    worker = until(lambda: read_record(job.worker, Worker))
    assert worker.pid == forked.pid
    # Not its understudy, which goes when it is not needed.
    commands = until(lambda: [each for each in below(worker.pid) if each.get("ADES_TEST")])
    assert [each["ADES_TEST"] for each in commands] == ["x" * 5000]
    assert "JUPYTER_TOKEN" not in commands[0]
    assert "JUPYTER_TOKEN" not in psutil.Process(worker.pid).environ()
    psutil.Process(worker.pid).terminate()
    until(lambda: not is_alive(worker))
    os.close(forked.handle)


def test_a_fork_server_whose_server_is_gone_ends_without_a_word() -> None:
    """As when the server is killed while it starts."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        ours.close()
        ended = subprocess.run(
            [sys.executable, "-m", "jupyter_ades.worker.warm", str(its.fileno())],
            pass_fds=[its.fileno()],
            capture_output=True,
            timeout=60,
        )
    assert (ended.returncode, ended.stderr) == (0, b"")
