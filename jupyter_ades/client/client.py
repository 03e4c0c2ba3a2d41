"""The client that blocks: processes and jobs of one service."""

from __future__ import annotations

import dataclasses
import weakref
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from jupyter_ades.client import job_operations, operations
from jupyter_ades.client.discovery import at, discover
from jupyter_ades.client.job import Job, JobList
from jupyter_ades.client.process import Process, ProcessList
from jupyter_ades.client.site import Site
from jupyter_ades.client.steps import Operation
from jupyter_ades.client.transport import SyncTransport
from jupyter_ades.client.values import to_json
from jupyter_ades.client.wire import read_status
from jupyter_ades.model import JobStatus

T = TypeVar("T")


class Base:
    """What the blocking and the awaiting client share."""

    def __init__(
        self,
        url: str | None = None,
        *,
        token: str | None = None,
        workspace: str = "",
    ) -> None:
        if url is not None:
            found = at(url, token=token, workspace=workspace)
        else:
            found = discover(workspace=workspace)
            found = found if token is None else dataclasses.replace(found, token=token)
        self._site = Site(found)

    @property
    def url(self) -> str:
        """The service's root, as far as it is known."""
        return self._site.label

    @property
    def workspace(self) -> str:
        """The workspace whose processes and jobs these are."""
        return self._site.found.workspace

    @property
    def token(self) -> str:
        """What is sent as ``Authorization: Bearer``, for requests made without the client."""
        return self._site.found.token

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.url}>"


class Client(Base):
    """An ADES, or any OGC API - Processes service.

    ``Client()`` finds the service of this kernel's or terminal's own Jupyter server, else that of
    the hub's environment, else ``$ADES_URL`` with ``$ADES_TOKEN``; ``Client(url, token=...)`` is
    any other. ``url`` is the service's root or a Jupyter server's address; ``verify`` a file of
    certificates to trust, or False to trust any.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        token: str | None = None,
        workspace: str = "",
        verify: bool | str = True,
    ) -> None:
        super().__init__(url, token=token, workspace=workspace)
        self._transport = SyncTransport(verify)
        # In a notebook nobody closes it: its connections end with it.
        weakref.finalize(self, self._transport.close)

    def _perform(self, operation: Operation[T]) -> T:
        return self._transport.perform(operation)

    def _read(self, url: str) -> str:
        return self._perform(self._site.follow(url)).text

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        self._transport.close()

    def landing(self) -> dict[str, Any]:
        """What the service says of itself: links; ours also its runners and container engines."""
        return self._perform(operations.landing(self._site))

    # processes

    def processes(self, *, limit: int = 1000) -> ProcessList:
        """The deployed processes."""
        found = self._perform(operations.list_processes(self._site, limit=limit))
        return ProcessList(Process(self, each, complete=False) for each in found)

    def process(self, process_id: str) -> Process:
        """A process by id; the bare id of a package is its newest version."""
        record = self._perform(operations.describe(self._site, process_id))
        return Process(self, record, complete=True)

    def deploy(
        self,
        package: str | Path | Mapping[str, Any],
        *,
        process_id: str = "",
        replace: bool = False,
        runner: str = "",
    ) -> Process:
        """Deploy a notebook or a CWL; the process.

        ``package`` is a file, a path in the server's folder, an address, or a document as a dict.
        ``process_id`` names the process; ``replace`` puts it in the place of one of the same id;
        ``runner`` carries its jobs, where the service has several.
        """
        operation = operations.deploy(
            self._site, package, process_id=process_id, replace=replace, runner=runner
        )
        return Process(self, self._perform(operation), complete=True)

    def undeploy(self, process_id: str) -> None:
        """Remove a process; its jobs stay."""
        self._perform(operations.undeploy(self._site, process_id))

    def execute(
        self,
        process_id: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        outputs: Mapping[str, Any] | None = None,
        response: str | None = None,
        subscriber: Mapping[str, str] | None = None,
        runner: str = "",
        priority: int | None = None,
        idempotency_key: str = "",
    ) -> Job:
        """Execute a process without asking for its description first; the job.

        ``outputs``, ``response`` and ``subscriber`` are those of OGC's execute request; ``runner``
        is what carries the job, where the service has several; of jobs that wait, those of a higher
        ``priority`` (-1000 to 1000, default 0) start first. The same ``idempotency_key`` with the
        same inputs gives the same job again.
        """
        sent = to_json(inputs or {}, root_dir=self._site.found.root_dir)
        options: dict[str, Any] = {
            "outputs": outputs,
            "response": response,
            "subscriber": subscriber,
            "runner": runner,
            "priority": priority,
        }
        operation = operations.execute(
            self._site, process_id, sent, options=options, idempotency_key=idempotency_key
        )
        return Job(self, self._perform(operation))

    def send(self, process_id: str, document: Mapping[str, Any]) -> Job:
        """Send an execute request as it is, in any form that the service reads; the job."""
        return Job(self, self._perform(operations.send(self._site, process_id, document)))

    # jobs

    def jobs(
        self,
        *,
        status: str | JobStatus | Iterable[str] | None = None,
        process: str | Process = "",
        limit: int = 100,
    ) -> JobList:
        """Jobs, newest first; ``status`` is one of the five or several of them."""
        wanted = process.id if isinstance(process, Process) else process
        operation = job_operations.list_jobs(
            self._site, status=statuses(status), process=wanted, limit=limit
        )
        return JobList(Job(self, each) for each in self._perform(operation))

    def job(self, job_id: str) -> Job:
        """A job by id."""
        return Job(self, self._perform(job_operations.job(self._site, job_id)))

    def _repr_html_(self) -> str:
        return f'<p>ADES at <a href="{escape(self.url)}">{escape(self.url)}</a></p>'


def statuses(given: str | JobStatus | Iterable[str] | None) -> tuple[JobStatus, ...]:
    """The states that a filter names; ValueError for a word that nobody knows."""
    words = [given] if isinstance(given, str) else list(given or ())
    found = [read_status(word) for word in words]
    for word, status in zip(words, found, strict=True):
        if status is JobStatus.RUNNING and word not in ("running", "started"):
            known = ", ".join(JobStatus)
            raise ValueError(f"{word!r} is no status of a job; there are {known}.")
    return tuple(found)
