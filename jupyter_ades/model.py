"""The records that the whole house speaks of: processes, execute requests, jobs. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from jupyter_ades.resources import Resources

JSON = Any
StageIn = Literal["file", "directory", "stac-item"]

#: JSON Schema keyword of our own: values of this schema are references that the worker stages in.
#: Its value is a :data:`StageIn`.
STAGE_IN = "x-stage-in"
#: Of a process's details: the runner that its deploy or its package asks for.
RUNNER = "runner"
#: Of a CWL process's details: cores and bytes that its tools need: ``{"cores": 4, "memory": 64}``.
NEEDS = "needs"
#: Of a CWL process's details: whether its package says that finished steps may be used again.
REUSABLE_STEPS = "reusable_steps"
#: Of a process's details: whether its package lets jobs run again whose worker was lost.
RESUME = "resume"
#: Key that marks a checked reference in a request's inputs: ``{REFERENCE: "file", "href": ...}``,
#: and ``"assets": [...]`` for those wanted of STAC items: keys, patterns, or ``role:<role>``.
REFERENCE = "$stage-in"
#: Key that marks what became of it: ``{STAGED: "file", "path": "/absolute"}``.
STAGED = "$staged"


class Begin(StrEnum):
    """Where a job begins that is run again."""

    START = "start"
    #: With what the finished steps of an earlier job made.
    UNFINISHED_STEPS = "unfinished-steps"
    #: With what an earlier worker of the same job computed.
    STAGE_OUT = "stage-out"


class JobStatus(StrEnum):
    """The five states of a job (OGC 18-062r2, statusCode.yaml)."""

    ACCEPTED = "accepted"
    RUNNING = "running"
    SUCCESSFUL = "successful"
    FAILED = "failed"
    DISMISSED = "dismissed"

    @property
    def final(self) -> bool:
        """Whether a job in this state has ended."""
        return self in (JobStatus.SUCCESSFUL, JobStatus.FAILED, JobStatus.DISMISSED)


#: From each state, the states that may follow. A lost worker's job goes back to ``accepted`` when
#: it had not begun to run, or may run again (docs/decisions/0010); a failed one only for its
#: stage-out alone (docs/decisions/0006).
TRANSITIONS: dict[JobStatus, frozenset[JobStatus]] = {
    JobStatus.ACCEPTED: frozenset({JobStatus.RUNNING, JobStatus.FAILED, JobStatus.DISMISSED}),
    JobStatus.RUNNING: frozenset(
        {JobStatus.ACCEPTED, JobStatus.SUCCESSFUL, JobStatus.FAILED, JobStatus.DISMISSED}
    ),
    JobStatus.SUCCESSFUL: frozenset(),
    JobStatus.FAILED: frozenset({JobStatus.ACCEPTED}),
    JobStatus.DISMISSED: frozenset(),
}


@dataclass(frozen=True, kw_only=True)
class Input:
    """One input of a process."""

    #: The name that execute requests use.
    id: str
    title: str = ""
    description: str = ""
    #: JSON Schema (draft 2020-12) of a value. References carry the keyword :data:`STAGE_IN`.
    schema: dict[str, JSON] = field(default_factory=dict)
    #: Whether an execute request must name it: false when it has a default or may be absent.
    required: bool = True
    #: The package's own word for the type (``Directory[]``, ``Literal['a', 'b']``), for people.
    package_type: str = ""


@dataclass(frozen=True, kw_only=True)
class Output:
    """One output of a process."""

    id: str
    title: str = ""
    description: str = ""
    #: JSON Schema (draft 2020-12) of the value.
    schema: dict[str, JSON] = field(default_factory=dict)
    #: The package's own word for the type.
    package_type: str = ""


@dataclass(frozen=True, kw_only=True)
class Process:
    """A deployed package with a description."""

    #: Unique in its workspace, safe in a URL: ``snuggs-0_3_0``.
    id: str
    #: The id without its version (``snuggs``): an alias of the newest version.
    alias: str = ""
    #: The package's own version, empty when it has none: ``0.3.0``.
    version: str = ""
    title: str = ""
    description: str = ""
    keywords: tuple[str, ...] = ()
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    #: More for people: ``{"title": "author", "value": ...}`` (OGC 18-062r2, metadata.yaml).
    metadata: tuple[dict[str, JSON], ...] = ()
    #: Which reader made this record: ``cwl``, ``notebook``.
    kind: str = ""
    #: Which runner carries its jobs by default: ``cwltool``, ``papermill``.
    runner: str = ""
    #: The file in the package folder that the runner runs, ``app.cwl`` or ``index.ipynb``.
    entry: str = ""
    #: What the package says that its jobs need and may take.
    resources: Resources = field(default_factory=Resources)
    #: What the runner needs besides: ``{"workflow": "snuggs"}``, ``{"kernel": "python3"}``.
    details: dict[str, JSON] = field(default_factory=dict)
    #: The deployed bytes' media type, answered by ``GET .../package``.
    media_type: str = ""
    #: sha256 of what was deployed: names the package folder, so that jobs keep what they had.
    digest: str = ""
    #: Whether it may be replaced or undeployed.
    mutable: bool = True
    #: Whether a client may wait for its results in one request.
    sync: bool = False
    #: What could be better in the package: ``{"path": "cell 2", "detail": ...}``.
    warnings: tuple[dict[str, JSON], ...] = ()


@dataclass(frozen=True, kw_only=True)
class ExecuteRequest:
    """What a client asks for, after a dialect has read it."""

    inputs: dict[str, JSON] = field(default_factory=dict)
    #: Output id to what is wanted of it; None means all, as the server sees fit.
    outputs: dict[str, JSON] | None = None
    #: ``raw``, ``document`` or None when the request did not say.
    response: str | None = None
    #: OGC subscriber: ``successUri``, ``inProgressUri``, ``failedUri``.
    subscriber: dict[str, JSON] | None = None
    #: The dialect, its root's path and its scheme and host, that a subscriber is told things in.
    dialect: str = ""
    root: str = ""
    origin: str = ""
    #: Id of the failed job whose finished steps are used; empty for a job that starts afresh.
    continues: str = ""
    #: The runner that is asked for; that which carries the job, once it is accepted.
    runner: str = ""
    #: Whether who asks may only execute: no file or bucket of the server's user is fetched then.
    guest: bool = False
    #: The higher, the sooner it starts; among equals the older goes first.
    priority: int = 0


@dataclass(frozen=True, kw_only=True)
class Job:
    """One execution of a process."""

    #: Opaque, unique, safe in a URL and as a folder name: a lower-case UUID.
    id: str
    process_id: str
    request: ExecuteRequest
    status: JobStatus = JobStatus.ACCEPTED
    #: A sentence for people; details are in the log.
    message: str = "accepted"
    #: Per cent, 0 to 100; 100 only when successful.
    progress: int = 0
    #: Aware UTC times.
    created: datetime
    updated: datetime
    started: datetime | None = None
    finished: datetime | None = None
    #: A dismissal is under way: the job counts as running until its processes are gone.
    dismissing: bool = False
    #: Kept by every clean-up until it is unpinned or removed by hand.
    pinned: bool = False
    #: Bytes that the job directory and the delivered results have, from when the job has ended.
    job_bytes: int = 0
    result_bytes: int = 0
    #: No list shows it and no address names it but those of its files: a synchronous run.
    unlisted: bool = False
    #: How many times it was run again because its worker was lost.
    resumes: int = 0
    #: The process as it was when the job was accepted.
    process: Process


@dataclass(frozen=True, kw_only=True)
class S3:
    """How a bucket is reached. No secret: credentials are found where they are used."""

    #: Address of the service; empty is what the AWS environment says, else AWS itself.
    endpoint: str = ""
    region: str = ""
    #: ``path``, ``virtual`` or ``auto``.
    addressing: str = "auto"
    #: Profile of the AWS configuration, and ``module:function`` that gives credentials, if any.
    profile: str = ""
    credentials: str = ""
    #: Requests are not signed (a public bucket); who reads pays for it.
    anonymous: bool = False
    requester_pays: bool = False
    #: Seconds without a byte, attempts for one request, requests that a job has under way at once.
    timeout: float = 60.0
    attempts: int = 6
    parallel: int = 10


@dataclass(frozen=True, kw_only=True)
class FetchPolicy:
    """What hrefs may name and cost."""

    #: Folder (absolute) that relative paths and ``file:`` hrefs resolve in and may not leave.
    user_folder: str
    #: Hosts (``name``, ``name:port``, address or network) allowed although loopback or private.
    allow_hosts: tuple[str, ...] = ()
    #: Seconds without a byte before an attempt is given up.
    timeout: float = 60.0
    #: Seconds that one attempt may take in all; 0 is no limit.
    seconds: float = 0.0
    #: Most bytes that one href may give; 0 is no limit.
    max_bytes: int = 50 * 2**30
    #: Attempts for one href, the first included.
    attempts: int = 5
    #: Buckets that ``s3:`` hrefs may name, ``bucket`` or ``bucket/prefix`` with wildcards, and how
    #: each is reached; the first that fits counts.
    buckets: tuple[tuple[str, S3], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Telling:
    """How subscribers are told of their jobs; each field comes from a trait."""

    fetch: FetchPolicy
    #: Key of the signature; empty for none.
    secret: str = ""
    #: Attempts to deliver one message.
    attempts: int = 8
    #: Seconds that a subscriber has to answer.
    timeout: float = 10.0


@dataclass(frozen=True, kw_only=True)
class DeployRequest:
    """A package to deploy, as a dialect read it; exactly one of href and body is set."""

    #: http(s) or s3 URL or path in the user folder, without its ``#fragment``.
    href: str | None = None
    #: The package itself.
    body: bytes | None = None
    #: What the request says that it is, without parameters; empty when it says nothing.
    media_type: str = ""
    #: The workflow that ``#id`` or ``?w=`` picks; empty picks the package's own main one.
    workflow: str = ""
    #: What the request's own process description says; its ``id``, ``title``, ``description``,
    #: ``version`` and ``keywords`` go before the package's.
    description: dict[str, JSON] = field(default_factory=dict)
    #: Names of the kernels that are installed where jobs run.
    kernels: tuple[str, ...] = ()
    #: When no cell of a notebook is tagged, the first one of plain assignments is its parameters.
    tag_parameters: bool = False
    #: The runner of its jobs, before what the package says; empty for none.
    runner: str = ""
    #: Bytes that the package and all that comes with it may have.
    max_bytes: int = 100 * 2**20
    fetch: FetchPolicy


def plain_inputs(value: JSON) -> JSON:
    """Checked inputs as a client may send them again: references without our marks."""
    if isinstance(value, list):
        return [plain_inputs(each) for each in value]
    if not isinstance(value, dict):
        return value
    if REFERENCE in value and "value" in value and "assets" not in value:
        return value["value"]
    return {key: plain_inputs(each) for key, each in value.items() if key != REFERENCE}
