"""The server's end of the fork server: starts it, asks it for workers, sees when it is stale."""

from __future__ import annotations

import json
import os
import select
import site
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_ades.system.shown import with_room

#: Seconds that it has to fork.
PATIENCE = 5.0
#: Bytes by which it may have grown since it was ready.
GROWTH = 256 * 2**20
LONGEST = 2**16


@dataclass(frozen=True, kw_only=True)
class Forked:
    """A worker that was forked."""

    pid: int
    #: Its pidfd, which the owner closes.
    handle: int


class ForkServer:
    """One fork server of this Python environment; OSError tells that it is of no more use."""

    def __init__(self, environment: Mapping[str, str], modules: Sequence[str] = ()) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "jupyter_ades.worker.warm", str(theirs.fileno())]
        with theirs:
            self._process = subprocess.Popen(
                [*command, *modules],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                cwd="/",
                env=with_room(environment),
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self._channel = ours
        self._channel.settimeout(PATIENCE)
        self._ready = False
        self._bytes = 0
        self._grown = False
        self._made_of = installed()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def ready(self) -> bool:
        """Whether it has imported everything; OSError when it ended before."""
        if not self._ready and select.select([self._channel], [], [], 0)[0]:
            self._ready = bool(self._receive()[0]["ready"])
        return self._ready

    def fork(self, folder: Path, environment: Mapping[str, str], document: str = "") -> Forked:
        """A worker on a job directory; ``document`` is the URL of the deployed CWL it will run."""
        order = {"folder": str(folder), "environment": dict(environment), "document": document}
        self._channel.send(json.dumps(order).encode())
        answer, handles = self._receive()
        grown = int(answer["bytes"])
        self._bytes = self._bytes or grown
        self._grown = grown > self._bytes + GROWTH
        return Forked(pid=int(answer["pid"]), handle=handles[0])

    @property
    def stale(self) -> bool:
        """Whether it has grown, or the environment that it has imported from has changed."""
        return self._grown or self._made_of != installed()

    def close(self) -> None:
        """End it; its workers go on."""
        self._channel.close()
        self._process.kill()
        self._process.wait()

    def _receive(self) -> tuple[dict[str, Any], list[int]]:
        data, handles, _, _ = socket.recv_fds(self._channel, LONGEST, 1)
        if not data:
            raise ConnectionError("the fork server ended")
        return json.loads(data), handles


def installed() -> tuple[tuple[str, int], ...]:
    """What tells that something was installed or removed: when the folders of it changed."""
    folders = [*site.getsitepackages(), site.getusersitepackages()]
    return tuple((folder, _changed(folder)) for folder in folders)


def _changed(folder: str) -> int:
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return 0
