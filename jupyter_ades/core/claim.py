"""A server's hold on a workspace: cheap to have, before anything of the workspace is opened."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from jupyter_ades.core.places import DISPATCH_LOCK, open_lock, share, try_lock


class Claim:
    """Shares a workspace's folder, made if need be, with other servers; one of them dispatches."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._share = share(folder)
        self._lock = open_lock(folder, DISPATCH_LOCK)
        #: Whether this server dispatches the workspace's jobs.
        self.dispatches = False

    def acquire(self) -> bool:
        """Whether this server dispatches: the first one to ask does."""
        self.dispatches = self.dispatches or try_lock(self._lock, fcntl.LOCK_EX)
        return self.dispatches

    def inherit(self, lock: int) -> None:
        """Dispatch from now on; another server that did has ended."""
        os.close(self._lock)
        self._lock = lock
        self.dispatches = True

    def close(self) -> None:
        """Let another server dispatch."""
        os.close(self._lock)
        os.close(self._share)
