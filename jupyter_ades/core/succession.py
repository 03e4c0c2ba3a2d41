"""Workspaces that another server dispatches: one is taken over when that server has ended."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Sequence

from jupyter_ades.core.places import wait_for_dispatch
from jupyter_ades.core.workspace import Workspace

log = logging.getLogger(__name__)

TakeOver = Callable[[Workspace, int], None]


class Succession:
    """Waits for each of them, without looking: the system gives the lock to who waits for it."""

    def __init__(self, workspaces: Sequence[Workspace]) -> None:
        self._waiting = list(workspaces)
        self._stopped = threading.Event()

    def start(self, loop: asyncio.AbstractEventLoop, take_over: TakeOver) -> None:
        """Call, on the event loop, with each workspace and its lock once that is free."""
        for workspace in self._waiting:
            log.info(
                "Another server dispatches the jobs of workspace %s; this one serves it, and takes"
                " over when that one ends",
                workspace.name,
            )
            # A daemon: it may wait for ever.
            threading.Thread(
                target=self._wait,
                args=(workspace, loop, take_over),
                name=f"ades-succession-{workspace.name}",
                daemon=True,
            ).start()

    def ring(self) -> None:
        """Tell the other servers that something has changed."""
        for workspace in self._waiting:
            workspace.bell.ring()

    def stop(self) -> None:
        """Take nothing over any more."""
        self._stopped.set()

    def _wait(
        self, workspace: Workspace, loop: asyncio.AbstractEventLoop, take_over: TakeOver
    ) -> None:
        try:
            handle = wait_for_dispatch(workspace.root)
        except OSError as error:
            log.warning("Workspace %s cannot be taken over: %s", workspace.name, error)
            return
        if self._stopped.is_set():
            os.close(handle)
            return
        self._waiting.remove(workspace)
        try:
            loop.call_soon_threadsafe(take_over, workspace, handle)
        except RuntimeError:
            # This server has ended meanwhile.
            os.close(handle)
            return
        log.info("This server dispatches the jobs of workspace %s from now on", workspace.name)
