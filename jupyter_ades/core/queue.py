"""Which waiting job starts next: within the limits, workspaces taking turns, oldest first."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from jupyter_ades.core.limits import Limits
from jupyter_ades.core.space import lack_of_space
from jupyter_ades.core.watching import Watch
from jupyter_ades.core.workspace import Workspace
from jupyter_ades.model import Job, JobStatus

log = logging.getLogger(__name__)


class Queue:
    """The waiting jobs of all workspaces that this server dispatches."""

    def __init__(self, workspaces: Sequence[Workspace], limits: Limits, watch: Watch) -> None:
        self._workspaces = workspaces
        self._limits = limits
        self._watch = watch
        #: Starts so far: which workspace with waiting jobs has the next turn.
        self._turn = 0
        #: Name of each workspace whose queue is paused, and why.
        self._paused: dict[str, str] = {}

    def __bool__(self) -> bool:
        return any(self._waiting(each) for each in self._workspaces)

    def pause(self, workspace: Workspace) -> str:
        """Why no job of a workspace starts now; empty when jobs start."""
        return self._paused.get(workspace.name, "")

    def next_jobs(self) -> Iterator[tuple[Workspace, Job]]:
        """Jobs to start, each to be started before the next is asked for."""
        while len(self._watch) < self._limits.max_running_jobs:
            queues = [each for each in self._workspaces if self._may_start(each)]
            if not queues:
                return
            self._turn += 1
            workspace = queues[self._turn % len(queues)]
            for job in workspace.store.open_jobs(JobStatus.ACCEPTED, limit=1):
                yield workspace, job

    def _waiting(self, workspace: Workspace) -> int:
        return workspace.store.counts().get(JobStatus.ACCEPTED, 0)

    def _may_start(self, workspace: Workspace) -> bool:
        """Whether jobs wait, and the disks have room; says once when that changes."""
        waiting = self._waiting(workspace)
        paused = lack_of_space(workspace, self._limits.min_free_bytes) if waiting else ""
        if bool(paused) != bool(self.pause(workspace)):
            log.warning("%s: %s", workspace.name, paused or "no longer waiting for space")
        self._paused[workspace.name] = paused
        return waiting > 0 and not paused
