"""What one server may use and do, as set by its traits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jupyter_ades.resources import ProcessRule, WorkspaceRule


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds of one server; each comes from a trait of the same name."""

    #: Jobs that run at once, over all workspaces.
    max_running_jobs: int = 1
    #: Cores and bytes of memory that all running jobs share.
    max_cores: float = math.inf
    max_memory_bytes: float = math.inf
    #: Cores that one job may use for its parallel parts.
    job_cores: int = 1
    #: Bytes of memory and seconds that one job may take, if nothing else is said; 0 is no limit.
    job_memory_bytes: int = 0
    job_seconds: float = 0.0
    #: Environment variables that jobs do not get, and those that they get besides.
    drop_environment: Sequence[str] = ()
    job_environment: Mapping[str, str] = field(default_factory=dict)
    #: What holds for some processes and workspaces, by name or pattern.
    process_limits: Mapping[str, ProcessRule] = field(default_factory=dict)
    workspace_limits: Mapping[str, WorkspaceRule] = field(default_factory=dict)
    #: Accepted and running jobs that one workspace may have.
    max_open_jobs: int = 100_000
    #: Bytes of a request's JSON.
    max_body_bytes: int = 10 * 2**20
    #: Bytes of a package, in a request or at an href.
    max_package_bytes: int = 100 * 2**20
    #: Depth of a request's JSON.
    max_json_depth: int = 64
    #: Inputs of one request.
    max_inputs: int = 1_000
    #: Items of one array in an input.
    max_array_length: int = 10_000
    #: Bytes that the disks of state and results keep free: below, no job starts.
    min_free_bytes: int = 0
    #: Bytes and seconds that the link of a literal input may cost before its job is accepted.
    literal_max_bytes: int = 2**20
    literal_timeout: float = 5.0
    #: Ids of processes that may be run while the client waits, though they do not say so.
    sync_processes: Sequence[str] = ()
    #: Items that one reference may name.
    max_items: int = 1_000
    #: Bytes of what a workspace keeps of fetched files; 0 keeps none.
    cache_bytes: int = 20 * 2**30
    #: Keep the finished steps of every CWL job, not only where the package says so.
    reuse_steps: bool = False
    #: Run jobs again whose worker was lost, where the package does not say; and how many times.
    resume_interrupted: bool = False
    max_resumes: int = 3
    #: Seconds and bytes that one JavaScript expression of CWL may take.
    expression_seconds: float = 10.0
    expression_bytes: int = 2**26
    #: Keep ``inputs/`` and ``work/`` of successful jobs.
    keep_scratch: bool = False
