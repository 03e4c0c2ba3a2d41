"""A process as an object whose ``execute`` is a Python function of its inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from jupyter_ades.client import operations
from jupyter_ades.client.display import process_html, processes_html
from jupyter_ades.client.job import Job, JobList
from jupyter_ades.client.records import Parameter, ProcessRecord
from jupyter_ades.client.signature import by_id, described
from jupyter_ades.client.values import check_names, to_json

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_ades.client.client import Client


class Fields:
    """What a process says of itself."""

    def __init__(self, record: ProcessRecord, *, complete: bool) -> None:
        self._record = record
        #: Whether the record has the inputs, not the summary alone.
        self._complete = complete

    @property
    def id(self) -> str:
        """The process's identifier."""
        return self._record.id

    @property
    def title(self) -> str:
        """A name for people."""
        return self._record.title

    @property
    def description(self) -> str:
        """What it does."""
        return self._record.description

    @property
    def version(self) -> str:
        """The package's version."""
        return self._record.version

    @property
    def record(self) -> ProcessRecord:
        """All that the server told so far, without asking again."""
        return self._record

    def __repr__(self) -> str:
        title = f": {self.title}" if self.title and self.title != self.id else ""
        return f"<Process {self.id}{title}>"


class Process(Fields):
    """A deployed package. ``execute`` has its signature and docstring once it is described."""

    def __init__(self, client: Client, record: ProcessRecord, *, complete: bool) -> None:
        super().__init__(record, complete=complete)
        self._client = client
        if complete:
            # An attribute of the object, where Tab and `?` look for a signature.
            self.__dict__["execute"] = described(self._executor(), record)

    def _executor(self) -> Callable[..., Job]:
        def execute(inputs: Mapping[str, Any] | None = None, /, **named: Any) -> Job:
            return self._execute({**(inputs or {}), **named})

        return execute

    def _described(self) -> ProcessRecord:
        if not self._complete:
            found = self._client._perform(operations.describe(self._client._site, self.id))
            self._record, self._complete = found, True
            self.__dict__["execute"] = described(self._executor(), found)
        return self._record

    @property
    def inputs(self) -> Mapping[str, Parameter]:
        """Input id to what it takes."""
        return {each.id: each for each in self._described().inputs}

    @property
    def outputs(self) -> Mapping[str, Parameter]:
        """Output id to what it gives."""
        return {each.id: each for each in self._described().outputs}

    def execute(self, inputs: Mapping[str, Any] | None = None, /, **named: Any) -> Job:
        """Execute the process; inputs by name, or as a mapping. Gives the job at once."""
        return self._execute({**(inputs or {}), **named})

    def execute_by(self, runner: str, inputs: Mapping[str, Any]) -> Job:
        """Execute the process by one of the service's runners; empty is as the service likes."""
        return self._execute(inputs, runner)

    def _execute(self, given: Mapping[str, Any], runner: str = "") -> Job:
        values = checked(self._described(), given, self._client._site.found.root_dir)
        return self._client.execute(self.id, values, runner=runner)

    def jobs(self, **selection: Any) -> JobList:
        """The jobs of this process, newest first."""
        return self._client.jobs(process=self.id, **selection)

    def package(self) -> bytes:
        """The application package as it was deployed."""
        return self._client._perform(operations.package(self._client._site, self.id))

    def export(self, *, image: str = "") -> bytes:
        """The process as a CWL application package, also of a notebook, for any runner of CWL.

        ``image`` is the container image that a notebook's tool names, before the service's own.
        """
        return self._client._perform(operations.export(self._client._site, self.id, image=image))

    def undeploy(self) -> None:
        """Remove the process; its jobs stay."""
        self._client.undeploy(self.id)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": process_html(self._record)}


class ProcessList(list[Process]):
    """Processes by id."""

    def _repr_html_(self) -> str:
        return processes_html([each.record for each in self])


def checked(
    process: ProcessRecord, given: Mapping[str, Any], root_dir: Path | None
) -> dict[str, Any]:
    """Inputs by id and as JSON; InvalidInputs with suggestions for names that are unknown."""
    values = by_id(process, given)
    check_names(process, values)
    sent: dict[str, Any] = to_json(values, root_dir=root_dir)
    return sent
