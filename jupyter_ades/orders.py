"""What a server and a worker tell each other: the order, and what became of it.

Records alone, no I/O: :mod:`jupyter_ades.jobdir` keeps them in the job directory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from jupyter_ades.model import JSON, S3, Begin, FetchPolicy, JobStatus, Process
from jupyter_ades.resources import Resources


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A command as data, made by a runner, carried out by a worker."""

    #: Name of the runner, whose other methods the worker calls.
    runner: str
    #: The command; its first word is an absolute path or found on ``PATH``.
    argv: tuple[str, ...]
    #: What the command's environment has besides the worker's own.
    env: dict[str, str] = field(default_factory=dict)
    #: First signal of a dismissal, by name: ``SIGINT`` for papermill, ``SIGTERM`` for CWL runners.
    stop_signal: str = "SIGTERM"
    #: Seconds from that signal to SIGKILL.
    grace: float = 5.0


@dataclass(frozen=True, kw_only=True)
class Chained:
    """The results of another job of the workspace, as its inputs name them."""

    #: Folder (absolute), or ``s3://bucket/prefix``, and hrefs of files and folders in it.
    place: str
    hrefs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class WorkOrder:
    """All that a worker is told, in ``plan.json``."""

    job_id: str
    process: Process
    plan: Plan
    #: The user's inputs as checked; references are marked by :data:`REFERENCE`.
    inputs: dict[str, JSON] = field(default_factory=dict)
    fetch: FetchPolicy
    #: Folder (absolute), or ``s3://bucket/prefix``, under which ``wf-<job id>`` is delivered.
    results_folder: str
    #: How the bucket of the results is reached.
    s3: S3 = field(default_factory=S3)
    #: Where the job begins: at the start, or at its stage-out.
    begin: Begin = Begin.START
    #: Cores that the job may use.
    cores: int = 1
    #: Variables that its command does not get, names or patterns, and those that it gets besides.
    drop_environment: tuple[str, ...] = ()
    job_environment: dict[str, str] = field(default_factory=dict)
    #: What is kept free for it, and the bounds at which it is ended.
    resources: Resources = field(default_factory=Resources)
    #: Keep ``inputs/`` and ``work/`` also after success.
    keep_scratch: bool = False
    #: Seconds and bytes that one JavaScript expression of CWL may take.
    expression_seconds: float = 10.0
    expression_bytes: int = 2**26
    #: Keep what finished steps made until the job is successful, for one that goes on from there.
    keep_steps: bool = False
    #: Directory of the failed job whose finished steps are used; empty for none.
    continues: str = ""
    #: Folder of what the workspace's jobs have fetched; empty for none, and its bound in bytes.
    cache_folder: str = ""
    cache_bytes: int = 0
    #: Items that one reference may name.
    max_items: int = 1000
    #: What ``ades:job/`` hrefs of the inputs lead to.
    chained: dict[str, Chained] = field(default_factory=dict)
    #: How many times it was run before, each with a worker that was lost.
    resumes: int = 0
    #: When the job was accepted, for the provenance.
    created: datetime
    #: The pipe by which the server hears that the job has ended; empty for none.
    bell: str = ""


@dataclass(frozen=True, kw_only=True)
class WorkerStatus:
    """What a worker last said, in ``status.json``."""

    status: JobStatus
    message: str = ""
    progress: int = 0
    updated: datetime
    started: datetime | None = None
    finished: datetime | None = None
    #: At the end: what the job directory and the delivered results occupy.
    job_bytes: int = 0
    result_bytes: int = 0


@dataclass(frozen=True, kw_only=True)
class Results:
    """What a job left, in ``results.json``. Hrefs are relative to the results folder."""

    #: Output id to its value; a file is ``{"href": "wf-<id>/...", "type": media type}``.
    outputs: dict[str, JSON] = field(default_factory=dict)
    #: Output id to its value in CWL's words: File and Directory objects with checksum and listing,
    #: their ``location`` relative as hrefs are. Empty when the job failed.
    objects: dict[str, JSON] = field(default_factory=dict)
    #: ``wf-<id>/catalog.json``; None when the job failed.
    catalog: str | None = None
    #: ``s3://bucket/prefix`` that the hrefs are relative to; empty when that is a folder.
    location: str = ""
    #: Bytes of all delivered files but the catalog's own.
    bytes: int = 0


@dataclass(frozen=True, kw_only=True)
class Ran:
    """When the command of a job ran that ended well, in ``ran.json``."""

    started: datetime
    finished: datetime
