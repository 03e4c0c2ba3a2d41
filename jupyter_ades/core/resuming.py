"""Jobs that are run again in their own directory: a stage-out alone, or what was interrupted."""

from __future__ import annotations

from dataclasses import replace

from jupyter_ades.core.handing_over import give_to_another
from jupyter_ades.core.limits import Limits
from jupyter_ades.core.workspace import Workspace
from jupyter_ades.errors import NothingToDeliver, UnreadableRecord
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import RESUME, Begin, FetchPolicy, Job, JobStatus
from jupyter_ades.references import policy_of
from jupyter_ades.system.leftovers import has_pods


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
    give_to_another(folder)
    folder.write_plan(
        replace(
            order,
            begin=Begin.STAGE_OUT,
            results_folder=workspace.results_location,
            s3=workspace.s3,
            fetch=policy_of(fetch, guest=job.request.guest),
        )
    )


def is_ordered(folder: JobDir) -> bool:
    """Whether a job that waits goes on in its directory, as the plan there says.

    A plan that cannot be read was one: else there would be none yet.
    """
    try:
        order = folder.read_plan()
    except UnreadableRecord:
        return True
    return order is not None and order.begin is not Begin.START


def may_resume(job: Job, limits: Limits) -> bool:
    """Whether a job whose worker was lost is run again: the package says, else the operator."""
    said = job.process.details.get(RESUME)
    wanted = limits.resume_interrupted if said is None else said is True
    return wanted and job.resumes < limits.max_resumes


def runs_on(folder: JobDir) -> bool:
    """Whether a job's command goes on in a cluster without its worker, so that one may take it up.

    Not when it has ended well: then it is to be delivered.
    """
    return has_pods(folder) and folder.staged.exists() and folder.read_ran() is None


def order_resumption(folder: JobDir) -> Begin:
    """Write into the plan where a job that was interrupted goes on; that it is.

    With what it computed, if its command had ended well; with its finished steps, if these are
    kept; else it is laid out anew.
    """
    give_to_another(folder)
    order = folder.read_plan()
    if order is None:
        return Begin.START
    begin = Begin.START
    if folder.read_ran() is not None:
        begin = Begin.STAGE_OUT
    elif order.keep_steps and folder.has_steps:
        begin = Begin.UNFINISHED_STEPS
    continues = str(folder.root) if begin is Begin.UNFINISHED_STEPS else order.continues
    resumes = order.resumes + 1
    folder.write_plan(replace(order, begin=begin, continues=continues, resumes=resumes))
    return begin
