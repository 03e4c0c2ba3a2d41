"""A forked process that waits for its order, in the place of a new Python.

It is forked before its parent starts a thread, as a lock that another thread holds would stay
locked in the fork for ever. To its parent it is what ``subprocess.Popen`` would have been.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from jupyter_ades.worker.forked import begin_anew, fork, redirect

#: Where the programs are that plans call.
PROGRAMS = "jupyter_ades.programs."


def is_ours(argv: Sequence[str]) -> bool:
    """Whether a command calls a program of ours with this very Python."""
    start = (sys.executable, "-P", "-m")
    return len(argv) > 3 and tuple(argv[:3]) == start and argv[3].startswith(PROGRAMS)


class Understudy:
    """The waiting process as its parent has it."""

    def __init__(self, argv: Sequence[str], pid: int, cue: socket.socket, output: int) -> None:
        self.argv = tuple(argv)
        self.pid = pid
        #: The reading end of its standard output and error; -1 when they are its parent's.
        self.output = output
        self.cue = cue
        self._code: int | None = None

    def start(self, folder: Path, environment: Mapping[str, str], **further: Any) -> None:
        """Give it its order; OSError when it is gone."""
        order = {"folder": str(folder), "environment": dict(environment), **further}
        self.cue.sendall(json.dumps(order).encode())
        self.cue.shutdown(socket.SHUT_WR)

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it lives."""
        return self._wait(os.WNOHANG)

    def wait(self) -> int:
        """Its exit code, once it has ended."""
        code = self._wait(0)
        assert code is not None
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def _wait(self, options: int) -> int | None:
        if self._code is None:
            pid, status = os.waitpid(self.pid, options)
            self._code = os.waitstatus_to_exitcode(status) if pid else None
        return self._code


def read_order(cue: socket.socket) -> dict[str, Any] | None:
    """In the fork: its order, waited for; None when its parent needs it no longer."""
    with cue.makefile("rb") as stream:
        data = stream.read()
    order: dict[str, Any] | None = json.loads(data) if data else None
    return order


def fork_understudy(argv: Sequence[str]) -> Understudy | Program:
    """Fork one for a command that :func:`is_ours`; in the fork, the part that it is to play."""
    ours, theirs = socket.socketpair()
    reading, writing = os.pipe()
    pid = fork()
    if not pid:
        ours.close()
        os.close(reading)
        return Program(module=argv[3], arguments=tuple(argv[4:]), cue=theirs, output=writing)
    theirs.close()
    os.close(writing)
    return Understudy(argv, pid, ours, reading)


@dataclass(frozen=True, kw_only=True)
class Program:
    """The part that a fork is to play."""

    module: str
    arguments: tuple[str, ...]
    cue: socket.socket
    output: int

    def play(self) -> int:
        """Wait for the order, then call the program; its exit code."""
        order = read_order(self.cue)
        self.cue.close()
        if order is None:
            return 0
        redirect(self.output)
        begin_anew(**order)
        module = import_module(self.module)
        sys.argv = [str(module.__file__), *self.arguments]
        code: int = module.main(*self.arguments)
        return code
