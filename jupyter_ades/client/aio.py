"""The client that awaits: the same operations, for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from jupyter_ades.client import job_operations, operations
from jupyter_ades.client.catalog_place import catalog_place
from jupyter_ades.client.client import Base, statuses
from jupyter_ades.client.display import job_html, job_line, process_html
from jupyter_ades.client.files import list_files
from jupyter_ades.client.process import Fields, checked
from jupyter_ades.client.progress import bar
from jupyter_ades.client.records import JobRecord, Parameter, ProcessRecord
from jupyter_ades.client.signature import described
from jupyter_ades.client.steps import Operation
from jupyter_ades.client.texts import Log
from jupyter_ades.client.transport import AsyncTransport, SyncTransport
from jupyter_ades.client.values import to_json
from jupyter_ades.model import JobStatus

if TYPE_CHECKING:
    from jupyter_ades.client.catalogs import Stac

T = TypeVar("T")


class AsyncClient(Base):
    """:class:`~jupyter_ades.client.client.Client` for asyncio."""

    def __init__(
        self,
        url: str | None = None,
        *,
        token: str | None = None,
        workspace: str = "",
        verify: bool | str = True,
    ) -> None:
        super().__init__(url, token=token, workspace=workspace)
        self._verify = verify
        self._transport = AsyncTransport(verify)

    async def _perform(self, operation: Operation[T]) -> T:
        return await self._transport.perform(operation)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        await self._transport.close()

    async def processes(self, *, limit: int = 1000) -> list[AsyncProcess]:
        """The deployed processes."""
        found = await self._perform(operations.list_processes(self._site, limit=limit))
        return [AsyncProcess(self, each, complete=False) for each in found]

    async def process(self, process_id: str) -> AsyncProcess:
        """A process by id."""
        record = await self._perform(operations.describe(self._site, process_id))
        return AsyncProcess(self, record, complete=True)

    async def landing(self) -> dict[str, Any]:
        """What the service says of itself."""
        return await self._perform(operations.landing(self._site))

    async def deploy(
        self,
        package: str | Path | Mapping[str, Any],
        *,
        process_id: str = "",
        replace: bool = False,
        runner: str = "",
    ) -> AsyncProcess:
        """Deploy a package."""
        operation = operations.deploy(
            self._site, package, process_id=process_id, replace=replace, runner=runner
        )
        return AsyncProcess(self, await self._perform(operation), complete=True)

    async def undeploy(self, process_id: str) -> None:
        """Remove a process; its jobs stay."""
        await self._perform(operations.undeploy(self._site, process_id))

    async def execute(
        self, process_id: str, inputs: Mapping[str, Any] | None = None, **options: Any
    ) -> AsyncJob:
        """Execute a process; ``options`` are those of the blocking client."""
        key = options.pop("idempotency_key", "")
        sent = to_json(inputs or {}, root_dir=self._site.found.root_dir)
        operation = operations.execute(
            self._site, process_id, sent, options=options, idempotency_key=key
        )
        return AsyncJob(self, await self._perform(operation))

    async def send(self, process_id: str, document: Mapping[str, Any]) -> AsyncJob:
        """Send an execute request as it is, in any form that the service reads; the job."""
        operation = operations.send(self._site, process_id, document)
        return AsyncJob(self, await self._perform(operation))

    async def jobs(
        self,
        *,
        status: str | JobStatus | Iterable[str] | None = None,
        process: str = "",
        limit: int = 100,
    ) -> list[AsyncJob]:
        """Jobs, newest first."""
        operation = job_operations.list_jobs(
            self._site, status=statuses(status), process=process, limit=limit
        )
        return [AsyncJob(self, each) for each in await self._perform(operation)]

    async def job(self, job_id: str) -> AsyncJob:
        """A job by id."""
        return AsyncJob(self, await self._perform(job_operations.job(self._site, job_id)))


class AsyncProcess(Fields):
    """A deployed package."""

    def __init__(self, client: AsyncClient, record: ProcessRecord, *, complete: bool) -> None:
        super().__init__(record, complete=complete)
        self._client = client
        if complete:
            self._describe(record)

    def _describe(self, record: ProcessRecord) -> None:
        async def execute(inputs: Mapping[str, Any] | None = None, /, **named: Any) -> AsyncJob:
            return await self._execute({**(inputs or {}), **named})

        self._record, self._complete = record, True
        self.__dict__["execute"] = described(execute, record)

    async def describe(self) -> AsyncProcess:
        """Ask for the inputs and outputs, which a list does not tell."""
        if not self._complete:
            self._describe(
                await self._client._perform(operations.describe(self._client._site, self.id))
            )
        return self

    @property
    def inputs(self) -> Mapping[str, Parameter]:
        """Input id to what it takes; empty before :meth:`describe`."""
        return {each.id: each for each in self._record.inputs}

    @property
    def outputs(self) -> Mapping[str, Parameter]:
        """Output id to what it gives; empty before :meth:`describe`."""
        return {each.id: each for each in self._record.outputs}

    async def jobs(self, **selection: Any) -> list[AsyncJob]:
        """The jobs of this process, newest first."""
        return await self._client.jobs(process=self.id, **selection)

    async def package(self) -> bytes:
        """The application package as it was deployed."""
        return await self._client._perform(operations.package(self._client._site, self.id))

    async def export(self, *, image: str = "") -> bytes:
        """The process as a CWL application package, also of a notebook, for any runner of CWL."""
        operation = operations.export(self._client._site, self.id, image=image)
        return await self._client._perform(operation)

    async def undeploy(self) -> None:
        """Remove the process; its jobs stay."""
        await self._client.undeploy(self.id)

    async def execute(self, inputs: Mapping[str, Any] | None = None, /, **named: Any) -> AsyncJob:
        """Execute the process; inputs by name, or as a mapping."""
        return await self._execute({**(inputs or {}), **named})

    async def execute_by(self, runner: str, inputs: Mapping[str, Any]) -> AsyncJob:
        """Execute the process by one of the service's runners; empty is as the service likes."""
        return await self._execute(inputs, runner)

    async def _execute(self, given: Mapping[str, Any], runner: str = "") -> AsyncJob:
        await self.describe()
        values = checked(self._record, given, self._client._site.found.root_dir)
        return await self._client.execute(self.id, values, runner=runner)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": process_html(self._record)}


