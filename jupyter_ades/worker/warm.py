"""The fork server: has imported what jobs need, and forks a worker for each.

``python -m jupyter_ades.worker.warm FD [MODULE ...]``, where FD is a socket that the server started
it with. Each message is a job's folder and environment, its answer the worker's pid, and a pidfd
beside it. A worker for the next job is forked before that is there, and waits. The fork server ends
when the socket is closed; workers that have a job go on.
"""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from jupyter_ades.jobdir import JobDir
from jupyter_ades.worker.forked import (
    become_origin,
    begin_anew,
    end,
    fork,
    imported_all,
    redirect,
)

#: What jobs need, each imported once; the last ones import what is slow by themselves.
LIBRARIES = (
    "jupyter_ades.worker.__main__",
    "jupyter_ades.worker.stage_out",
    "jupyter_ades.worker.quicklook",
    "jupyter_ades.worker.exercise",
    "jupyter_ades.programs.exercise",
)
#: Bytes of a message; one has an environment in it.
LONGEST = 2**20


def main(handle: str, *further: str) -> int:
    """Serve until the server is gone; in a fork, carry its job. The exit code."""
    # The folder that Python was started in, which is no place to import from.
    del sys.path[0]
    become_origin()
    with socket.socket(fileno=int(handle)) as server:
        _import((*LIBRARIES, *further))
        for thread in threading.enumerate()[1:]:
            # What it holds at a fork would be held in the fork for ever.
            print(f"warm workers share no thread: {thread.name} was started", file=sys.stderr)
        imported_all()
        try:
            server.send(_message(ready=True))
            forks = Forks(server)
            cue = forks.serve()
        except BrokenPipeError:
            # The server was killed before it was answered.
            return 0
    if cue is not None:
        end(_carry(cue, ahead=forks.ahead))
    return 0


def _import(names: Sequence[str]) -> None:
    for name in names:
        try:
            import_module(name)
        except Exception as error:
            # Jobs that need it say so themselves.
            print(f"{name} could not be imported for warm workers: {error}", file=sys.stderr)


@dataclass(frozen=True, kw_only=True)
class Spare:
    """A worker that waits for its job, as its parent has it."""

    pid: int
    #: Its pidfd.
    handle: int
    #: Takes its order; it ends when this is closed before.
    cue: socket.socket

    def order(self, message: bytes) -> bool:
        """Give it its job; False when it is gone."""
        with self.cue:
            try:
                self.cue.sendall(message)
            except OSError:
                return False
        return True


class Forks:
    """The loop that forks, and takes leave of what ended."""

    def __init__(self, server: socket.socket) -> None:
        self._server = server
        #: The pidfd of each worker to its pid.
        self._workers: dict[int, int] = {}
        self._spare: Spare | None = None
        #: In a fork: whether its job is still to come.
        self.ahead = False
        #: Whether there is to be one. Where one was killed, not before the next job.
        self._spares = True
        #: Documents that are read for later forks, once nothing else is to be done.
        self._unread: set[str] = set()
        self._poll = select.poll()
        self._poll.register(server, select.POLLIN)

    def serve(self) -> socket.socket | None:
        """None when the server is gone; in a fork, where it hears of its job."""
        cue = None
        while cue is None:
            ahead = self._unread or (self._spares and self._spare is None)
            ready = self._poll.poll(0 if ahead else None)
            if not ready:
                cue = self._prepare()
            for handle, _ in ready:
                if handle != self._server.fileno():
                    self._bury(handle)
                    continue
                message = self._server.recv(LONGEST)
                if not message:
                    return None
                cue = self._start(message)
                if cue is not None:
                    break
        return cue

    def _start(self, message: bytes) -> socket.socket | None:
        """Give a worker its job."""
        while self._spare is None or not self._spare.order(message):
            cue = self._fork(ahead=False)
            if cue is not None:
                return cue
        begun, self._spare, self._spares = self._spare, None, True
        answer = _message(pid=begun.pid, bytes=_bytes())
        socket.send_fds(self._server, [answer], [begun.handle])
        document = json.loads(message)["document"]
        if document:
            # Not before the job has begun: the first one reads the document by itself.
            self._unread.add(document)
        return None

    def _prepare(self) -> socket.socket | None:
        """Do one thing for the jobs to come."""
        if not self._unread:
            return self._fork(ahead=True)
        if _documents().keep(self._unread.pop()) and self._spare is not None:
            # It was forked before, and knows nothing of it.
            self._spare.cue.close()
            self._spare = None
        return None

    def _fork(self, *, ahead: bool) -> socket.socket | None:
        """Fork a worker that waits; in the fork, where it hears of its job."""
        self.ahead = ahead
        ours, theirs = socket.socketpair()
        pid = fork()
        if pid == 0:
            ours.close()
            for handle in self._workers:
                os.close(handle)
            return theirs
        theirs.close()
        handle = os.pidfd_open(pid)
        self._workers[handle] = pid
        self._poll.register(handle, select.POLLIN)
        self._spare = Spare(pid=pid, handle=handle, cue=ours)
        return None

    def _bury(self, handle: int) -> None:
        """An ended child stays a zombie until it is waited for."""
        if self._spare is not None and self._spare.handle == handle:
            self._spare.cue.close()
            self._spare, self._spares = None, False
        self._poll.unregister(handle)
        os.waitpid(self._workers.pop(handle), 0)
        os.close(handle)


def _documents() -> ModuleType:
    """What knows CWL: imported by now, as any that handles signals must not be before."""
    return import_module("jupyter_ades.programs.cwl_documents")


def _message(**content: Any) -> bytes:
    return json.dumps(content).encode()


def _bytes() -> int:
    """Bytes of memory that this process has."""
    resident = int(Path("/proc/self/statm").read_text().split()[1])
    return resident * os.sysconf("SC_PAGE_SIZE")


def _carry(cue: socket.socket, *, ahead: bool) -> int:
    """In a fork: be a worker, or the process in which its command is called, once it has a job."""
    from jupyter_ades.worker import __main__ as worker
    from jupyter_ades.worker.bounds import give_way
    from jupyter_ades.worker.understudy import (
        WORKER,
        Program,
        foreseen,
        fork_understudy,
        read_order,
    )

    give_way()
    # First of all: each page that this process has written to would be copied once more.
    understudy = fork_understudy()
    if isinstance(understudy, Program):
        cue.close()
        return understudy.play(ahead=ahead)
    if ahead:
        # One after the other: a job that runs meanwhile needs the cores, too.
        understudy.prepared()
        foreseen.copy(WORKER)
    with cue:
        order = read_order(cue)
    if order is None:
        understudy.bury()
        return 0
    understudy.document = order["document"]
    job = JobDir(Path(order["folder"]))
    redirect(os.open(job.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666))
    begin_anew(job.root, order["environment"])
    sys.argv = [str(worker.__file__), str(job.root)]
    code = worker.main(str(job.root), understudy)
    foreseen.note(WORKER)
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
