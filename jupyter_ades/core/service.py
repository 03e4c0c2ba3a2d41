"""What a workspace can be asked: the one road from every dialect to the store and the jobs."""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from jupyter_ades.core.dispatcher import Dispatcher
from jupyter_ades.core.inputs import check
from jupyter_ades.core.limits import Limits
from jupyter_ades.core.reading import ReadPackage
from jupyter_ades.core.space import free_bytes
from jupyter_ades.core.store_jobs import Cursor, JobFilter, cut
from jupyter_ades.core.workspace import Workspace
from jupyter_ades.errors import (
    IdempotencyConflict,
    ImmutableProcess,
    JobDismissed,
    JobFailed,
    NoSuchFile,
    NoSuchProcess,
    ResultNotReady,
    TooManyJobs,
)
from jupyter_ades.jobdir import JobDir, sync_folder
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


class Service:
    """One workspace's processes and jobs. Used from the core's one thread; knows no HTTP."""

    def __init__(
        self, workspace: Workspace, dispatcher: Dispatcher, *, fetch: FetchPolicy, limits: Limits
    ) -> None:
        self.workspace = workspace
        self._store = workspace.store
        self._dispatcher = dispatcher
        self._fetch = fetch
        self._limits = limits

    # processes

    def processes(self, *, limit: int, offset: int = 0) -> tuple[list[Process], int]:
        """A page of deployed processes by id, and how many there are."""
        return self._store.processes(limit=limit, offset=offset), self._store.count_processes()

    def process(self, process_id: str) -> Process:
        """A process by id or alias; NoSuchProcess when there is none."""
        process = self._store.find_process(process_id)
        if process is None:
            raise NoSuchProcess(f"There is no process '{process_id}' in this workspace.")
        return process

    def deploy(self, package: ReadPackage) -> Process:
        """Record a package that was read; DuplicatedProcess when its id is taken."""
        return self._keep(package, replacing=False)

    def replace(self, process_id: str, package: ReadPackage) -> Process:
        """Put another package in a process's place; jobs keep the one they were accepted with."""
        old = self._mutable(process_id)
        renamed = replace(package.process, id=old.id, alias=old.alias)
        process = self._keep(replace(package, process=renamed), replacing=True)
        if process.digest != old.digest:
            self.workspace.release(old)
        return process

    def undeploy(self, process_id: str) -> None:
        """Forget a process; its jobs stay, and waiting ones still run."""
        process = self._mutable(process_id)
        self._store.remove_process(process.id)
        self.workspace.release(process)

    def package(self, process_id: str) -> tuple[Path, Process]:
        """The file with the bytes that were deployed, unchanged."""
        process = self.process(process_id)
        return self._folder(process) / "original", process

    def _mutable(self, process_id: str) -> Process:
        process = self.process(process_id)
        if not process.mutable:
            raise ImmutableProcess(f"'{process.id}' is part of the service; it cannot be changed.")
        return process

    def _folder(self, process: Process) -> Path:
        return self.workspace.package_folder(process.digest, process.id)

    def _keep(self, package: ReadPackage, *, replacing: bool) -> Process:
        """Move the package's folder to its place, then record it: never a record without files."""
        folder = self._folder(package.process)
        if not folder.exists():
            os.rename(package.folder, folder)
            sync_folder(folder.parent)
        self._store.add_process(package.process, replace=replacing)
        return package.process

    # jobs

    def execute(
        self,
        process_id: str,
        request: ExecuteRequest,
        *,
        idempotency_key: str | None = None,
        body_digest: str = "",
    ) -> tuple[Job, bool]:
        """Accept a job, durably; the job and whether it is new (not found by its key)."""
        earlier = self._by_key(idempotency_key, body_digest)
        if earlier is not None:
            return earlier, False
        self._check_room()
        process, checked = self.check(process_id, request)
        now = datetime.now(UTC)
        job = Job(
            id=str(uuid.uuid4()),
            process_id=process.id,
            process=process,
            request=checked,
            created=now,
            updated=now,
        )
        self._store.add_job(job, idempotency_key=idempotency_key, body_digest=body_digest)
        return job, True

    def check(self, process_id: str, request: ExecuteRequest) -> tuple[Process, ExecuteRequest]:
        """The process and the request as a job would get it; InvalidInputs with every problem."""
        process = self.process(process_id)
        inputs = check(process, request.inputs, self._fetch, self._limits)
        self._dispatcher.check(process)
        return process, replace(request, inputs=inputs)

    def rerun(self, job_id: str, changes: Mapping[str, JSON]) -> Job:
        """A new job like an earlier one, of the process as it is deployed now.

        ``changes`` replace inputs; None takes one away.
        """
        earlier = self.job(job_id)
        inputs = {**plain_inputs(earlier.request.inputs), **changes}
        kept = {name: value for name, value in inputs.items() if value is not None}
        job, _ = self.execute(earlier.process_id, replace(earlier.request, inputs=kept))
        return job

    def stage_out_again(self, job_id: str) -> Job:
        """The same failed job, waiting for its stage-out alone; NothingToDeliver when it cannot."""
        return self._dispatcher.stage_out_again(self.workspace, self.job(job_id))

    def pin(self, job_id: str, pinned: bool) -> Job:
        """Keep a job from every clean-up, or no longer."""
        return self._store.change_job(self.job(job_id).id, pinned=pinned)

    def _by_key(self, key: str | None, body_digest: str) -> Job | None:
        found = self._store.find_by_key(key) if key else None
        if found is None:
            return None
        job_id, digest = found
        if digest != body_digest:
            raise IdempotencyConflict(
                f"Idempotency-Key {key!r} was used with another request; take a new key."
            )
        return self._store.job(job_id)

    def _check_room(self) -> None:
        counts = self._store.counts()
        opened = counts.get(JobStatus.ACCEPTED, 0) + counts.get(JobStatus.RUNNING, 0)
        if opened >= self._limits.max_open_jobs:
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
        """A job as it stands; NoSuchJob when there is none."""
        return self._told(self._store.job(job_id))

    def _told(self, job: Job) -> Job:
        """A waiting job with the reason that no job starts now, if there is one."""
        paused = self._dispatcher.pause(self.workspace)
        waits = paused and job.status is JobStatus.ACCEPTED
        return replace(job, message=paused) if waits else job

    def results(self, job_id: str) -> tuple[Job, Results]:
        """A successful job's results; for others the reason that there are none is raised."""
        job = self.job(job_id)
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
        job = self.job(job_id)
        if not job.status.final:
            return self._dispatcher.dismiss(self.workspace, job)
        self.workspace.forget(job, results=True)
        return replace(job, status=JobStatus.DISMISSED, message="removed")

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
            job = self.job(job_id)
            results = self.job_dir(job).read_results()
            if results and results.location:
                return self._object(job, results.location, path)
        wanted = (self.workspace.results / path).resolve()
        inside = wanted == delivered.resolve() or delivered.resolve() in wanted.parents
        if not inside or not wanted.exists():
            raise NoSuchFile(f"Job {job_id} has no file '{path}'.")
        return wanted

    def _object(self, job: Job, location: str, path: str) -> S3Address:
        steps = path.split("/")
        if steps[0] != f"wf-{job.id}" or not {"..", "."}.isdisjoint(steps):
            raise NoSuchFile(f"Job {job.id} has no file '{path}'.")
        return read_address(f"{location}/").below(path)


def request_digest(process_id: str, body: bytes) -> str:
    """What requests with one idempotency key are compared by."""
    return hashlib.sha256(process_id.encode() + b"\0" + body).hexdigest()
