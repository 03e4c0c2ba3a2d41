"""The job's log: the command's lines as they are, the worker's own with their time, bounded."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

#: Bytes that a log may have; beyond them its middle is left out.
LIMIT = 64 * 2**20
#: Bytes kept of its beginning, and of its end, then.
HEAD, TAIL = 2**20, 2**24


class JobLog:
    """A log that is appended to. It is cut in place: others hold the same file open."""

    def __init__(self, path: Path, limit: int = LIMIT, head: int = HEAD, tail: int = TAIL) -> None:
        self._path = path
        self._limit, self._head, self._tail = limit, head, tail
        #: Keeps secrets out of what is said.
        self.redact: Callable[[str], str] = str
        self._file = open(path, "ab", buffering=0)  # noqa: SIM115
        self._size = os.fstat(self._file.fileno()).st_size
        # Downloads say things from threads of their own.
        self._lock = threading.Lock()

    def __enter__(self) -> JobLog:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def line(self, text: str) -> None:
        """Append a line of the command's."""
        data = self.redact(text).encode("utf-8", "replace") + b"\n"
        # A full disk takes the log, not the job.
        with suppress(OSError), self._lock:
            self._file.write(data)
            self._size += len(data)
            if self._size > self._limit:
                self._cut()

    def say(self, text: str) -> None:
        """Append a line, or lines, of the worker's own."""
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        for line in text.splitlines():
            self.line(f"{now} {line}")

    def _cut(self) -> None:
        with open(self._path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(self._head, size - self._tail))
            tail = file.read().partition(b"\n")[2]
        left_out = size - self._head - len(tail)
        os.truncate(self._path, self._head)
        note = f"\n[... {left_out} bytes of this log are left out ...]\n"
        self._file.write(note.encode() + tail)
        self._size = os.fstat(self._file.fileno()).st_size


class LogHandler(logging.Handler):
    """Passes what our own modules say through ``logging`` to the job's log."""

    def __init__(self, log: JobLog) -> None:
        super().__init__(logging.INFO)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Say it, with its level when that is more than a note."""
        level = f"{record.levelname.lower()}: " if record.levelno > logging.INFO else ""
        self._log.say(level + self.format(record))


def listen(log: JobLog) -> None:
    """Write what loggers below ``jupyter_ades`` say, from INFO up, into the job's log."""
    logger = logging.getLogger("jupyter_ades")
    logger.setLevel(logging.INFO)
    logger.addHandler(LogHandler(log))
    # The worker's own stderr is the same file.
    logger.propagate = False
