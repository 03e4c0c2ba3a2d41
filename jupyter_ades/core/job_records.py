"""How a workspace's jobs stand, and what they left: status, results, log, files."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from jupyter_ades.core.catalogue import Catalogue
from jupyter_ades.core.dispatcher import Dispatcher
from jupyter_ades.core.limits import Limits
from jupyter_ades.core.store_jobs import Cursor, JobFilter, cut
from jupyter_ades.core.workspace import Workspace
from jupyter_ades.costs import Statistics
from jupyter_ades.errors import (
    JobDismissed,
    JobFailed,
    NoSuchFile,
    NoSuchJob,
    ResultNotReady,
)
from jupyter_ades.jobdir import JobDir, read_record
from jupyter_ades.model import Job, JobStatus
from jupyter_ades.orders import Results
from jupyter_ades.runners.cwltool import environments
from jupyter_ades.s3.address import S3Address, read_address

_JOB_ID = re.compile(r"[0-9a-f-]{36}")


@dataclass(frozen=True, kw_only=True)
class JobPage:
    """One page of a job list."""

    jobs: tuple[Job, ...]
    #: How many jobs the filter selects in all.
    total: int
    #: Number to ask the page of older jobs with (``before``); None when there are none.
    older: int | None = None
    #: Number to ask the page of newer jobs with (``after``); None when there are none.
    newer: int | None = None


class JobRecords(Catalogue):
    """What a workspace's jobs can be asked. Used from the core's one thread."""

    def __init__(self, workspace: Workspace, dispatcher: Dispatcher, limits: Limits) -> None:
        super().__init__(workspace, limits)
        self._dispatcher = dispatcher

    def jobs(
        self,
        selection: JobFilter,
        *,
        limit: int,
        cursor: Cursor = Cursor(),  # noqa: B008 (frozen)
    ) -> JobPage:
        """A page of jobs, newest first."""
        found = self._store.jobs(selection, limit=limit + 1, cursor=cursor)
        page, older, newer = cut(found, limit, cursor)
        return JobPage(
            jobs=tuple(self._told(job) for _, job in page),
            total=self._store.count_jobs(selection),
            older=older,
            newer=newer,
        )

    def job(self, job_id: str) -> Job:
        """A job as it stands; NoSuchJob when there is none, or none that lists show."""
        job = self._store.job(job_id)
        if job.unlisted:
            raise NoSuchJob(f"There is no job '{job_id}'.")
        return self._told(job)

    def any_job(self, job_id: str) -> Job:
        """A job as it stands, listed or not."""
        return self._told(self._store.job(job_id))

    def _told(self, job: Job) -> Job:
        """A waiting job with the reason that no job starts now, if there is one."""
        if job.status is not JobStatus.ACCEPTED:
            return job
        return replace(job, message=self._dispatcher.why(self.workspace, job) or job.message)

    def results(self, job_id: str, *, unlisted: bool = False) -> tuple[Job, Results]:
        """A successful job's results; for others the reason that there are none is raised."""
        job = self.any_job(job_id) if unlisted else self.job(job_id)
        if not job.status.final:
            raise ResultNotReady(f"Job {job.id} is {job.status}: {job.message} ({job.progress} %).")
        if job.status is JobStatus.DISMISSED:
            raise JobDismissed(f"Job {job.id} was dismissed, so there are no results.")
        if job.status is JobStatus.FAILED:
            raise JobFailed(job.message)
        results = self.job_dir(job).read_results()
        if results is None:
            raise NoSuchFile(f"The results of job {job.id} were removed.")
        return job, results

    def left(self, job_id: str) -> tuple[Job, Results | None]:
        """A job and what it left so far, however it ended."""
        job = self.job(job_id)
        return job, self.job_dir(job).read_results()

    def statistics(self, job_id: str) -> Statistics:
        """What a job cost; nothing yet before it has ended."""
        folder = self.job_dir(self.job(job_id))
        return read_record(folder.statistics, Statistics) or Statistics()

    def environments(self, job: Job) -> dict[str, str]:
        """The environments that stood in for images in a job, by image."""
        order = self.job_dir(job).read_plan()
        return environments(order.plan) if order else {}

    def job_dir(self, job: Job) -> JobDir:
        """The job's directory; it exists once the job has started."""
        return self.workspace.job_dir(job.id)

    def log(self, job_id: str) -> Path:
        """The file of a job's log; it may not exist yet."""
        return self.job_dir(self.job(job_id)).log

    def quicklook(self, job_id: str) -> Path:
        """A PNG of the results; NoSuchFile when there is none, with the reason."""
        job, _ = self.results(job_id)
        picture = self.job_dir(job).quicklook
        if not picture.is_file():
            raise NoSuchFile(
                f"Job {job.id} has no quicklook: none of its outputs is a raster or a picture that"
                " could be drawn."
            )
        return picture

    def file(self, job_id: str, path: str) -> Path | S3Address:
        """A delivered file or folder; NoSuchFile for everything outside ``wf-<job id>``.

        Of results in a bucket the address, whether or not something is there.
        """
        delivered = self.workspace.delivered(job_id)
        if not (_JOB_ID.fullmatch(job_id) and delivered.is_dir()):
            # Else it may be of a job that is no longer kept: its results are.
            location = self._bucket_of(job_id)
            if location:
                return self._object(job_id, location, path)
        return _inside(delivered, job_id, path)

    def finder(self, job: Job, results: Results) -> Callable[[str], Path | S3Address]:
        """What finds a job's delivered files, on any thread, as :meth:`file` does."""

        def find(path: str) -> Path | S3Address:
            if results.location:
                return self._object(job.id, results.location, path)
            return _inside(self.workspace.delivered(job.id, known=True), job.id, path)

        return find

    def _bucket_of(self, job_id: str) -> str:
        """The bucket of a job's results, if any; NoSuchJob when nothing is known of the job."""
        bucket = self.workspace.bucket
        try:
            results = self.job_dir(self.any_job(job_id)).read_results()
        except NoSuchJob:
            if bucket is None or not _JOB_ID.fullmatch(job_id):
                raise
            return bucket.location
        return results.location if results else ""

    def _object(self, job_id: str, location: str, path: str) -> S3Address:
        steps = path.split("/")
        if steps[0] != f"wf-{job_id}" or not {"..", "."}.isdisjoint(steps):
            raise NoSuchFile(f"Job {job_id} has no file '{path}'.")
        return read_address(f"{location}/").below(path)


def _inside(delivered: Path, job_id: str, path: str) -> Path:
    """A file of what was delivered, by its path from the folder above that."""
    top, wanted = delivered.resolve(), (delivered.parent / path).resolve()
    if not (wanted == top or top in wanted.parents) or not wanted.exists():
        raise NoSuchFile(f"Job {job_id} has no file '{path}'.")
    return wanted
