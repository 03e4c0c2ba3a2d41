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
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from jupyter_ades.worker.foreseen import Foreseen
from jupyter_ades.worker.forked import begin_anew, fork, redirect

#: Where the programs are that plans call.
PROGRAMS = "jupyter_ades.programs."
#: The worker itself, among the kinds of process that are foreseen.
WORKER = "worker"
#: Which programs' pages are known ahead.
foreseen = Foreseen((f"{PROGRAMS}run_cwl", f"{PROGRAMS}run_notebook", WORKER))


def is_ours(argv: Sequence[str]) -> bool:
    """Whether a command calls a program of ours with this very Python."""
    start = (sys.executable, "-P", "-m")
    return len(argv) > 3 and tuple(argv[:3]) == start and argv[3].startswith(PROGRAMS)


class Understudy:
    """The waiting process as its parent has it."""

    def __init__(self, pid: int, cue: socket.socket, output: int) -> None:
        self.pid = pid
        #: The reading end of its standard output and error; -1 when they are its parent's.
        self.output = output
        #: Takes its order; readable when it has said how it ended, or is gone.
        self.cue = cue
        #: The URL, where it is deployed, of a document that it may find read (cwl_documents).
        self.document = ""
        self._code: int | None = None
        self._said = False

    def start(self, folder: Path, environment: Mapping[str, str], **further: Any) -> None:
        """Give it its order; OSError when it is gone."""
        order = {"folder": str(folder), "environment": dict(environment), **further}
        if self.document:
            order["document"] = self.document
        self.cue.sendall(json.dumps(order).encode())
        self.cue.shutdown(socket.SHUT_WR)

    def prepared(self) -> None:
        """Wait until one that is forked ahead has done what it can do before its order."""
        self.cue.recv(1)

    @property
    def said(self) -> bool:
        """Whether it said how it ended: nothing of it is left to be done but to take it apart."""
        if self._code is None and not self._said:
            with suppress(BlockingIOError):
                word = self.cue.recv(16, socket.MSG_DONTWAIT)
                self._said = bool(word)
                self._code = int(word) if word else None
        return self._said

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it lives."""
        return self._code if self.said else self._wait(os.WNOHANG)

    def bury(self) -> None:
        """Take leave of it; one that has no order goes. It is a zombie until then."""
        self.cue.close()
        if self.output >= 0:
            os.close(self.output)
            self.output = -1
        if self._code is None or self._said:
            with suppress(ChildProcessError):
                os.waitpid(self.pid, 0)

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


class _Stage:
    """Where this process says how its program ended; None when it plays none."""

    cue: socket.socket | None = None


def leave_stage() -> None:
    """In a fork of a program: what it says is none of this process's business."""
    if _Stage.cue is not None:
        _Stage.cue.close()
        _Stage.cue = None


def fork_understudy() -> Understudy | Program:
    """Fork one for a command that :func:`is_ours`; in the fork, the part that it is to play."""
    ours, theirs = socket.socketpair()
    reading, writing = os.pipe()
    pid = fork()
    if not pid:
        ours.close()
        os.close(reading)
        return Program(cue=theirs, output=writing)
    theirs.close()
    os.close(writing)
    return Understudy(pid, ours, reading)


@dataclass(frozen=True, kw_only=True)
class Program:
    """The part that a fork is to play."""

    cue: socket.socket
    output: int

    def play(self, *, ahead: bool) -> int:
        """Wait for the order, then call the program; its exit code.

        With ``ahead`` it is forked before there is a job, and prepares for one like the last one.

        One that leaves nothing to be released (``LEAVES_NOTHING``) says its code at once and never
        returns: to take a process apart takes longer than many jobs.
        """
        if ahead:
            foreseen.copy(foreseen.latest)
            self.cue.send(b"!")
        order = read_order(self.cue)
        if order is None:
            return 0
        _Stage.cue = self.cue
        argv, document = order.pop("argv"), order.pop("document", "")
        if document:
            import_module(f"{PROGRAMS}cwl_documents").choose(document)
        redirect(self.output)
        begin_anew(**order)
        foreseen.see(argv[3])
        module = import_module(argv[3])
        sys.argv = [str(module.__file__), *argv[4:]]
        pid = os.getpid()
        code: int = module.main(*argv[4:])
        if os.getpid() == pid and getattr(module, "LEAVES_NOTHING", False):
            sys.stdout.flush()
            sys.stderr.flush()
            self.cue.send(str(code).encode())
            foreseen.note(argv[3])
            os._exit(code)
        return code
