"""Reads running jobs back: what their workers say, and those that were lost or dismissed."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from jupyter_ades.core.ends import Ends
from jupyter_ades.core.handing_over import give_to_another
from jupyter_ades.core.launcher import Launcher
from jupyter_ades.core.limits import Limits
from jupyter_ades.core.recording import Recorder, ended
from jupyter_ades.core.resuming import may_resume, order_resumption, runs_on
from jupyter_ades.core.space import storage_errors
from jupyter_ades.core.telling import as_told
from jupyter_ades.core.workspace import Workspace
from jupyter_ades.errors import (
    NoSuchJob,
    Overtaken,
    StorageFull,
    Unavailable,
    UnreadableRecord,
    in_words,
)
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import Job, JobStatus
from jupyter_ades.orders import WorkerStatus

log = logging.getLogger(__name__)

#: Seconds that a worker has, beyond its plan's grace, to end after it was asked to.
PATIENCE = 5.0
#: Workers that take up a job, one after the other, which runs on in a cluster.
TAKERS = 5
LOST = (
    "The worker was lost: it ended without a word (out of memory, a restart of the machine, or"
    " killed from outside). The log has its last lines; run the job again with a rerun."
)
TROUBLE = "The job was ended, as the service cannot see how it is: "


@dataclass(kw_only=True)
class Running:
    """What is remembered of a running job between two ticks."""

    workspace: Workspace
    job: Job
    folder: JobDir
    #: Modification time of the status that was read last, in ns.
    seen: int = 0
    #: Whether its worker's end will be heard.
    heard: bool = False
    #: Monotonic time after which a dismissed job's processes are killed.
    deadline: float | None = None
    #: Monotonic time until which it is tried again what has failed with it; None when nothing has.
    patience: float | None = None
    #: How the job ended, from when that is known until it is recorded.
    ended: WorkerStatus | None = None
    #: How many workers have taken it up.
    takers: int = 0


class Watch:
    """The running jobs, each until its end is recorded."""

    def __init__(self, launcher: Launcher, recorder: Recorder, limits: Limits) -> None:
        self._launcher = launcher
        self._recorder = recorder
        self._limits = limits
        self._running: dict[str, Running] = {}
        #: Tells an event loop that a worker has ended.
        self.ends = Ends()

    def __len__(self) -> int:
        return len(self._running)

    def __iter__(self) -> Iterator[Running]:
        return iter(self._running.values())

    def begin(self, workspace: Workspace, job: Job) -> Running:
        """Watch a job that runs from now on, or ran before this server started."""
        running = Running(workspace=workspace, job=job, folder=workspace.job_dir(job.id))
        self._running[job.id] = running
        return running

    def hear_dismissals(self, workspace: Workspace) -> None:
        """Dismissals are read from the store: another server on the workspace may take them."""
        for job_id in workspace.store.dismissing():
            if job_id in self._running:
                running = self._running[job_id]
                running.job = replace(running.job, dismissing=True)

    def read_back(self) -> None:
        """Record what every running job has come to; none keeps the others from it."""
        for running in list(self._running.values()):
            try:
                self._look_at(running)
                running.patience = None
            except Unavailable:
                # The store's trouble is everybody's.
                raise
            except Exception as error:
                self._bear(running, error)

    def _look_at(self, running: Running) -> None:
        try:
            with storage_errors():
                self._read_back(running)
        except StorageFull:
            self._make_room(running)
        except (NoSuchJob, Overtaken):
            log.warning("%s: is no longer this server's", running.job.id)
            del self._running[running.job.id]

    def _bear(self, running: Running, error: Exception) -> None:
        """Try again for a while, then end a job that cannot be looked at."""
        now = time.monotonic()
        if running.patience is None:
            log.error("%s: cannot be looked at; it is tried again", running.job.id, exc_info=error)
            running.patience = now + PATIENCE
        if now < running.patience or running.ended is not None:
            return
        log.error("%s: cannot be looked at and is ended", running.job.id, exc_info=error)
        state = JobStatus.DISMISSED if running.job.dismissing else JobStatus.FAILED
        # Recorded by the next look.
        running.ended = ended(state, TROUBLE + in_words(error), running.job.progress)
        with suppress(Exception):
            self._launcher.kill(running.folder)

    def _make_room(self, running: Running) -> None:
        """Give up the scratch of a job that has ended: its state, which has no room, matters more.

        The next tick records it.
        """
        log.warning("%s: no space left to record its state", running.job.id)
        if not self._launcher.alive(running.folder):
            running.folder.remove_scratch()

    def _read_back(self, running: Running) -> None:
        if running.ended is not None:
            self.finish(running, running.ended)
            return
        # Whether the worker lives is asked before its status is read: one that ended in between
        # has written its last status by then.
        alive = self._launcher.alive(running.folder)
        if alive:
            self.listen_for_end(running)
        status = self._news(running)
        if running.job.dismissing:
            self._see_dismissal(running, alive)
        elif status is not None and status.status.final:
            self.finish(running, status)
        elif not alive:
            self._settle_lost(running)
        elif status is not None:
            self._record_progress(running, status)

    def listen_for_end(self, running: Running) -> None:
        """Hear at once when the job's worker ends, if its process is known by now."""
        if running.heard:
            return
        pid = self._launcher.pid(running.folder)
        if pid is not None:
            running.heard = True
            self.ends.watch(pid)

    def _news(self, running: Running) -> WorkerStatus | None:
        """The worker's status when it changed since the last look, and can be read."""
        try:
            written = running.folder.status.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        if written == running.seen:
            return None
        running.seen = written
        try:
            return running.folder.read_status()
        except UnreadableRecord as error:
            # A living worker writes another; what else there is to it is told when it has ended.
            log.warning("%s: %s", running.job.id, error.detail)
            return None

    def _record_progress(self, running: Running, status: WorkerStatus) -> None:
        running.job = self._recorder.change(
            running.workspace, running.job, **as_told(running.job, status)
        )

    def _settle_lost(self, running: Running) -> None:
        """Record how a job ended whose worker is gone."""
        if self._take_up(running):
            return
        self._launcher.kill(running.folder)
        try:
            status = running.folder.read_status()
            if status is None or not status.status.final:
                status = self._lost(running, status)
        except UnreadableRecord as error:
            log.warning("%s: %s", running.job.id, error.detail)
            running.workspace.hide_partial_results(running.job.id)
            said = f"{LOST} {error.detail}"
            status = ended(JobStatus.FAILED, said, running.job.progress)
        if status is not None:
            self.finish(running, status)

    def _take_up(self, running: Running) -> bool:
        """Give a new worker to a job that runs on in a cluster; whether it does."""
        if running.takers >= TAKERS or not runs_on(running.folder):
            return False
        with suppress(UnreadableRecord):
            status = running.folder.read_status()
            if status is not None and status.status.final:
                return False
        log.warning("%s: its worker was lost and it runs on; a new one takes it up", running.job.id)
        self._launcher.bury(running.folder)
        give_to_another(running.folder)
        running.takers += 1
        running.heard = False
        self._launcher.start(running.folder)
        self.listen_for_end(running)
        return True

    def _lost(self, running: Running, last: WorkerStatus | None) -> WorkerStatus | None:
        """How a job ended that did not say; None when it is to run again."""
        running.workspace.hide_partial_results(running.job.id)
        results = running.folder.read_results()
        if results is not None and results.catalog:
            # All was delivered: only the last word is missing.
            return ended(JobStatus.SUCCESSFUL, "Done", 100)
        if may_resume(running.job, self._limits):
            self._resume(running)
            return None
        said = f" It last said: {last.message}" if last else ""
        return ended(JobStatus.FAILED, LOST + said, running.job.progress)

    def _resume(self, running: Running) -> None:
        job = running.job
        begin = order_resumption(running.folder)
        times = f"{job.resumes + 1} of at most {self._limits.max_resumes} times"
        log.warning("%s: its worker was lost; it runs again from %s, %s", job.id, begin, times)
        self._recorder.decide(
            running.workspace,
            job,
            status=JobStatus.ACCEPTED,
            message=f"its worker was lost; waits to run again ({times})",
            resumes=job.resumes + 1,
        )
        del self._running[job.id]

    def _see_dismissal(self, running: Running, alive: bool) -> None:
        """Ask once, insist after a while, record when nothing is left."""
        if alive and running.deadline is None:
            running.deadline = time.monotonic() + _grace(running.folder) + PATIENCE
            self._launcher.stop(running.folder)
        elif alive and running.deadline is not None and time.monotonic() > running.deadline:
            self._launcher.kill(running.folder)
        elif not alive:
            self._launcher.kill(running.folder)
            running.workspace.hide_results(running.job.id)
            self.finish(running, ended(JobStatus.DISMISSED, "dismissed", running.job.progress))

    def finish(self, running: Running, status: WorkerStatus) -> None:
        """Record how a job ended, and look at it no longer."""
        running.ended = status
        # The worker's own word stands in the directory already.
        own = _has_said(running.folder, status)
        record = self._recorder.change if own else self._recorder.decide
        record(running.workspace, running.job, **as_told(running.job, status))
        # Not before: an end that could not be recorded is tried again by the next tick.
        del self._running[running.job.id]


def _grace(folder: JobDir) -> float:
    """Seconds that a job's command has to end after it was asked to."""
    try:
        order = folder.read_plan()
    except UnreadableRecord:
        return 0.0
    return order.plan.grace if order else 0.0


def _has_said(folder: JobDir, status: WorkerStatus) -> bool:
    """Whether a worker's last word was this."""
    try:
        return folder.read_status() == status
    except (OSError, UnreadableRecord):
        return False
