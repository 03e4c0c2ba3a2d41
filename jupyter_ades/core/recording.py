"""How a job changes: in the store first, then for everybody who listens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from jupyter_ades.core.workspace import Workspace
from jupyter_ades.model import Job, JobStatus
from jupyter_ades.orders import WorkerStatus

Announce = Callable[[Workspace, Job], None]


class Recorder:
    """Records changes of jobs, durably, and announces each."""

    def __init__(self, announce: Announce) -> None:
        self._announce = announce

    def change(self, workspace: Workspace, job: Job, **changes: Any) -> Job:
        """Change columns of a job and give it as it is then.

        Overtaken when another server has taken it from the state that it was seen in.
        """
        changes = {"updated": datetime.now(UTC), **changes}
        job = workspace.store.change_job(job.id, seen=job.status, **changes)
        workspace.store.afterwards(lambda: self._announce(workspace, job))
        if job.status.final:
            workspace.release(job.process)
        return job

    def decide(self, workspace: Workspace, job: Job, **changes: Any) -> Job:
        """Change a job by the server's own word, which is kept in the job's directory, too."""
        job = self.change(workspace, job, **changes)
        workspace.store.afterwards(lambda: workspace.keep_record(job.id))
        return job


def ended(status: JobStatus, message: str, progress: int) -> WorkerStatus:
    """The last word on a job whose worker said none."""
    return WorkerStatus(
        status=status, message=message, progress=progress, updated=datetime.now(UTC)
    )
