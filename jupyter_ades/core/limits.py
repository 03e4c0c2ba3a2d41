"""What one server may use and do, as set by its traits."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds of one server; each comes from a trait of the same name."""

    #: Jobs that run at once, over all workspaces.
    max_running_jobs: int = 1
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
    #: Keep ``inputs/`` and ``work/`` of successful jobs.
    keep_scratch: bool = False


def usable_cores() -> int:
    """Cores this process may use: the least of affinity, cgroup quota and ``$CPU_LIMIT``."""
    affinity = getattr(os, "sched_getaffinity", None)
    found = [float(len(affinity(0)) if affinity else os.cpu_count() or 1)]
    found += [cores for cores in (_cgroup_cores(), _hub_cores()) if cores]
    return max(1, math.floor(min(found)))


def _cgroup_cores() -> float | None:
    try:
        quota, period = CGROUP_QUOTA.read_text().split()
        return None if quota == "max" else float(quota) / float(period)
    except (OSError, ValueError):
        return None


def _hub_cores() -> float | None:
    try:
        return float(os.environ["CPU_LIMIT"])
    except (KeyError, ValueError):
        return None
