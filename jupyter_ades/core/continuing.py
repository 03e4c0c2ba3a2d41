"""Which jobs can go on where they failed."""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_ades.core.limits import Limits
from jupyter_ades.errors import NothingToContinue
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import JSON, REUSABLE_STEPS, Job, JobStatus, Process

#: The runner that keeps what it has done by itself.
TOIL = "toil"


def keeps_steps(process: Process, limits: Limits, *, anyway: bool) -> bool:
    """Whether finished steps of a process's jobs are kept.

    The package or the operator says it, but for a runner that has them in the job's directory
    ``anyway``.
    """
    if anyway:
        return True
    return process.kind == "cwl" and bool(process.details.get(REUSABLE_STEPS) or limits.reuse_steps)


def check_continuing(job: Job, folder: JobDir, changes: Mapping[str, JSON]) -> None:
    """Raise NothingToContinue, with the reason, for a job that has no finished steps to use."""
    if changes:
        reason = "other inputs make other steps; rerun it from the start"
    elif job.status not in (JobStatus.FAILED, JobStatus.DISMISSED):
        reason = f"it is {job.status}; only one that failed or was dismissed goes on"
    elif job.process.kind != "cwl" and job.request.runner != TOIL:
        reason = "a notebook is always run from its start"
    elif not folder.has_steps and job.request.runner == TOIL:
        reason = (
            "none of its steps had begun, another job went on with them already, or they were in a"
            " job store elsewhere (c.ADES.toil_options), which is kept where the package says that"
            " they may be used again (hints: WorkReuse: {enableReuse: true}), or c.ADES.reuse_steps"
        )
    elif not folder.has_steps:
        reason = (
            "its finished steps were not kept: the package must say that they may be used again"
            " (hints: WorkReuse: {enableReuse: true}), or c.ADES.reuse_steps, before it runs"
        )
    else:
        return
    raise NothingToContinue(f"Job {job.id} cannot go on from its unfinished steps: {reason}.")
