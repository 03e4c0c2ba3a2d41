"""Batch systems: what a job left in a queue, and the largest node that there is."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from jupyter_ades.system.looking import Look, in_a_thread

#: Seconds that Slurm's commands have to answer.
ANSWER = 10.0
#: Seconds for which the list of nodes is believed.
GOOD = 60.0
#: Seconds for which a controller that does not answer is not asked again.
BAD = 10.0
#: Seconds after each try to cancel what a job left in a queue, as a controller may be busy.
PAUSES = (0.5, 2.0, 5.0)
#: How jobs in a queue name the job that they belong to, in their comment.
COMMENT = "ades:{}"
#: States of a node that jobs may run on, now or later.
USABLE = ("idle", "alloc", "mix", "comp", "plan", "reserved", "resv")
#: A line of ``sinfo -o "%N %c %m %T"``.
_NODE = re.compile(r"(?P<name>\S+)\s+(?P<cores>\d+)\+?\s+(?P<memory>\d+)\+?\s+(?P<state>\S+)")


@dataclass(frozen=True, kw_only=True)
class Node:
    """What one node of a cluster has."""

    cores: float
    memory_mib: float


class Cluster:
    """Slurm's controller and its nodes, asked for now and then."""

    def __init__(
        self,
        partition: str = "",
        *,
        clock: Callable[[], float] = time.monotonic,
        beside: Callable[[Callable[[], None]], None] = in_a_thread,
    ) -> None:
        self._partition = partition
        self._look = Look(self._ask, lambda told: GOOD if told else BAD, clock, beside)

    def begin(self) -> None:
        """Ask, so that the first job which wants to know does not wait."""
        self._look.begin()

    def answers(self) -> bool:
        """Whether Slurm's controller does."""
        return bool(self._look())

    def nodes(self) -> list[Node]:
        """Every node that jobs may run on; empty when Slurm does not answer."""
        return list(_nodes(self._look()))

    def _ask(self) -> str:
        within = ("-p", self._partition) if self._partition else ()
        named = _ask("sinfo", "-N", "-h", *within, "-o", "%N %c %m %T")
        # Of a partition that is none it says nothing, and the queue says why when a job comes.
        return named or (_ask("sinfo", "-h", "-o", "%P") if within else "")


def _nodes(said: str) -> Iterator[Node]:
    # A node is told once for each partition that it is in.
    for line in dict.fromkeys(said.splitlines()):
        match = _NODE.fullmatch(line.strip())
        if match and match["state"].startswith(USABLE):
            yield Node(cores=float(match["cores"]), memory_mib=float(match["memory"]))


def note(folder: Path, job_id: str) -> None:
    """Say in a job's folder for batch systems that it comes to a queue: :func:`end_batch_jobs`."""
    folder.mkdir(exist_ok=True)
    (folder / "job").write_text(job_id, encoding="utf-8")


def end_batch_jobs(folder: Path) -> None:
    """Cancel everything that a job has in Slurm's queue."""
    with suppress(OSError):
        comment = COMMENT.format((folder / "job").read_text(encoding="utf-8"))
        for wait in PAUSES if shutil.which("squeue") else ():
            if _cancel(comment):
                return
            time.sleep(wait)


def _cancel(comment: str) -> bool:
    """Cancel what bears a comment; whether Slurm answered."""
    queued = _call("squeue", "-h", "-o", "%i %k")
    if queued is None:
        return False
    lines = [line.split() for line in queued.splitlines()]
    ours = [line[0] for line in lines if line[1:] == [comment]]
    return not ours or _call("scancel", *ours) is not None


def _ask(program: str, *arguments: str) -> str:
    """What one of Slurm's commands says; empty when it is not here or does not answer."""
    return _call(program, *arguments) or ""


def _call(program: str, *arguments: str) -> str | None:
    """The same; None when it is not here or does not answer."""
    path = shutil.which(program)
    if path is None:
        return None
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
        return None
    return ended.stdout if ended.returncode == 0 else None
