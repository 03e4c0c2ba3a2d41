"""What a start takes over from an earlier server."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from jupyter_ades.core.launcher import Launcher
from jupyter_ades.core.recording import Recorder
from jupyter_ades.core.watching import Watch
from jupyter_ades.core.workspace import Workspace
from jupyter_ades.errors import UnreadableRecord
from jupyter_ades.model import Job, JobStatus

log = logging.getLogger(__name__)


def adopt_running(
    workspace: Workspace, launcher: Launcher, recorder: Recorder, watch: Watch
) -> None:
    """Watch every job that was running: the next look tells whether it still does, or how it ended.

    One that never began waits again.
    """
    for job in workspace.store.open_jobs(JobStatus.RUNNING):
        if _began(workspace, job, launcher):
            log.info("%s: adopted", job.id)
            watch.begin(workspace, job)
        else:
            _let_wait(workspace, job, recorder)


def _let_wait(workspace: Workspace, job: Job, recorder: Recorder) -> None:
    log.info("%s: never began to run, waits again", job.id)
    job = recorder.change(workspace, job, status=JobStatus.ACCEPTED, message="accepted")
    if job.dismissing:
        dismiss_waiting(workspace, job, recorder)


def dismiss_waiting(workspace: Workspace, job: Job, recorder: Recorder) -> Job:
    """End a job that has not started."""
    return recorder.change(
        workspace,
        job,
        status=JobStatus.DISMISSED,
        message="dismissed before it started",
        dismissing=False,
        finished=datetime.now(UTC),
    )


def _began(workspace: Workspace, job: Job, launcher: Launcher) -> bool:
    """Whether a job began to run; one that did not has nothing left that could begin."""
    folder = workspace.job_dir(job.id)
    try:
        if folder.read_status() is not None or launcher.alive(folder):
            return True
        # It may be about to: two workers must never be on one job.
        launcher.kill(folder)
    except UnreadableRecord:
        return True
    except Exception:
        # One job must not keep the others from being adopted; the watch settles it.
        log.exception("%s: whether it began to run cannot be seen", job.id)
        return True
    return False
