"""Starts workers, sees whether they live, stops them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from jupyter_ades.errors import UnreadableRecord
from jupyter_ades.jobdir import JobDir, read_record
from jupyter_ades.system.descendants import JOB_VARIABLE, end_all
from jupyter_ades.system.environment import TOKENS, without
from jupyter_ades.system.identity import Worker, is_alive, is_foreign
from jupyter_ades.system.leftovers import end_elsewhere
from jupyter_ades.system.locks import lock_now


class Launcher(Protocol):
    """What the dispatcher asks of workers."""

    def start(self, job: JobDir, document: str = "") -> None:
        """Start a worker on a job directory that holds a plan.

        ``document`` may be read once for all jobs of one package (:mod:`~.worker.warm`).
        """

    def alive(self, job: JobDir) -> bool:
        """Whether a worker is on this job directory."""

    def pid(self, job: JobDir) -> int | None:
        """The process of a living worker, as soon as it is known."""

    def stop(self, job: JobDir) -> None:
        """Ask the worker to end its command and itself."""

    def kill(self, job: JobDir) -> None:
        """End the worker and everything the job started, at once."""

    def bury(self, job: JobDir) -> None:
        """End what is left of the worker here, not what the job has in a cluster or a queue."""

    def warm_up(self) -> None:
        """Do before the first job what can be done before."""

    def close(self) -> None:
        """End what serves workers, not the workers."""


class ColdLauncher:
    """A new Python for each job, in a session of its own, so that it outlives the server."""

    def __init__(self) -> None:
        # Children must be reaped: an unreaped one is a zombie that keeps its pid.
        self._children: dict[Path, subprocess.Popen[bytes]] = {}

    def start(self, job: JobDir, document: str = "") -> None:
        """Start a worker on a job directory that holds a plan."""
        self._reap()
        with open(job.log, "ab") as log:
            self._children[job.root] = subprocess.Popen(
                [sys.executable, "-m", "jupyter_ades.worker", str(job.root)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=job.root,
                env=job_environment(job.root.name),
                start_new_session=True,
            )

    def alive(self, job: JobDir) -> bool:
        """Whether a worker is on this job directory."""
        self._reap()
        if job.root in self._children:
            return True
        worker = _who(job)
        if worker is not None and is_alive(worker):
            return True
        # One that has not said who it is yet, or runs on another machine that shares these files.
        return (worker is None or is_foreign(worker)) and _locked(job)

    def pid(self, job: JobDir) -> int | None:
        """The process of a living worker, as soon as it is known."""
        child = self._children.get(job.root)
        if child is not None:
            return child.pid
        worker = _who(job)
        return worker.pid if worker and is_alive(worker) else None

    def stop(self, job: JobDir) -> None:
        """Ask the worker to end its command and itself."""
        self._signal(job, signal.SIGTERM)

    def kill(self, job: JobDir) -> None:
        """End the worker and everything the job started, at once."""
        self.bury(job)
        end_elsewhere(job, wait=False)

    def bury(self, job: JobDir) -> None:
        """End what is left of the worker here, not what the job has in a cluster or a queue."""
        self._signal(job, signal.SIGKILL)
        end_all(job.root.name)

    def warm_up(self) -> None:
        """Nothing can be done before a job is there."""

    def close(self) -> None:
        """Nothing is to be ended: workers go on without a server."""

    def _reap(self) -> None:
        for root, child in list(self._children.items()):
            if child.poll() is not None:
                del self._children[root]

    def _signal(self, job: JobDir, number: signal.Signals) -> None:
        child = self._children.get(job.root)
        if child is not None:
            child.send_signal(number)
            return
        worker = _who(job)
        if worker is not None and is_alive(worker):
            with suppress(ProcessLookupError):
                os.kill(worker.pid, number)


def job_environment(job_id: str) -> dict[str, str]:
    """The server's environment less what would let a job act as the user's server."""
    return {**without(os.environ, TOKENS), JOB_VARIABLE: job_id}


def _who(job: JobDir) -> Worker | None:
    """Who the worker says it is; None when it did not, or nobody can read it any more."""
    try:
        return read_record(job.worker, Worker)
    except UnreadableRecord:
        return None


def _locked(job: JobDir) -> bool:
    """Whether a worker holds the directory, wherever it is; not, where there are no locks."""
    try:
        handle = os.open(job.lock, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        return lock_now(handle) is False
    finally:
        os.close(handle)
