"""Starts a job: lays out its directory, with everything the worker needs, and launches it."""

from __future__ import annotations

import logging
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from jupyter_ades.core.chaining import chained
from jupyter_ades.core.continuing import keeps_steps
from jupyter_ades.core.handing_over import without_worker
from jupyter_ades.core.launcher import Launcher
from jupyter_ades.core.limits import Limits
from jupyter_ades.core.needs import needs
from jupyter_ades.core.recording import Recorder, ended
from jupyter_ades.core.resuming import is_ordered
from jupyter_ades.core.watching import Watch
from jupyter_ades.core.workspace import Workspace
from jupyter_ades.errors import Overtaken, in_words
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import FetchPolicy, Job, JobStatus
from jupyter_ades.orders import WorkOrder
from jupyter_ades.references import policy_of
from jupyter_ades.runners.base import Runner, Site
from jupyter_ades.runners.choosing import keeps_anyway

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Starter:
    """Starts the jobs of all workspaces, with what the server's traits say of every job."""

    launcher: Launcher
    runner: Callable[[str], Runner]
    fetch: FetchPolicy
    limits: Limits
    site: Site
    recorder: Recorder
    watch: Watch

    def start(self, workspace: Workspace, job: Job) -> None:
        """Start a waiting job; one that cannot be is recorded as failed, with the reason."""
        again = is_ordered(workspace.job_dir(job.id))
        started = job.started if again else max(datetime.now(UTC), job.created)
        try:
            job = self.recorder.change(
                workspace, job, status=JobStatus.RUNNING, message="starting", started=started
            )
        except Overtaken:
            log.info("%s: was dismissed by another server", job.id)
            return
        running = self.watch.begin(workspace, job)
        try:
            if again:
                # One that cannot be read is refused here, with the reason.
                running.folder.read_plan()
                with without_worker(running.folder):
                    running.folder.status.unlink(missing_ok=True)
                workspace.keep_record(job.id)
            else:
                running.folder = self._lay_out(workspace, job)
            self.launcher.start(running.folder, self._document(workspace, job))
            self.watch.listen_for_end(running)
        except Overtaken as overtaken:
            log.info("%s: adopted late: %s", job.id, overtaken.detail)
        except Exception as error:
            # Whatever it is, it must not keep other jobs from being started.
            log.warning("%s: could not be started", job.id, exc_info=error)
            message = f"The job could not be started: {in_words(error)}"
            self.watch.finish(running, ended(JobStatus.FAILED, message, job.progress))

    def _document(self, workspace: Workspace, job: Job) -> str:
        """What a fork server may read once for all jobs of the job's package; empty for nothing."""
        runner = self.runner(job.request.runner or job.process.runner)
        asked = getattr(runner, "document", None)
        folder = workspace.package_folder(job.process.digest, job.process.id)
        return str(asked(job.process, folder / "package")) if asked else ""

    def _lay_out(self, workspace: Workspace, job: Job) -> JobDir:
        """Make the job directory, with everything the worker needs."""
        folder = workspace.make_job_dir(job.id)
        workspace.keep_record(job.id)
        source = workspace.package_folder(job.process.digest, job.process.id)
        shutil.copytree(source / "package", folder.package)
        earlier = job.request.continues
        # Jobs of before there was a choice have the process's.
        runner = self.runner(job.request.runner or job.process.runner)
        resources = needs(job.process, self.limits)
        folder.write_plan(
            WorkOrder(
                job_id=job.id,
                process=job.process,
                plan=runner.plan(job.process, folder, self.site),
                inputs=job.request.inputs,
                fetch=policy_of(self.fetch, guest=job.request.guest),
                results_folder=workspace.results_location,
                s3=workspace.s3,
                cache_folder=str(workspace.cache),
                cache_bytes=self.limits.cache_bytes,
                max_items=self.limits.max_items,
                chained=chained(job.request.inputs, workspace),
                cores=max(self.limits.job_cores, math.floor(resources.cores)),
                resources=resources,
                drop_environment=tuple(self.limits.drop_environment),
                job_environment=dict(self.limits.job_environment),
                keep_scratch=self.limits.keep_scratch,
                expression_seconds=self.limits.expression_seconds,
                expression_bytes=self.limits.expression_bytes,
                keep_steps=keeps_steps(
                    job.process, self.limits, anyway=keeps_anyway(runner, self.site)
                ),
                continues=str(workspace.job_dir(earlier).root) if earlier else "",
                created=job.created,
                bell=str(workspace.bell.path),
                resumes=job.resumes,
            )
        )
        return folder
