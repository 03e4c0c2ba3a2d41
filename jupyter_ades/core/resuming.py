"""The stage-out of a failed job, to be run again alone."""

from __future__ import annotations

from dataclasses import replace

from jupyter_ades.core.workspace import Workspace
from jupyter_ades.errors import NothingToDeliver
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import Begin, FetchPolicy, Job, JobStatus


def order_stage_out(workspace: Workspace, job: Job, fetch: FetchPolicy) -> None:
    """Write into the job's plan that only its stage-out is to be run, to today's place.

    Raises NothingToDeliver when the job did not fail, or when its command did not end well.
    """
    folder = workspace.job_dir(job.id)
    if job.status is not JobStatus.FAILED:
        raise NothingToDeliver(f"Job {job.id} is {job.status}; only a failed one is staged out.")
    order = folder.read_plan()
    if order is None or folder.read_ran() is None:
        raise NothingToDeliver(
            f"Job {job.id} left nothing to deliver: its command did not end well, or what it"
            " computed was removed since. Rerun it from the start."
        )
    folder.write_plan(
        replace(
            order,
            begin=Begin.STAGE_OUT,
            results_folder=workspace.results_location,
            s3=workspace.s3,
            fetch=fetch,
        )
    )


def is_ordered(folder: JobDir) -> bool:
    """Whether a job that waits is to be staged out only."""
    order = folder.read_plan()
    return order is not None and order.begin is Begin.STAGE_OUT
