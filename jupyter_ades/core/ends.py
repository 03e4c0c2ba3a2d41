"""Hears at once that a worker has ended, whoever started it."""

from __future__ import annotations

import os
import select
from contextlib import suppress


class Ends:
    """One descriptor for an event loop, readable when any of the watched processes has ended.

    Only where the system tells (Linux); elsewhere the next look at the job sees it.
    """

    def __init__(self) -> None:
        self._poll = select.epoll() if hasattr(os, "pidfd_open") else None
        self._watched: set[int] = set()

    @property
    def handle(self) -> int | None:
        """The descriptor; None where there is none."""
        return self._poll.fileno() if self._poll is not None else None

    def watch(self, pid: int) -> None:
        """Hear of this process's end; one that has ended is of no more interest."""
        if self._poll is None:
            return
        with suppress(OSError):
            process = os.pidfd_open(pid)
            self._watched.add(process)
            # Told once: the descriptor would stay readable for as long as it is open.
            self._poll.register(process, select.EPOLLIN | select.EPOLLONESHOT)

    def hear(self) -> int:
        """How many have ended since the last time."""
        ended = self._poll.poll(0) if self._poll is not None else []
        for process, _ in ended:
            self._watched.discard(process)
            os.close(process)
        return len(ended)

    def close(self) -> None:
        """Watch none any longer."""
        for process in self._watched:
            os.close(process)
        self._watched.clear()
        if self._poll is not None:
            self._poll.close()
