"""Batch systems: what a job left in a queue, and the largest node that there is."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

#: Seconds that Slurm's commands have to answer.
ANSWER = 10.0
#: Seconds for which the list of nodes is believed.
GOOD = 60.0
#: How jobs in a queue name the job that they belong to, in their comment.
COMMENT = "ades:{}"
#: States of a node that jobs may run on, now or later.
USABLE = ("idle", "alloc", "mix", "comp", "plan", "resv")


@dataclass(frozen=True, kw_only=True)
class Node:
    """What one node of a cluster has."""

    cores: float
    memory_mib: float


@dataclass
class Cluster:
    """Slurm's nodes, asked for now and then."""

    clock: Callable[[], float] = time.monotonic
    _nodes: list[Node] = field(default_factory=list)
    _until: float = field(default=float("-inf"))

    def nodes(self) -> list[Node]:
        """Every node that jobs may run on; empty when Slurm does not answer."""
        if self.clock() >= self._until:
            self._nodes = list(_nodes(_ask("sinfo", "-N", "-h", "-o", "%c %m %T")))
            self._until = self.clock() + GOOD
        return self._nodes


def _nodes(said: str) -> Iterator[Node]:
    for line in said.splitlines():
        cores, memory, state = line.split()
        if state.startswith(USABLE):
            yield Node(cores=float(cores.rstrip("+")), memory_mib=float(memory.rstrip("+")))


def answers() -> bool:
    """Whether Slurm's controller does."""
    return bool(_ask("sinfo", "-h", "-o", "%P"))


def note(folder: Path, job_id: str) -> None:
    """Make the folder in which what a job has in a queue is noted, for :func:`end_batch_jobs`."""
    folder.mkdir(exist_ok=True)
    (folder / "job").write_text(job_id, encoding="utf-8")


def end_batch_jobs(folder: Path) -> None:
    """Cancel everything that a job has in Slurm's queue."""
    with suppress(OSError):
        comment = COMMENT.format((folder / "job").read_text(encoding="utf-8"))
        queued = _ask("squeue", "-h", "-o", "%i %k").splitlines()
        ours = [line.split()[0] for line in queued if line.split()[1:] == [comment]]
        if ours:
            _ask("scancel", *ours)


def _ask(program: str, *arguments: str) -> str:
    """What one of Slurm's commands says; empty when it is not here or does not answer."""
    path = shutil.which(program)
    if path is None:
        return ""
    try:
        ended = subprocess.run(
            [path, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ANSWER,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ended.stdout if ended.returncode == 0 else ""
