"""The fork server: has imported what jobs need, and forks a worker for each.

``python -m jupyter_ades.worker.warm FD [MODULE ...]``, where FD is a socket that the server started
it with. Each message is a job's folder and environment, its answer the worker's pid, and a pidfd
beside it. It ends when the socket is closed; the workers go on.
"""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import threading
from collections.abc import Sequence
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
            order = Forks(server).serve()
        except BrokenPipeError:
            # The server was killed before it was answered.
            return 0
    if order is not None:
        end(_carry(order))
    return 0


def _import(names: Sequence[str]) -> None:
    for name in names:
        try:
            import_module(name)
        except Exception as error:
            # Jobs that need it say so themselves.
            print(f"{name} could not be imported for warm workers: {error}", file=sys.stderr)


class Forks:
    """The loop that forks, and takes leave of what ended."""

    def __init__(self, server: socket.socket) -> None:
        self._server = server
        #: The pidfd of each worker to its pid.
        self._workers: dict[int, int] = {}
        #: Documents that are read for later forks, once nothing else is to be done.
        self._unread: set[str] = set()
        self._poll = select.poll()
        self._poll.register(server, select.POLLIN)

    def serve(self) -> dict[str, Any] | None:
        """None when the server is gone; in a fork, the order that it is to carry."""
        while True:
            ready = self._poll.poll(0 if self._unread else None)
            if not ready:
                _documents().keep(self._unread.pop())
            for handle, _ in ready:
                if handle != self._server.fileno():
                    self._bury(handle)
                    continue
                message = self._server.recv(LONGEST)
                if not message:
                    return None
                order: dict[str, Any] = json.loads(message)
                if self._fork() == 0:
                    return order
                if order["document"]:
                    # Not before the job has begun: the first one reads the document by itself.
                    self._unread.add(order["document"])

    def _fork(self) -> int:
        pid = fork()
        if pid == 0:
            for handle in self._workers:
                os.close(handle)
            return 0
        handle = os.pidfd_open(pid)
        self._workers[handle] = pid
        self._poll.register(handle, select.POLLIN)
        answer = _message(pid=pid, bytes=_bytes())
        socket.send_fds(self._server, [answer], [handle])
        return pid

    def _bury(self, handle: int) -> None:
        """An ended child stays a zombie until it is waited for."""
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


def _carry(order: dict[str, Any]) -> int:
    """In a fork: be the worker, or the process in which the worker's command is called."""
    from jupyter_ades.worker import __main__ as worker
    from jupyter_ades.worker.bounds import give_way
    from jupyter_ades.worker.understudy import Program, fork_understudy

    give_way()
    if order["document"]:
        _documents().choose(order["document"])
    # First of all: each page that this process has written to would be copied once more.
    understudy = fork_understudy()
    if isinstance(understudy, Program):
        return understudy.play()
    job = JobDir(Path(order["folder"]))
    redirect(os.open(job.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666))
    begin_anew(job.root, order["environment"])
    sys.argv = [str(worker.__file__), str(job.root)]
    return worker.main(str(job.root), understudy)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
