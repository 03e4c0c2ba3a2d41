"""Says how a job stands: writes ``status.json``, not too often, and never a step back."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from jupyter_ades.errors import UnreadableRecord
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import JobStatus
from jupyter_ades.orders import WorkerStatus

log = logging.getLogger(__name__)

#: Seconds between two writes. Each is made durable (about 1 ms on a local disk, more on a network
#: one), as a status that a power loss cut short could not be read by the next server.
EVERY = 0.1
#: Characters of a message.
LONGEST = 2000


class Report:
    """The job's status as the worker tells it; may be called from any thread."""

    def __init__(self, job: JobDir) -> None:
        self._job = job
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._written = -EVERY
        self._ended = False
        #: Keeps secrets out of what is said.
        self.redact: Callable[[str], str] = str
        self._occupied: dict[str, int] = {}
        #: What a worker before said, whose job this one takes up.
        earlier = _last(job)
        self.started = (earlier and earlier.started) or datetime.now(UTC)
        self._status = WorkerStatus(
            status=JobStatus.RUNNING,
            message="starting",
            progress=earlier.progress if earlier else 0,
            updated=self.started,
            started=self.started,
        )

    def say(self, message: str, progress: float | None = None) -> None:
        """Running: a sentence, and per cent (kept below 100, and never less than before)."""
        with self._lock:
            if self._ended:
                return
            before = self._status.progress
            self._set(JobStatus.RUNNING, message, max(before, min(int(progress or 0), 99)))
            self._write_soon()

    def end(self, status: JobStatus, message: str) -> None:
        """Say the last word; only the first call counts."""
        with self._lock:
            if self._ended:
                return
            if self._timer is not None:
                self._timer.cancel()
            self._measure()
            whole = status is JobStatus.SUCCESSFUL
            self._set(status, message, 100 if whole else self._status.progress)
            self._write_last()
            self._ended = True

    def _measure(self) -> None:
        results = self._job.read_results()
        self._occupied = {
            "job_bytes": self._job.bytes,
            "result_bytes": results.bytes if results else 0,
        }

    def _write_last(self) -> None:
        try:
            self._job.write_status(self._status)
        except OSError:
            # Most likely the command filled the disk: what it left gives way to the last word.
            self._job.remove_scratch()
            self._job.write_status(self._status)

    def _set(self, status: JobStatus, message: str, progress: int) -> None:
        now, message = datetime.now(UTC), self.redact(message)
        self._status = WorkerStatus(
            status=status,
            message=message if len(message) <= LONGEST else f"{message[:LONGEST]}...",
            progress=progress,
            updated=now,
            started=self.started,
            finished=now if status.final else None,
            **self._occupied,
        )

    def _write_soon(self) -> None:
        """Write now, or when it is time: the last of many states is always written."""
        if self._timer is not None:
            return
        wait = self._written + EVERY - time.monotonic()
        if wait <= 0:
            self._write()
            return
        self._timer = threading.Timer(wait, self._write_late)
        self._timer.daemon = True
        self._timer.start()

    def _write_late(self) -> None:
        with self._lock:
            self._timer = None
            if not self._ended:
                self._write()

    def _write(self) -> None:
        try:
            self._job.write_status(self._status)
        except OSError as error:
            # The job may well end in spite of it, so a progress that is not told is no reason to.
            log.warning("its progress could not be written: %s", error)
        self._written = time.monotonic()


def _last(job: JobDir) -> WorkerStatus | None:
    """What was said last of a job that runs."""
    with suppress(OSError, UnreadableRecord):
        status = job.read_status()
        return status if status is not None and not status.status.final else None
    return None
