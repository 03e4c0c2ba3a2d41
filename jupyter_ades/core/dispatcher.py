"""The loop's one tick: read back running jobs, start waiting ones; and what a restart adopts."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from jupyter_ades.core.chaining import chained
from jupyter_ades.core.continuing import keeps_steps
from jupyter_ades.core.launcher import Launcher
from jupyter_ades.core.limits import Limits
from jupyter_ades.core.resuming import is_ordered, order_stage_out
from jupyter_ades.core.space import lack_of_space
from jupyter_ades.core.workspace import Workspace
from jupyter_ades.errors import AdesError, StorageFull
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import (
    FetchPolicy,
    Job,
    JobStatus,
    Process,
    WorkerStatus,
    WorkOrder,
)
from jupyter_ades.runners.base import Runner, Site

log = logging.getLogger(__name__)

#: Seconds that a worker has, beyond its plan's grace, to end after it was asked to.
PATIENCE = 5.0
LOST = (
    "The worker was lost: it ended without a word (out of memory, a restart of the machine, or"
    " killed from outside). The log has its last lines; run the job again with a rerun."
)

Announce = Callable[[Workspace, Job], None]


@dataclass(kw_only=True)
class Running:
    """What the dispatcher remembers of a running job between two ticks."""

    workspace: Workspace
    job: Job
    folder: JobDir
    #: Modification time of the status that was read last, in ns.
    seen: int = 0
    #: Monotonic time after which a dismissed job's processes are killed.
    deadline: float | None = None
    #: How the job ended, from when that is known until it is recorded.
    ended: WorkerStatus | None = None


class Dispatcher:
    """Carries accepted jobs to a final state. Used from the core's one thread."""

    def __init__(
        self,
        workspaces: Sequence[Workspace],
        *,
        launcher: Launcher,
        runner: Callable[[str], Runner],
        fetch: FetchPolicy,
        limits: Limits,
        site: Site,
        announce: Announce = lambda workspace, job: None,
    ) -> None:
        self._workspaces = workspaces
        self._launcher = launcher
        self._runner = runner
        self._fetch = fetch
        self._limits = limits
        self._site = site
        self._announce = announce
        self._running: dict[str, Running] = {}
        #: Starts so far: which workspace with waiting jobs has the next turn.
        self._turn = 0
        #: Name of each workspace whose queue is paused, and why.
        self._paused: dict[str, str] = {}

    @property
    def busy(self) -> bool:
        """Whether a job is waiting or running, so that another tick has something to do."""
        return bool(self._running) or any(self._waiting(each) for each in self._workspaces)

    @property
    def running(self) -> int:
        """Jobs that run now."""
        return len(self._running)

    def pause(self, workspace: Workspace) -> str:
        """Why no job of a workspace starts now; empty when jobs start."""
        return self._paused.get(workspace.name, "")

    def adopt(self) -> None:
        """Take over what an earlier server left: record ends, keep the living, settle the lost."""
        for workspace in self._workspaces:
            workspace.finish_removals()
            for job in workspace.store.open_jobs(JobStatus.RUNNING):
                self._adopt_job(workspace, job)
            for job in workspace.store.unlisted():
                # Who waited for it is gone with the server that it asked.
                self.dismiss(workspace, job)

    def _adopt_job(self, workspace: Workspace, job: Job) -> None:
        folder = workspace.job_dir(job.id)
        if folder.read_status() is None and not self._launcher.alive(folder):
            log.info("%s: never began to run, waits again", job.id)
            self._change(workspace, job, status=JobStatus.ACCEPTED, message="accepted")
            return
        log.info("%s: adopted", job.id)
        self._running[job.id] = Running(workspace=workspace, job=job, folder=folder)

    def tick(self) -> None:
        """Read back what runs, then start what waits."""
        self._hear_dismissals()
        for running in list(self._running.values()):
            try:
                self._read_back(running)
            except StorageFull:
                self._make_room(running)
        try:
            self._start_waiting()
        except StorageFull:
            log.warning("No space left to start jobs; they wait")

    def _make_room(self, running: Running) -> None:
        """Give up the scratch of a job that has ended: its state, which has no room, matters more.

        The next tick records it.
        """
        log.warning("%s: no space left to record its state", running.job.id)
        if not self._launcher.alive(running.folder):
            running.folder.remove_scratch()

    # reading back

    def _hear_dismissals(self) -> None:
        """Dismissals are read from the store: another server on the workspace may take them."""
        for workspace in self._workspaces:
            for job_id in workspace.store.dismissing():
                if job_id in self._running:
                    running = self._running[job_id]
                    running.job = replace(running.job, dismissing=True)

    def _read_back(self, running: Running) -> None:
        # Whether the worker lives is asked before its status is read: one that ended in between
        # has written its last status by then.
        alive = self._launcher.alive(running.folder)
        status = self._news(running)
        if running.ended is not None:
            self._finish(running, running.ended)
        elif running.job.dismissing:
            self._see_dismissal(running, alive)
        elif status is not None and status.status.final:
            self._finish(running, status)
        elif not alive:
            self._settle_lost(running)
        elif status is not None:
            self._record_progress(running, status)

    def _news(self, running: Running) -> WorkerStatus | None:
        """The worker's status when it changed since the last look."""
        try:
            written = running.folder.status.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        if written == running.seen:
            return None
        running.seen = written
        return running.folder.read_status()

    def _record_progress(self, running: Running, status: WorkerStatus) -> None:
        running.job = self._change(
            running.workspace, running.job, progress=status.progress, message=status.message
        )

    def _settle_lost(self, running: Running) -> None:
        """Record how a job ended whose worker is gone."""
        self._launcher.kill(running.folder)
        status = running.folder.read_status()
        if status is None or not status.status.final:
            said = f" It last said: {status.message}" if status else ""
            status = _ended(JobStatus.FAILED, LOST + said, running.job.progress)
        self._finish(running, status)

    def _see_dismissal(self, running: Running, alive: bool) -> None:
        """Ask once, insist after a while, record when nothing is left."""
        if alive and running.deadline is None:
            plan = running.folder.read_plan()
            grace = plan.plan.grace if plan else 0.0
            running.deadline = time.monotonic() + grace + PATIENCE
            self._launcher.stop(running.folder)
        elif alive and running.deadline is not None and time.monotonic() > running.deadline:
            self._launcher.kill(running.folder)
        elif not alive:
            self._launcher.kill(running.folder)
            running.workspace.hide_results(running.job.id)
            self._finish(running, _ended(JobStatus.DISMISSED, "dismissed", running.job.progress))

    def _finish(self, running: Running, status: WorkerStatus) -> None:
        running.ended = status
        self._change(
            running.workspace,
            running.job,
            status=status.status,
            message=status.message,
            progress=status.progress,
            dismissing=False,
            finished=status.finished or datetime.now(UTC),
            job_bytes=status.job_bytes,
            result_bytes=status.result_bytes,
        )
        # Not before: an end that could not be recorded is tried again by the next tick.
        del self._running[running.job.id]

    # starting

    def _waiting(self, workspace: Workspace) -> int:
        return workspace.store.counts().get(JobStatus.ACCEPTED, 0)

    def _start_waiting(self) -> None:
        """Start the oldest waiting jobs within the limit, workspaces taking turns."""
        while self.running < self._limits.max_running_jobs:
            queues = [each for each in self._workspaces if self._may_start(each)]
            if not queues:
                return
            self._turn += 1
            workspace = queues[self._turn % len(queues)]
            for job in workspace.store.open_jobs(JobStatus.ACCEPTED, limit=1):
                self._start(workspace, job)

    def _may_start(self, workspace: Workspace) -> bool:
        """Whether jobs wait, and the disks have room; says once when that changes."""
        waiting = self._waiting(workspace)
        paused = lack_of_space(workspace, self._limits.min_free_bytes) if waiting else ""
        if bool(paused) != bool(self.pause(workspace)):
            log.warning("%s: %s", workspace.name, paused or "no longer waiting for space")
        self._paused[workspace.name] = paused
        return waiting > 0 and not paused

    def _start(self, workspace: Workspace, job: Job) -> None:
        folder = workspace.job_dir(job.id)
        again = is_ordered(folder)
        started = job.started if again else datetime.now(UTC)
        job = self._change(
            workspace, job, status=JobStatus.RUNNING, message="starting", started=started
        )
        running = Running(workspace=workspace, job=job, folder=folder)
        self._running[job.id] = running
        try:
            if again:
                folder.status.unlink(missing_ok=True)
            else:
                running.folder = self._lay_out(workspace, job)
            self._launcher.start(running.folder)
        except (AdesError, OSError) as error:
            log.warning("%s: could not be started", job.id, exc_info=error)
            detail = error.detail if isinstance(error, AdesError) else str(error)
            message = f"The job could not be started: {detail}"
            self._finish(running, _ended(JobStatus.FAILED, message, job.progress))

    def _lay_out(self, workspace: Workspace, job: Job) -> JobDir:
        """Make the job directory, with everything the worker needs."""
        folder = workspace.make_job_dir(job.id)
        source = workspace.package_folder(job.process.digest, job.process.id)
        shutil.copytree(source / "package", folder.package)
        earlier = job.request.continues
        folder.write_plan(
            WorkOrder(
                job_id=job.id,
                process=job.process,
                plan=self._runner(job.process.runner).plan(job.process, folder, self._site),
                inputs=job.request.inputs,
                fetch=self._fetch,
                results_folder=workspace.results_location,
                s3=workspace.s3,
                cache_folder=str(workspace.cache),
                cache_bytes=self._limits.cache_bytes,
                max_items=self._limits.max_items,
                chained=chained(job.request.inputs, workspace),
                cores=self._site.cores,
                keep_scratch=self._limits.keep_scratch,
                keep_steps=keeps_steps(job.process, self._limits),
                continues=str(workspace.job_dir(earlier).root) if earlier else "",
                created=job.created,
            )
        )
        return folder

    def _change(self, workspace: Workspace, job: Job, **changes: Any) -> Job:
        job = workspace.store.change_job(job.id, updated=datetime.now(UTC), **changes)
        self._announce(workspace, job)
        if job.status.final:
            workspace.release(job.process)
        return job

    # asked by the service

    def check(self, process: Process) -> None:
        """Raise an AdesError when a process cannot run here, as far as its runner can tell."""
        refuse = getattr(self._runner(process.runner), "check", None)
        if refuse is not None:
            refuse(process, self._site)

    def stage_out_again(self, workspace: Workspace, job: Job) -> Job:
        """Let a failed job wait for its stage-out alone; NothingToDeliver when it has none."""
        order_stage_out(workspace, job, self._fetch)
        return self._change(
            workspace,
            job,
            status=JobStatus.ACCEPTED,
            message="waits for its stage-out",
            finished=None,
        )

    def dismiss(self, workspace: Workspace, job: Job) -> Job:
        """End a waiting job at once; ask a running one to end, which later ticks see through."""
        if job.status is JobStatus.ACCEPTED:
            return self._change(
                workspace,
                job,
                status=JobStatus.DISMISSED,
                message="dismissed before it started",
                finished=datetime.now(UTC),
            )
        return self._change(workspace, job, dismissing=True, message="dismissing")


def _ended(status: JobStatus, message: str, progress: int) -> WorkerStatus:
    return WorkerStatus(
        status=status, message=message, progress=progress, updated=datetime.now(UTC)
    )
