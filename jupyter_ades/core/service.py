"""What a workspace can be asked: the one road from every dialect to the store and the jobs."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from jupyter_ades.core.chaining import OwnJobs, problems_of
from jupyter_ades.core.continuing import check_continuing
from jupyter_ades.core.dispatcher import Dispatcher
from jupyter_ades.core.guests import check_guest, check_guest_changes
from jupyter_ades.core.inputs import check, refuse, unquoted
from jupyter_ades.core.job_records import JobRecords
from jupyter_ades.core.limits import Limits
from jupyter_ades.core.needs import process_rule, workspace_rule
from jupyter_ades.core.repeating import executed_by, made_by
from jupyter_ades.core.space import free_bytes
from jupyter_ades.core.store_tidings import Outbox
from jupyter_ades.core.subscribers import check_subscriber
from jupyter_ades.core.workspace import Workspace
from jupyter_ades.errors import (
    NoSuchJob,
    NothingToContinue,
    TooManyJobs,
)
from jupyter_ades.model import (
    JSON,
    ExecuteRequest,
    FetchPolicy,
    Job,
    JobStatus,
    Process,
    plain_inputs,
)
from jupyter_ades.references import policy_of


class Service(JobRecords):
    """One workspace's processes and jobs. Used from the core's one thread; knows no HTTP."""

    def __init__(
        self, workspace: Workspace, dispatcher: Dispatcher, *, fetch: FetchPolicy, limits: Limits
    ) -> None:
        super().__init__(workspace, dispatcher, limits)
        self._fetch = fetch

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
        refuse(unquoted(process, problems_of(inputs, self.workspace)))
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
