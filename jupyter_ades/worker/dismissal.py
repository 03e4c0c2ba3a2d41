"""That a job is to end before it is done: it was dismissed, or took more than it may."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager


class Dismissed(BaseException):
    """The job is to end. Not an Exception, so that no library takes it for a failure."""


class Dismissal:
    """Whether this worker was asked to end, by SIGTERM or SIGINT, or must because of a limit."""

    def __init__(self) -> None:
        self.asked = False
        #: The limit that the job has passed, for people; empty when it was dismissed.
        self.reason = ""
        #: Whether the command gets no time to end by itself.
        self.at_once = False
        self._raising = False
        #: Readable once the job is to end.
        self.handle, self._asking = os.pipe()

    def listen(self) -> None:
        """Take the signals from now on."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
            signal.signal(number, self._on_signal)

    def end(self, reason: str, *, at_once: bool = False) -> None:
        """The job must end; from any thread."""
        if not self.asked:
            self.reason, self.at_once = reason, at_once
            # What the main thread waits in, such as a download, is broken off by a signal only.
            os.kill(os.getpid(), signal.SIGALRM)

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """A block that a dismissal breaks off, at once, by raising Dismissed."""
        self._raising = True
        try:
            if self.asked:
                raise Dismissed
            yield
        finally:
            self._raising = False

    def _on_signal(self, number: int, frame: object) -> None:
        self.asked = True
        os.write(self._asking, b".")
        if self._raising:
            self._raising = False
            raise Dismissed
