"""Cuts off connections that take too long in all, however steadily they drip.

A socket's own timeout is for each byte; a server that sends one now and then holds a thread for
ever, in a header as well as in a body. So at the deadline the connection itself is shut down.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


class Deadline:
    """What is connected until a moment, by one thread."""

    def __init__(self) -> None:
        self.over = False
        self._lock = threading.Lock()
        self._held: list[socket.socket] = []

    def hold(self, connection: socket.socket) -> None:
        """Have a connection shut down at the deadline."""
        # Another handle of it: TLS takes the first one away.
        with self._lock:
            self._held.append(connection.dup())
        if self.over:
            self.cut()

    def cut(self) -> None:
        """Shut down everything now."""
        self.over = True
        with self._lock:
            for each in self._held:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def release(self) -> None:
        """Give up the handles."""
        with self._lock:
            for each in self._held:
                each.close()
            self._held.clear()


@contextmanager
def deadline(seconds: float) -> Iterator[Deadline]:
    """Within, what this thread connects to is cut off when so many seconds are over; 0 is never."""
    made = Deadline()
    timer = threading.Timer(seconds, made.cut)
    timer.daemon = True
    token = _current.set(made)
    if seconds:
        timer.start()
    try:
        yield made
    finally:
        timer.cancel()
        _current.reset(token)
        made.release()


def hold(connection: socket.socket) -> None:
    """Put a new connection under the deadline that this thread has, if any."""
    made = _current.get()
    if made is not None:
        made.hold(connection)
