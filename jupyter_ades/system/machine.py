"""What of this machine a server may use, which in a pod or a hub is less than it has."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

#: Where control groups (cgroup v2) are shown, and which of them this process is in.
CGROUPS, OWN_GROUP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def usable_cores() -> int:
    """Cores this process may use: the least of affinity, cgroup quota and ``$CPU_LIMIT``."""
    affinity = getattr(os, "sched_getaffinity", None)
    found = [float(len(affinity(0)) if affinity else os.cpu_count() or 1)]
    found += [*_cgroup_cores(), *_said("CPU_LIMIT")]
    return max(1, math.floor(min(found)))


def usable_memory() -> int:
    """Bytes this process may use: the least of physical memory, cgroup and ``$MEM_LIMIT``."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return int(min([physical, *_cgroup_memory(), *_said("MEM_LIMIT")]))


def killed_for_memory() -> int:
    """How many processes the kernel has killed here for want of memory; 0 where it does not say."""
    for text in _group_files("memory.events"):
        return int(dict(line.split() for line in text.splitlines()).get("oom_kill", 0))
    return 0


def _cgroup_cores() -> Iterator[float]:
    for text in _group_files("cpu.max"):
        quota, period = text.split()
        if quota != "max":
            yield float(quota) / float(period)


def _cgroup_memory() -> Iterator[float]:
    for text in _group_files("memory.max"):
        if text.strip() != "max":
            yield float(text)


def _group_files(name: str) -> Iterator[str]:
    """A file of this process's group and of each above it: every one of them bounds it."""
    try:
        lines = OWN_GROUP.read_text().splitlines()
    except OSError:
        return
    own = next((line[3:].strip("/") for line in lines if line.startswith("0::")), "")
    here = CGROUPS / own
    for folder in (here, *here.parents):
        with suppress(OSError):
            yield (folder / name).read_text()
        if folder == CGROUPS:
            return


def _said(variable: str) -> Iterator[float]:
    """What JupyterHub's spawner says of this server."""
    with suppress(KeyError, ValueError):
        said = float(os.environ[variable])
        if said > 0:
            yield said