class AsyncJob:
    """One execution of a process, as the server last told of it; :meth:`refresh` asks again."""

    def __init__(self, client: AsyncClient, record: JobRecord) -> None:
        self._client = client
        self.record = record

    @property
    def id(self) -> str:
        """The job's identifier."""
        return self.record.id

    @property
    def process_id(self) -> str:
        """The process that the job executes."""
        return self.record.process_id

    @property
    def status(self) -> JobStatus:
        """accepted, running, successful, failed or dismissed."""
        return self.record.status

    @property
    def progress(self) -> int | None:
        """Per cent; None when the server tells none."""
        return self.record.progress

    @property
    def message(self) -> str:
        """What the job does, or why it failed."""
        return self.record.message

    @property
    def created(self) -> datetime | None:
        """When the job was accepted (aware)."""
        return self.record.created

    @property
    def started(self) -> datetime | None:
        """When the job began to run (aware)."""
        return self.record.started

    @property
    def finished(self) -> datetime | None:
        """When the job ended (aware)."""
        return self.record.finished

    async def refresh(self) -> AsyncJob:
        """Ask the server how the job stands."""
        operation = job_operations.job(self._client._site, self.id, self.process_id)
        self.record = await self._client._perform(operation)
        return self

    async def wait(
        self,
        timeout: float | None = None,
        *,
        progress: bool | None = False,
        patience: float = job_operations.PATIENCE,
    ) -> AsyncJob:
        """Wait until the job has ended; without a bar unless one is asked for."""
        with bar(progress) as shown:
            operation = job_operations.wait(
                self._client._site,
                self.record,
                timeout=timeout,
                patience=patience,
                seen=shown.show,
            )
            self.record = await self._client._perform(operation)
        return self

    async def inputs(self) -> Mapping[str, Any]:
        """The inputs as the server checked them."""
        operation = job_operations.request(self._client._site, self.record)
        found = (await self._client._perform(operation)).get("inputs")
        return found if isinstance(found, Mapping) else {}

    async def outputs(self) -> Mapping[str, Any]:
        """Output id to value."""
        operation = job_operations.outputs(self._client._site, self.record)
        return await self._client._perform(operation)

    async def results(self) -> Stac:
        """The job's STAC catalog; pystac blocks, so it is read in a thread."""
        outputs = await self.outputs()
        place = await self._client._perform(catalog_place(self._client._site, self.record, outputs))
        from jupyter_ades.client.catalogs import open_catalog

        return await asyncio.to_thread(open_catalog, place, self._read)

    def _read(self, url: str) -> str:
        reader = SyncTransport(self._client._verify)
        try:
            return reader.perform(self._client._site.follow(url)).text
        finally:
            reader.close()

    async def download(self, folder: str | Path = ".") -> list[Path]:
        """Fetch the files of the results into ``folder/wf-<job id>``; their paths."""
        files = await self._client._perform(list_files(self._client._site, self.record))
        target = Path(folder) / f"wf-{self.id}"
        return [await self._client._transport.save(call, target / path) for path, call in files]

    async def quicklook(self) -> bytes | None:
        """A PNG of the results; None when there is none, or the service draws none."""
        operation = job_operations.quicklook(self._client._site, self.record)
        return await self._client._perform(operation)

    async def log(self) -> Log:
        """The log so far."""
        return Log(await self._client._perform(job_operations.log(self._client._site, self.record)))

    async def follow(self) -> AsyncIterator[str]:
        """The log's lines as they come, until the job ends."""
        call = await self._client._perform(job_operations.log_call(self._client._site, self.record))
        async for line in self._client._transport.lines(call):
            yield line

    async def dismiss(self, *, remove: bool = False) -> AsyncJob:
        """Ask the job to end; remove a finished one when ``remove`` says so."""
        operation = job_operations.dismiss(self._client._site, self.record, remove=remove)
        self.record = await self._client._perform(operation)
        return self

    async def rerun(self, **changes: Any) -> AsyncJob:
        """A new job with the same inputs but for the changed ones."""
        sent = to_json(changes, root_dir=self._client._site.found.root_dir)
        operation = job_operations.rerun(self._client._site, self.record, sent)
        return AsyncJob(self._client, await self._client._perform(operation))

    def __repr__(self) -> str:
        return f"<AsyncJob {job_line(self.record)}>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": job_html(self.record)}
