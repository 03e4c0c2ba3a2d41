"""What a worker's status makes of a job's record. Pure."""

from __future__ import annotations

from typing import Any

from jupyter_ades.model import Job
from jupyter_ades.orders import WorkerStatus


def as_told(job: Job, status: WorkerStatus) -> dict[str, Any]:
    """The fields of a job that follow from what its worker said.

    Times are the worker's, so that the same follows from the directory later. A clock that was set
    back while the job ran makes no job that ended before it started.
    """
    told = {"message": status.message, "progress": status.progress, "updated": status.updated}
    if not status.status.final:
        return told
    ended = status.finished or status.updated
    return {
        **told,
        "status": status.status,
        "dismissing": False,
        "finished": max(ended, job.started or ended),
        "job_bytes": status.job_bytes,
        "result_bytes": status.result_bytes,
    }
