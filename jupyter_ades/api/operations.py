"""What each operation of the API takes and answers: read by the handlers, and by OpenAPI."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from jupyter_ades.api.times import PATTERN
from jupyter_ades.model import JobStatus

Handler = TypeVar("Handler", bound=Callable[..., Any])
Schema = Mapping[str, Any]

JSON_TYPE = "application/json"
HTML_TYPE = "text/html"
TEXT_TYPE = "text/plain"
#: Parameters that Jupyter and browsers add to any address.
EVERYWHERE = frozenset({"f", "token", "_xsrf"})


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A parameter of the query."""

    name: str
    #: JSON Schema of OpenAPI 3.0.
    schema: Schema
    description: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a request is answered with when all is well."""

    description: str
    #: Name of a schema of the components, a schema, or None for an answer without a body.
    schema: str | Schema | None = None
    #: What it can be besides HTML; the schema is for JSON.
    media_types: tuple[str, ...] = (JSON_TYPE,)
    #: Header to what it says.
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one resource."""

    #: OGC's operationId.
    name: str
    query: tuple[Parameter, ...] = ()
    answers: Mapping[int, Answer] = field(default_factory=dict)
    #: Statuses of refusals, beyond those of every request (400, 403, 406).
    refuses: tuple[int, ...] = ()
    #: Media type to the schema of what is sent.
    body: Mapping[str, str | Schema] = field(default_factory=dict)
    #: Whether a page shows it to people.
    page: bool = False


def operation(name: str, **said: Any) -> Callable[[Handler], Handler]:
    """Say what a handler's method takes and answers."""

    def mark(method: Handler) -> Handler:
        method.operation = Operation(name=name, **said)  # type: ignore[attr-defined]
        return method

    return mark


def operation_of(handler: type[Any], method: str) -> Operation | None:
    """What a handler says of a method; None when it does not have it."""
    return getattr(getattr(handler, method.lower(), None), "operation", None)


def number(least: int, most: int, default: int | None = None) -> Schema:
    """A whole number within bounds."""
    schema: dict[str, Any] = {"type": "integer", "minimum": least, "maximum": most}
    return schema if default is None else {**schema, "default": default}


def words(*values: str) -> Schema:
    """A list of words with commas."""
    items: dict[str, Any] = {"type": "string"}
    return {"type": "array", "items": {**items, "enum": list(values)} if values else items}


STATUSES = tuple(str(status) for status in JobStatus)
CURSOR = number(0, 2**53)
BEFORE = Parameter(name="before", schema=CURSOR, description="Where the page goes on.")
AFTER = Parameter(name="after", schema=CURSOR, description="Where the page before goes on.")
DRY_RUN = Parameter(
    name="dryrun",
    schema={"type": "boolean", "default": False},
    description="Check the request and run nothing.",
)
WORKFLOW = Parameter(
    name="w", schema={"type": "string"}, description="The workflow of a CWL with several."
)
TAG_PARAMETERS = Parameter(
    name="tag-parameters",
    schema={"type": "boolean", "default": False},
    description="Take a notebook's first cell of plain assignments as its parameters.",
)
RUNNER = Parameter(
    name="runner", schema={"type": "string"}, description="What carries the process's jobs."
)
IMAGE = Parameter(
    name="image",
    schema={"type": "string"},
    description="The container image that a notebook's CWL names.",
)
OUTPUTS = Parameter(
    name="outputs", schema=words(), description="Only these outputs; empty for none."
)
FOLLOW = Parameter(
    name="follow",
    schema={"type": "boolean", "default": False},
    description="Go on until the job has ended.",
)
WAIT = Parameter(
    name="wait",
    schema=number(0, 300),
    description="Seconds that the answer may wait for the job's next change.",
)
JOB_FILTERS = (
    Parameter(name="type", schema=words("process"), description="Kinds of jobs."),
    Parameter(name="processID", schema=words(), description="Only jobs of these processes."),
    Parameter(name="status", schema=words(*STATUSES), description="Only jobs in these states."),
    Parameter(
        name="datetime",
        schema={"type": "string", "pattern": PATTERN},
        description="Accepted at this time, or between two: `2026-05-01/..`.",
    ),
    Parameter(name="minDuration", schema=number(0, 2**31), description="Seconds run at the least."),
    Parameter(name="maxDuration", schema=number(0, 2**31), description="Seconds run at the most."),
)


def limit(default: int) -> Parameter:
    """The length of a page."""
    return Parameter(
        name="limit", schema=number(1, 10_000, default), description="Entries of one page."
    )
