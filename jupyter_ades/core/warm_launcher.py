"""Forks workers from a fork server; starts new ones while there is none."""

from __future__ import annotations

import logging
import os
import select
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from jupyter_ades.core.fork_server import Forked, ForkServer
from jupyter_ades.core.launcher import ColdLauncher, job_environment
from jupyter_ades.jobdir import JobDir

log = logging.getLogger(__name__)

#: Seconds for which a fork server that could not be used is not tried again.
REST = 60.0


def can_fork() -> bool:
    """Whether workers can be forked here."""
    return sys.platform == "linux" and hasattr(os, "pidfd_open")


class WarmLauncher(ColdLauncher):
    """Forked workers behave as new ones do, and need milliseconds to begin."""

    def __init__(self, modules: Sequence[str] = ()) -> None:
        super().__init__()
        self._modules = tuple(modules)
        self._server: ForkServer | None = None
        self._forked: dict[Path, Forked] = {}
        #: Monotonic time of the last failure: no fork server is started for a while.
        self._failed = -REST

    def warm_up(self) -> None:
        """Start a fork server unless there is one; it is of use some time later."""
        if self._server is None and time.monotonic() >= self._failed + REST:
            try:
                self._server = ForkServer(job_environment(""), self._modules)
            except OSError as error:
                self._give_up(error)

    @property
    def warm(self) -> bool:
        """Whether the next worker is forked."""
        try:
            return self._server is not None and self._server.ready
        except OSError as error:
            self._give_up(error)
            return False

    @property
    def fork_server(self) -> int | None:
        """The fork server's process; None while there is none."""
        return self._server.pid if self._server is not None else None

    def start(self, job: JobDir, document: str = "") -> None:
        """Start a worker on a job directory that holds a plan."""
        self._bury()
        if not self._fork(job, document):
            super().start(job)

    def alive(self, job: JobDir) -> bool:
        """Whether a worker is on this job directory."""
        self._bury()
        return job.root in self._forked or super().alive(job)

    def pid(self, job: JobDir) -> int | None:
        """The process of a living worker, as soon as it is known."""
        forked = self._forked.get(job.root)
        return forked.pid if forked is not None else super().pid(job)

    def close(self) -> None:
        """End the fork server; the workers go on."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def _fork(self, job: JobDir, document: str) -> bool:
        """Whether a worker could be forked."""
        if self._server is not None and self._server.stale:
            self.close()
        self.warm_up()
        if self._server is None or not self.warm:
            return False
        try:
            environment = job_environment(job.root.name)
            self._forked[job.root] = self._server.fork(job.root, environment, document)
        except (OSError, ValueError) as error:
            self._give_up(error)
            return False
        return True

    def _give_up(self, error: Exception) -> None:
        log.warning("Workers start cold for a while, as the fork server failed: %s", error)
        self._failed = time.monotonic()
        self.close()

    def _bury(self) -> None:
        for root, forked in list(self._forked.items()):
            if has_ended(forked.handle):
                os.close(forked.handle)
                del self._forked[root]

    def _signal(self, job: JobDir, number: signal.Signals) -> None:
        forked = self._forked.get(job.root)
        if forked is None:
            super()._signal(job, number)
            return
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(forked.handle, number)


def launcher(*, warm: bool, modules: Sequence[str]) -> ColdLauncher:
    """The launcher for this machine; ``modules`` are imported for kernels besides their own."""
    return WarmLauncher(modules) if warm and can_fork() else ColdLauncher()


def has_ended(handle: int) -> bool:
    """Whether the process of a pidfd has ended."""
    return bool(select.select([handle], [], [], 0)[0])
