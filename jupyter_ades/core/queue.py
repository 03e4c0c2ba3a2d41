"""Which waiting job starts next: within the limits, workspaces taking turns, oldest first.

Nobody is overtaken for being large: when the job whose turn it is needs more cores or memory than
are free, nothing else starts until they are. A process that has as many running jobs as may is
passed over.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from jupyter_ades.core.limits import Limits
from jupyter_ades.core.needs import needs, process_rule, workspace_rule
from jupyter_ades.core.space import lack_of_space
from jupyter_ades.core.watching import Watch
from jupyter_ades.core.workspace import Workspace
from jupyter_ades.model import Job, JobStatus
from jupyter_ades.resources import Resources, mebibytes

log = logging.getLogger(__name__)


class Queue:
    """The waiting jobs of all workspaces that this server dispatches."""

    def __init__(
        self,
        workspaces: Sequence[Workspace],
        limits: Limits,
        watch: Watch,
        elsewhere: Callable[[Job], bool],
    ) -> None:
        self._workspaces = workspaces
        #: Whether a job's steps run on other machines.
        self._elsewhere = elsewhere
        self._limits = limits
        self._watch = watch
        #: Starts so far: which workspace with waiting jobs has the next turn.
        self._turn = 0
        #: Name of each workspace whose queue is paused, and why.
        self._paused: dict[str, str] = {}

    def __bool__(self) -> bool:
        return any(self._waiting(each) for each in self._workspaces)

    @property
    def full(self) -> bool:
        """Whether as many jobs run as may."""
        return 0 < self._limits.max_running_jobs <= len(self._watch)

    def pause(self, workspace: Workspace) -> str:
        """Why no job of a workspace starts now; empty when jobs start."""
        return self._paused.get(workspace.name, "")

    def why(self, workspace: Workspace, job: Job) -> str:
        """Why a waiting job does not start now though others may; empty when it is in the queue."""
        paused = self.pause(workspace)
        if paused:
            return paused
        if job.process.id in self._at_limit(workspace):
            return (
                f"waits: as many jobs of {job.process.alias or job.process.id} run as may at once"
                " (c.ADES.process_limits)"
            )
        return self._lacking(job)

    def next_jobs(self) -> Iterator[tuple[Workspace, Job]]:
        """Jobs to start, each to be started before the next is asked for."""
        while len(self._watch) < self._limits.max_running_jobs:
            found = self._next()
            if found is None or self._lacking(found[1]):
                # What is free is kept for this one, or a large job would wait for ever.
                return
            self._turn += 1
            yield found

    def _next(self) -> tuple[Workspace, Job] | None:
        """The job whose turn it is."""
        queues = [each for each in self._workspaces if self._may_start(each)]
        for place in range(1, len(queues) + 1):
            workspace = queues[(self._turn + place) % len(queues)]
            job = workspace.store.next_waiting(self._at_limit(workspace))
            if job is not None:
                return workspace, job
        return None

    def _at_limit(self, workspace: Workspace) -> set[str]:
        """Ids of the processes of which as many jobs run as may."""
        running = Counter(
            each.job.process.id for each in self._watch if each.workspace is workspace
        )
        processes = {each.job.process.id: each.job.process for each in self._watch}
        limits = {
            name: process_rule(process, self._limits).running for name, process in processes.items()
        }
        return {name for name, most in limits.items() if most is not None and running[name] >= most}

    def _reserved(self, job: Job) -> Resources:
        """What a job keeps from others here: nothing when its steps run elsewhere."""
        return Resources() if self._elsewhere(job) else needs(job.process, self._limits)

    def _lacking(self, job: Job) -> str:
        """What a job still waits for; empty when there is enough of everything."""
        wanted = self._reserved(job)
        taken = [self._reserved(each.job) for each in self._watch]
        cores = self._limits.max_cores - sum(each.cores for each in taken)
        memory = self._limits.max_memory_bytes - sum(each.memory for each in taken)
        if wanted.cores > cores:
            return (
                f"waits for {wanted.cores:g} cores; {max(cores, 0):g} of"
                f" {self._limits.max_cores:g} are free"
            )
        if wanted.memory > memory:
            return (
                f"waits for {mebibytes(wanted.memory)} of memory; {mebibytes(max(memory, 0))} of"
                f" {mebibytes(self._limits.max_memory_bytes)} are free"
            )
        return ""

    def _waiting(self, workspace: Workspace) -> int:
        return workspace.store.counts().get(JobStatus.ACCEPTED, 0)

    def _is_full(self, workspace: Workspace) -> bool:
        """Whether as many jobs of a workspace run as may."""
        most = workspace_rule(workspace.name, self._limits).running
        running = sum(each.workspace is workspace for each in self._watch)
        return most is not None and running >= most

    def _may_start(self, workspace: Workspace) -> bool:
        """Whether jobs wait, and the disks have room; says once when that changes."""
        waiting = 0 if self._is_full(workspace) else self._waiting(workspace)
        paused = lack_of_space(workspace, self._limits.min_free_bytes) if waiting else ""
        if bool(paused) != bool(self.pause(workspace)):
            log.warning("%s: %s", workspace.name, paused or "no longer waiting for space")
        self._paused[workspace.name] = paused
        return waiting > 0 and not paused
