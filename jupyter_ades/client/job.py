"""A job as an object: where it stands, its log, its results."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_ades.client import job_operations
from jupyter_ades.client.catalog_place import catalog_place
from jupyter_ades.client.display import job_html, job_line, jobs_html
from jupyter_ades.client.errors import ClientError
from jupyter_ades.client.files import list_files
from jupyter_ades.client.progress import bar
from jupyter_ades.client.records import JobRecord
from jupyter_ades.client.texts import Log
from jupyter_ades.client.values import to_json
from jupyter_ades.model import JobStatus

if TYPE_CHECKING:
    from jupyter_ades.client.catalogs import Stac
    from jupyter_ades.client.client import Client

#: Seconds for which an answer is good: ``.status`` and ``.progress`` together ask once.
FRESH = 0.5


class Job:
    """One execution of a process. ``status``, ``progress`` and ``message`` ask the server while
    the job is open."""

    def __init__(self, client: Client, record: JobRecord) -> None:
        self._client = client
        self._keep(record)

    def _keep(self, record: JobRecord) -> None:
        self._record = record
        self._asked = time.monotonic()

    @property
    def id(self) -> str:
        """The job's identifier."""
        return self._record.id

    @property
    def process_id(self) -> str:
        """The process that the job executes."""
        return self._record.process_id

    @property
    def status(self) -> JobStatus:
        """accepted, running, successful, failed or dismissed, whatever words the server has."""
        return self._now().status

    @property
    def progress(self) -> int | None:
        """Per cent; None when the server tells none."""
        return self._now().progress

    @property
    def message(self) -> str:
        """What the job does, or why it failed."""
        return self._now().message

    @property
    def created(self) -> datetime | None:
        """When the job was accepted (aware)."""
        return self._record.created

    @property
    def started(self) -> datetime | None:
        """When the job began to run (aware)."""
        return self._now().started

    @property
    def finished(self) -> datetime | None:
        """When the job ended (aware)."""
        return self._now().finished

    @property
    def record(self) -> JobRecord:
        """All that the server last told, without asking again."""
        return self._record

    def _now(self) -> JobRecord:
        if not self._record.status.final and time.monotonic() - self._asked > FRESH:
            self.refresh()
        return self._record

    def refresh(self) -> Job:
        """Ask the server how the job stands."""
        operation = job_operations.job(self._client._site, self.id, self.process_id)
        self._keep(self._client._perform(operation))
        return self

    def wait(
        self,
        timeout: float | None = None,
        *,
        progress: bool | None = None,
        patience: float = job_operations.PATIENCE,
    ) -> Job:
        """Wait until the job has ended, with one live bar; the job, whatever its end.

        ``timeout``: seconds after which WaitTimeout is raised. ``patience``: seconds that a server
        may be away (it restarts). ``progress=False`` shows no bar. Interrupting the wait leaves
        the job alone.
        """
        try:
            with bar(progress) as shown:
                operation = job_operations.wait(
                    self._client._site,
                    self._record,
                    timeout=timeout,
                    patience=patience,
                    seen=shown.show,
                )
                self._keep(self._client._perform(operation))
        except KeyboardInterrupt:
            print(interrupted(self.id), file=sys.stderr)
            raise
        return self

    @property
    def inputs(self) -> Mapping[str, Any]:
        """The inputs as the server checked them."""
        asked = self._client._perform(job_operations.request(self._client._site, self._record))
        found = asked.get("inputs")
        return found if isinstance(found, Mapping) else {}

    @property
    def outputs(self) -> Mapping[str, Any]:
        """Output id to value; raises ResultNotReady, JobFailed or JobDismissed when there are
        none."""
        record = self._now()
        return self._client._perform(job_operations.outputs(self._client._site, record))

    def results(self) -> Stac:
        """The job's STAC catalog as pystac reads it; its files are local when the server is."""
        place = catalog_place(self._client._site, self._now(), self.outputs)
        from jupyter_ades.client.catalogs import open_catalog

        return open_catalog(self._client._perform(place), self._client._read)

    def download(self, folder: str | Path = ".") -> list[Path]:
        """Fetch the files of the results into ``folder/wf-<job id>``; their paths."""
        files = self._client._perform(list_files(self._client._site, self._now()))
        target = Path(folder) / f"wf-{self.id}"
        return [self._client._transport.save(call, target / path) for path, call in files]

    def log(self) -> Log:
        """The log so far."""
        return Log(self._client._perform(job_operations.log(self._client._site, self._record)))

    def follow(self) -> Iterator[str]:
        """The log's lines as they come, until the job ends."""
        call = self._client._perform(job_operations.log_call(self._client._site, self._record))
        return self._client._transport.lines(call)

    def quicklook(self) -> bytes | None:
        """A PNG of the results; None when there is none, or the service draws none."""
        return self._client._perform(job_operations.quicklook(self._client._site, self._record))

    def dismiss(self, *, remove: bool = False) -> Job:
        """Ask the job to end with everything it started.

        A finished job raises JobEnded, unless ``remove`` says to remove it with its files.
        """
        operation = job_operations.dismiss(self._client._site, self._record, remove=remove)
        self._keep(self._client._perform(operation))
        return self

    def rerun(self, **changes: Any) -> Job:
        """A new job with the same inputs but for the changed ones."""
        sent = to_json(changes, root_dir=self._client._site.found.root_dir)
        operation = job_operations.rerun(self._client._site, self._record, sent)
        return Job(self._client, self._client._perform(operation))

    def __repr__(self) -> str:
        return f"<Job {job_line(self._record)}>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        try:
            record = self._now()
        except ClientError:
            record = self._record
        return {"text/plain": f"<Job {job_line(record)}>", "text/html": job_html(record)}


class JobList(list[Job]):
    """Jobs, newest first."""

    def _repr_html_(self) -> str:
        return jobs_html(records(self))


def records(jobs: Sequence[Job]) -> list[JobRecord]:
    """What the server last told of each."""
    return [each.record for each in jobs]


def interrupted(job_id: str) -> str:
    """What to say when a wait is interrupted."""
    return (
        f"The job goes on. Find it again by client.job({job_id!r}), %ades status {job_id}"
        f" or jupyter ades status {job_id}; .dismiss() ends it."
    )
