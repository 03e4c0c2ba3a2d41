"""How servers on one workspace call each other: a named pipe in its folder.

Who dispatches listens; who has accepted or dismissed a job rings, and so does a worker whose job
has ended. Between machines that share the
folder nothing is heard: there the store is looked at now and then.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from jupyter_ades.system.bell import ring

log = logging.getLogger(__name__)

NAME = "ades.bell"


class Doorbell:
    """One workspace's pipe."""

    def __init__(self, folder: Path) -> None:
        #: Where the pipe is, once somebody listens.
        self.path = folder / NAME
        self._handle: int | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def listen(self, loop: asyncio.AbstractEventLoop, heard: Callable[[], None]) -> bool:
        """Call when it rings, on the event loop; whether it can be heard."""
        try:
            with suppress(FileExistsError):
                os.mkfifo(self.path, 0o600)
            # For writing too: else it would be at its end whenever no other server has it open.
            self._handle = os.open(self.path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            loop.add_reader(self._handle, self._hear, heard)
        except (OSError, NotImplementedError) as error:
            log.warning("%s: jobs from other servers are seen later: %s", self.path, error)
            self.close()
            return False
        self._loop = loop
        return True

    def _hear(self, heard: Callable[[], None]) -> None:
        assert self._handle is not None
        with suppress(BlockingIOError):
            os.read(self._handle, 2**16)
        heard()

    def ring(self) -> None:
        """Call whoever listens; nobody may."""
        ring(self.path)

    def close(self) -> None:
        """Listen no longer."""
        if self._handle is not None:
            if self._loop is not None:
                self._loop.remove_reader(self._handle)
            os.close(self._handle)
            self._handle = None
