"""The job store of a run of Toil's: taken over or new, in the job's directory or elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jupyter_ades.jobdir import JobDir, write_atomic
from jupyter_ades.orders import WorkOrder
from jupyter_ades.runners.toil import for_try
from jupyter_ades.system.leftovers import toil_done, toil_store

#: In what a job keeps: Toil's job store, and beside it the names of the steps that are done.
STORE, DONE = "store", "done"
#: In a job store, which job of Toil's is the first one.
ROOT_JOB = "rootJobStoreID"


@dataclass(frozen=True, kw_only=True)
class JobStore:
    """The job store of a job's run."""

    job: JobDir
    #: As ``--jobStore`` has it.
    locator: str
    #: Whether a run stands in it, which is gone on with.
    begun: bool = False

    @property
    def inside(self) -> bool:
        """Whether it lies in the job's own directory."""
        return self.locator == _inside(self.job)

    @property
    def done(self) -> Path:
        """The file of the steps that are done in it, which is of use for as long as it is."""
        return self.job.kept / DONE if self.inside else toil_done(self.job)

    def note(self) -> None:
        """Say where it is, before there is one elsewhere: nobody else knows of it."""
        if not self.inside:
            self.job.kept_elsewhere.mkdir(exist_ok=True)
            write_atomic(toil_store(self.job), self.locator.encode())


def find_store(order: WorkOrder, job: JobDir, options: Sequence[str]) -> JobStore:
    """The store of the run that a job goes on with, made its own; else one for a run of its own.

    What names the store moves in one go, so that of two jobs one gets it. Raises OSError when it is
    not there.
    """
    earlier = JobDir(Path(order.continues)) if order.continues else job
    if earlier.root != job.root and toil_store(earlier).exists():
        job.batch.mkdir(exist_ok=True)
        earlier.kept_elsewhere.rename(job.kept_elsewhere)
    elif earlier.root != job.root:
        shutil.move(earlier.kept, job.kept)
        _relink(earlier, job)
    job.kept.mkdir(exist_ok=True)
    if toil_store(job).exists():
        return JobStore(job=job, locator=toil_store(job).read_text("utf-8"), begun=True)
    store = job.kept / STORE
    if (store / "shared" / ROOT_JOB).exists():
        return JobStore(job=job, locator=_inside(job), begun=True)
    if store.exists():
        # Of a run that ended before its first step: nothing can be gone on with.
        shutil.rmtree(store)
    return JobStore(job=job, locator=for_try(options, order.resumes) or _inside(job))


def _inside(job: JobDir) -> str:
    """The job store in a job's own directory."""
    return str(job.kept / STORE)


def _relink(earlier: JobDir, job: JobDir) -> None:
    """Let what the store links to, inputs and the package's files, be this job's own."""
    for path in filter(Path.is_symlink, job.kept.rglob("*")):
        target = path.readlink()
        for theirs, ours in ((earlier.scratch, job.scratch), (earlier.root, job.root)):
            if target.is_relative_to(theirs):
                path.unlink()
                path.symlink_to(ours / target.relative_to(theirs))
                break
