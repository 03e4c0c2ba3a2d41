"""Carries accepted jobs to a final state: the loop's one tick, and what the service asks."""

from __future__ import annotations

import logging
from collections.abc import Callable, MutableSequence
from contextlib import suppress

from jupyter_ades.core.adoption import adopt_running, dismiss_waiting
from jupyter_ades.core.ends import Ends
from jupyter_ades.core.launcher import Launcher
from jupyter_ades.core.limits import Limits
from jupyter_ades.core.queue import Queue
from jupyter_ades.core.recording import Announce, Recorder
from jupyter_ades.core.resuming import order_stage_out
from jupyter_ades.core.starting import Starter
from jupyter_ades.core.watching import Watch
from jupyter_ades.core.workspace import Workspace
from jupyter_ades.errors import Overtaken, StorageFull
from jupyter_ades.model import FetchPolicy, Job, JobStatus, Process
from jupyter_ades.runners.base import Runner, Site
from jupyter_ades.runners.choosing import choose, elsewhere

log = logging.getLogger(__name__)


class Dispatcher:
    """Reads back what runs and starts what waits. Used from the core's one thread."""

    def __init__(
        self,
        workspaces: MutableSequence[Workspace],
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
        self._site = site
        self._recorder = Recorder(announce)
        self._watch = Watch(launcher, self._recorder, limits)
        self._queue = Queue(workspaces, limits, self._watch, self._is_elsewhere)
        self._starter = Starter(
            launcher=launcher,
            runner=runner,
            fetch=fetch,
            limits=limits,
            site=site,
            recorder=self._recorder,
            watch=self._watch,
        )

    @property
    def busy(self) -> bool:
        """Whether a job is waiting or running, so that another tick has something to do."""
        return bool(len(self._watch) or self._queue)

    @property
    def ends(self) -> Ends:
        """What tells an event loop that a worker has ended."""
        return self._watch.ends

    @property
    def running(self) -> int:
        """Jobs that run now."""
        return len(self._watch)

    def pause(self, workspace: Workspace) -> str:
        """Why no job of a workspace starts now; empty when jobs start."""
        return self._queue.pause(workspace)

    def held_up(self, workspace: Workspace) -> bool:
        """Whether a new job of a workspace cannot start before something else changes."""
        return self._queue.full or bool(self.pause(workspace))

    def why(self, workspace: Workspace, job: Job) -> str:
        """Why a waiting job does not start now; empty when it is just in the queue."""
        return self._queue.why(workspace, job)

    def adopt(self) -> None:
        """Take over what an earlier server left: record ends, keep the living, settle the lost."""
        for workspace in self._workspaces:
            self._adopt(workspace)
            for job in workspace.store.unlisted():
                # Who waited for it is gone with the server that it asked.
                self.dismiss(workspace, job)

    def take_over(self, workspace: Workspace) -> None:
        """Dispatch a workspace from now on, as the server that did has ended."""
        self._adopt(workspace)
        self._workspaces.append(workspace)

    def _adopt(self, workspace: Workspace) -> None:
        workspace.finish_removals()
        workspace.keep_all_deployed()
        adopt_running(workspace, self._launcher, self._recorder, self._watch)

    def tick(self) -> None:
        """Read back what runs, then start what waits."""
        for workspace in self._workspaces:
            self._watch.hear_dismissals(workspace)
        self._watch.read_back()
        try:
            for workspace, job in self._queue.next_jobs():
                self._starter.start(workspace, job)
        except StorageFull:
            log.warning("No space left to start jobs; they wait")

    def _is_elsewhere(self, job: Job) -> bool:
        """Whether a job's steps run on other machines; not, when its runner is gone from here."""
        try:
            return elsewhere(self._runner(job.request.runner or job.process.runner), self._site)
        except Exception:
            # Its start tells why; one job must not stop the queue.
            return False

    # asked by the service

    def check(self, process: Process, wanted: str = "") -> str:
        """The name of the runner for a job, ``wanted`` being what its request says of it.

        Raises an AdesError when the process cannot run here, as far as its runner can tell.
        """
        return choose(process, wanted, self._site, self._runner).name

    def stage_out_again(self, workspace: Workspace, job: Job) -> Job:
        """Let a failed job wait for its stage-out alone; NothingToDeliver when it has none."""
        order_stage_out(workspace, job, self._fetch)
        return self._recorder.decide(
            workspace,
            job,
            status=JobStatus.ACCEPTED,
            message="waits for its stage-out",
            finished=None,
        )

    def dismiss(self, workspace: Workspace, job: Job) -> Job:
        """End a waiting job at once; ask a running one to end, which later ticks see through."""
        if job.status is JobStatus.ACCEPTED:
            with suppress(Overtaken):
                return dismiss_waiting(workspace, job, self._recorder)
            # The server that dispatches has just started it.
            job = workspace.store.job(job.id)
        return self._recorder.decide(workspace, job, dismissing=True, message="dismissing")
