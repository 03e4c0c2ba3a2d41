"""Starts a test's workers in both ways that a server has: as new processes, and as forks."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from jupyter_ades.core.fork_server import Forked, ForkServer
from jupyter_ades.jobdir import JobDir
from jupyter_ades.system.descendants import JOB_VARIABLE

STAND_IN = str(Path(__file__).with_name("stand_in"))
#: Seconds that a fork server may take to import everything.
WARMING = 60.0


class Process(Protocol):
    """A worker as ``subprocess.Popen`` has it."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None: ...

    def wait(self) -> int: ...

    def kill(self) -> None: ...

    def send_signal(self, number: int) -> None: ...


class ForkedProcess:
    """A forked worker as ``subprocess.Popen`` would have it; its exit code is not told."""

    def __init__(self, forked: Forked) -> None:
        self.pid = forked.pid
        self.returncode: int | None = None
        self._handle = forked.handle

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self._handle], [], [], 0)[0]:
            os.close(self._handle)
            self.returncode = 0
        return self.returncode

    def wait(self) -> int:
        if self.returncode is None:
            select.select([self._handle], [], [])
        code = self.poll()
        assert code is not None
        return code

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            signal.pidfd_send_signal(self._handle, number)


@contextmanager
def forking(*, stand_in: bool) -> Iterator[ForkServer]:
    """A fork server that is ready."""
    path = {"PYTHONPATH": STAND_IN} if stand_in else {}
    server = ForkServer({**os.environ, **path})
    try:
        deadline = time.monotonic() + WARMING
        while not server.ready:
            assert time.monotonic() < deadline, "the fork server did not become ready"
            time.sleep(0.02)
        yield server
    finally:
        server.close()


def start_worker(job: JobDir, job_id: str, *, stand_in: bool, server: ForkServer | None) -> Process:
    """A real worker, as a launcher starts it, mostly with a stand-in for stage-out."""
    path = {"PYTHONPATH": STAND_IN} if stand_in else {}
    environment: Mapping[str, str] = {**os.environ, **path, JOB_VARIABLE: job_id}
    if server is not None:
        return ForkedProcess(server.fork(job.root, environment))
    with open(job.log, "ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "jupyter_ades.worker", str(job.root)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=job.root,
            env=environment,
            start_new_session=True,
        )
