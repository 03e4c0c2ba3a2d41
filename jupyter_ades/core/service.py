"""What a workspace can be asked: the one road from every dialect to the store and the jobs."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from jupyter_ades.core.catalogue import Catalogue
from jupyter_ades.core.chaining import OwnJobs, problems_of
from jupyter_ades.core.continuing import check_continuing
from jupyter_ades.core.dispatcher import Dispatcher
from jupyter_ades.core.guests import check_guest, check_guest_changes
from jupyter_ades.core.inputs import check
from jupyter_ades.core.limits import Limits
from jupyter_ades.core.needs import process_rule, workspace_rule
from jupyter_ades.core.repeating import executed_by, made_by
from jupyter_ades.core.space import free_bytes
from jupyter_ades.core.store_jobs import Cursor, JobFilter, cut
from jupyter_ades.core.store_tidings import Outbox
from jupyter_ades.core.subscribers import check_subscriber
from jupyter_ades.core.workspace import Workspace
from jupyter_ades.costs import Statistics
from jupyter_ades.errors import (
    InvalidInputs,
    JobDismissed,
    JobFailed,
    NoSuchFile,
    NoSuchJob,
    NothingToContinue,
    ResultNotReady,
    TooManyJobs,
)
from jupyter_ades.jobdir import JobDir, read_record
from jupyter_ades.model import (
    JSON,
    ExecuteRequest,
    FetchPolicy,
    Job,
    JobStatus,
    Process,
    Results,
    plain_inputs,
)
from jupyter_ades.references import policy_of
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


class Service(Catalogue):
    """One workspace's processes and jobs. Used from the core's one thread; knows no HTTP."""

    def __init__(
        self, workspace: Workspace, dispatcher: Dispatcher, *, fetch: FetchPolicy, limits: Limits
    ) -> None:
        super().__init__(workspace, limits)
        self._dispatcher = dispatcher
        self._fetch = fetch

    # jobs

    def execute(
        self,
        process_id: str,
        request: ExecuteRequest,
        *,
        idempotency_key: str | None = None,
        body_digest: str = "",
        unlisted: bool = False,
        own: OwnJobs = OwnJobs(),  # noqa: B008 (frozen)
    ) -> tuple[Job, bool]:
        """Accept a job; the job and whether it is new (not found by its key)."""
        earlier = made_by(self._store, idempotency_key, body_digest)
        if earlier is not None:
            return earlier, False
        self._check_room()
        process = self.process(process_id)
        checked = self.check(process, request, own)
        now = datetime.now(UTC)
        job = Job(
            id=str(uuid.uuid4()),
            process_id=process.id,
            process=process,
            request=checked,
            unlisted=unlisted,
            created=now,
            updated=now,
        )
        new = self._store.add_job(
            job,
            idempotency_key=idempotency_key,
            body_digest=body_digest,
            priority=request.priority + (process_rule(process, self._limits).priority or 0),
        )
        # Another server on this workspace may just have taken the key.
        quicker = None if new else made_by(self._store, idempotency_key, body_digest)
        return quicker or job, new

    def executed(self, process_id: str, idempotency_key: str | None, body: bytes) -> Job | None:
        """The job that the same request made before; IdempotencyConflict when it was another."""
        return executed_by(self._store, idempotency_key, process_id, body)

    def check(
        self,
        process: Process,
        request: ExecuteRequest,
        own: OwnJobs = OwnJobs(),  # noqa: B008 (frozen)
    ) -> ExecuteRequest:
        """The request as the worker gets it; an AdesError, with every problem, if it cannot be.

        ``own`` is how the client spells jobs of this workspace, whose results may be inputs.
        """
        check_guest(process, request)
        fetch = policy_of(self._fetch, guest=request.guest)
        inputs = check(process, request.inputs, fetch, self._limits, own)
        problems = tuple(problems_of(inputs, self.workspace))
        if problems:
            raise InvalidInputs(f"{problems[0].path}: {problems[0].detail}", problems)
        check_subscriber(request.subscriber, fetch)
        return replace(
            request, inputs=inputs, runner=self._dispatcher.check(process, request.runner)
        )

    def rerun(
        self,
        job_id: str,
        changes: Mapping[str, JSON],
        *,
        unfinished: bool = False,
        runner: str = "",
        guest: bool = False,
        idempotency_key: str | None = None,
        body_digest: str = "",
    ) -> Job:
        """A new job like an earlier one, of the process as it is deployed now.

        ``changes`` replace inputs; None takes one away. ``unfinished`` uses the steps that the
        earlier one finished; NothingToContinue when there are none. ``runner`` carries it in the
        place of the earlier one's. ``guest`` says that who asks may only execute.
        """
        made = made_by(self._store, idempotency_key, body_digest)
        if made is not None:
            return made
        earlier = self.job(job_id)
        if unfinished and runner not in ("", earlier.request.runner):
            raise NothingToContinue(
                f"Job {earlier.id} was run by {earlier.request.runner}, which alone can go on with"
                " its steps; rerun it from the start."
            )
        if unfinished:
            check_continuing(earlier, self.job_dir(earlier), changes)
        if guest:
            check_guest_changes(earlier, self.process(earlier.process_id), changes)
        inputs = {**plain_inputs(earlier.request.inputs), **changes}
        kept = {name: value for name, value in inputs.items() if value is not None}
        request = replace(
            earlier.request,
            inputs=kept,
            continues=earlier.id if unfinished else "",
            # What a guest does not choose is as the service would have it.
            runner=runner or ("" if guest else earlier.request.runner),
            priority=0 if guest else earlier.request.priority,
            guest=guest or earlier.request.guest,
        )
        job, _ = self.execute(
            earlier.process_id, request, idempotency_key=idempotency_key, body_digest=body_digest
        )
        return job

    def stage_out_again(self, job_id: str) -> Job:
        """The same failed job, waiting for its stage-out alone; NothingToDeliver when it cannot."""
        return self._dispatcher.stage_out_again(self.workspace, self.job(job_id))

    def pin(self, job_id: str, pinned: bool) -> Job:
        """Keep a job from every clean-up, or no longer."""
        job = self._store.change_job(self.job(job_id).id, pinned=pinned)
        self._store.afterwards(lambda: self.workspace.keep_record(job.id))
        return job

    def _check_room(self) -> None:
        counts = self._store.counts()
        opened = counts.get(JobStatus.ACCEPTED, 0) + counts.get(JobStatus.RUNNING, 0)
        most = workspace_rule(self.workspace.name, self._limits).open
        if opened >= (most or self._limits.max_open_jobs):
            raise TooManyJobs(
                f"{opened} jobs are accepted or running, the most that this workspace may have;"
                " wait for some to end or dismiss some."
            )

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

    def dismiss(self, job_id: str) -> Job:
        """Ask an open job to end, or remove a finished one with its files.

        A running job is given as ``dismissing``; it is dismissed when its processes are gone.
        """
        return self._dismiss(self.job(job_id))

    def _dismiss(self, job: Job) -> Job:
        if not job.status.final:
            return self._dispatcher.dismiss(self.workspace, job)
        self.workspace.forget(job, results=True)
        return replace(job, status=JobStatus.DISMISSED, message="removed")

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

    @property
    def outbox(self) -> Outbox:
        """What subscribers are still to be told."""
        return self._store

    # jobs that no list shows

    def enlist(
        self, job_id: str, *, idempotency_key: str | None = None, body_digest: str = ""
    ) -> Job:
        """Make a job that nobody waits for any longer one like others, with the request's key.

        When the same request was quicker to have a job, that one, and this one is dropped.
        """
        if idempotency_key and not self._store.give_key(job_id, idempotency_key, body_digest):
            made = made_by(self._store, idempotency_key, body_digest)
            if made is not None:
                self.drop(job_id)
                return made
        job = self._store.change_job(job_id, unlisted=False)
        self._store.afterwards(lambda: self.workspace.keep_record(job.id))
        return job

    def drop(self, job_id: str) -> None:
        """End a job that no list shows, or remove it; one still ending goes with a tidying."""
        with suppress(NoSuchJob):
            job = self._store.job(job_id)
            if job.unlisted and not job.dismissing:
                self._dismiss(job)

    def job_dir(self, job: Job) -> JobDir:
        """The job's directory; it exists once the job has started."""
        return self.workspace.job_dir(job.id)

    def health(self) -> dict[str, JSON]:
        """How this workspace is: its jobs, its space, and who dispatches."""
        paused = self._dispatcher.pause(self.workspace)
        return {
            "status": "ok",
            "workspace": self.workspace.name,
            "dispatching": self.workspace.dispatched,
            "jobs": {str(status): self._store.counts().get(status, 0) for status in JobStatus},
            "maxRunningJobs": self._limits.max_running_jobs,
            "freeBytes": free_bytes(self.workspace.root),
            "store": {
                "fileSystem": self.workspace.file_system,
                "journal": self.workspace.journal,
            },
            **({"paused": paused} if paused else {}),
        }

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
