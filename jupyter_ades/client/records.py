"""What a server says of a process and of a job, in this project's words whoever says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jupyter_ades.model import JobStatus


@dataclass(frozen=True, kw_only=True)
class Link:
    """Where something is."""

    rel: str
    #: As the server wrote it, relative or not.
    href: str
    type: str = ""
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """An input or an output of a process."""

    id: str
    title: str = ""
    description: str = ""
    #: JSON Schema of a value, or what could be made of an older description.
    schema: Mapping[str, Any] = field(default_factory=dict)
    #: Whether an execute request must name it.
    required: bool = False
    #: Whether it takes several values.
    many: bool = False
    #: The package's own word for the type, when the server tells it.
    package_type: str = ""


@dataclass(frozen=True, kw_only=True)
class ProcessRecord:
    """A process as a server describes it."""

    id: str
    title: str = ""
    description: str = ""
    version: str = ""
    keywords: tuple[str, ...] = ()
    inputs: tuple[Parameter, ...] = ()
    outputs: tuple[Parameter, ...] = ()
    links: tuple[Link, ...] = ()
    #: The answer itself.
    document: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class JobRecord:
    """A job as a server last told of it."""

    #: Empty for a run that the server answered at once and keeps no job of.
    id: str
    process_id: str = ""
    status: JobStatus = JobStatus.ACCEPTED
    #: The server's own word, which may be another.
    word: str = ""
    message: str = ""
    #: Per cent; None when the server tells none.
    progress: int | None = None
    created: datetime | None = None
    started: datetime | None = None
    finished: datetime | None = None
    updated: datetime | None = None
    links: tuple[Link, ...] = ()
    #: The answer itself.
    document: Mapping[str, Any] = field(default_factory=dict)
    #: Outputs that came with the answer to the execute request.
    outputs: Mapping[str, Any] | None = None

    def link(self, *endings: str) -> Link | None:
        """The first link whose relation ends with one of these words."""
        for ending in endings:
            for each in self.links:
                if each.rel.rpartition("/")[2] == ending:
                    return each
        return None
