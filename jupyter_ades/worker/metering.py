"""What each part of a job costs: seconds, processor time, memory of it and all that it starts."""

from __future__ import annotations

import os
import resource
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

from jupyter_ades.costs import Cost, Statistics
from jupyter_ades.system.tree import cpu_seconds, family, memory_bytes
from jupyter_ades.worker.forked import is_warm

#: Seconds between two looks at memory, and of a part for which none is due at its end: the system
#: goes through all pages of each process for one, which takes milliseconds.
LOOK = 0.5
#: Part by which a forked command must be larger than the fork server for its peak to be its own.
SLACK = 0.1
#: Parts that are told one by one; a notebook of more cells is summed up in the last.
MOST = 1_000
#: ``ru_maxrss`` is in these.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass
class _Part:
    name: str
    began: float
    cpu: float
    peak: int = 0


class Meter:
    """Measures a job part by part; may be told of parts from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._done: list[Cost] = []
        self._part: _Part | None = None
        #: Bytes held at the last look.
        self._memory = 0
        self._end = threading.Event()
        self._began, self._cpu_before = time.monotonic(), cpu_seconds(family())
        #: What a forked worker and all that it forks share with the fork server.
        self._inherited = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT
        threading.Thread(target=self._watch, daemon=True).start()

    def begin(self, name: str) -> None:
        """A part begins, and the one before it is over."""
        with self._lock:
            if self._part is not None and self._part.name == name:
                return
            pids = family()
            self._close(pids)
            self._part = _Part(name=name, began=time.monotonic(), cpu=cpu_seconds(pids))

    def finish(self, *, staged_in: int, staged_out: int) -> Statistics:
        """All is over: what it cost."""
        pids = family()
        with self._lock:
            self._close(pids)
        self._end.set()
        children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * RSS_UNIT
        if is_warm() and children <= self._inherited * (1 + SLACK):
            children = 0
        # Of a job that was over before the first look only what this process holds is known.
        now = self._memory or memory_bytes([os.getpid()])
        peaks = [now, *(cost.peak_memory_bytes for cost in self._done)]
        return Statistics(
            steps=tuple(self._done),
            wall_seconds=round(time.monotonic() - self._began, 3),
            cpu_seconds=round(max(0.0, cpu_seconds(pids) - self._cpu_before), 3),
            peak_memory_bytes=max([children, *peaks]),
            bytes_staged_in=staged_in,
            bytes_staged_out=staged_out,
        )

    def _close(self, pids: list[int]) -> None:
        part, self._part = self._part, None
        if part is None:
            return
        cost = Cost(
            name=part.name,
            wall_seconds=round(time.monotonic() - part.began, 3),
            cpu_seconds=round(max(0.0, cpu_seconds(pids) - part.cpu), 3),
            peak_memory_bytes=max(part.peak, self._memory_at_end(part, pids)),
        )
        if len(self._done) >= MOST:
            cost = _sum(self._done.pop(), cost)
        self._done.append(cost)

    def _memory_at_end(self, part: _Part, pids: list[int]) -> int:
        """What is held when a part ends; as held before when that was a moment ago."""
        if time.monotonic() - part.began > LOOK:
            self._memory = memory_bytes(pids)
        return self._memory

    def _watch(self) -> None:
        """Look now and then."""
        while not self._end.wait(LOOK):
            used = memory_bytes(family())
            with self._lock:
                self._memory = used
                if self._part is not None:
                    self._part.peak = max(self._part.peak, used)


def _sum(first: Cost, second: Cost) -> Cost:
    return replace(
        first,
        name="all further parts",
        wall_seconds=round(first.wall_seconds + second.wall_seconds, 3),
        cpu_seconds=round(first.cpu_seconds + second.cpu_seconds, 3),
        peak_memory_bytes=max(first.peak_memory_bytes, second.peak_memory_bytes),
    )


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder."""
    return sum(
        os.lstat(Path(root, name)).st_size
        for root, _, names in os.walk(folder)
        for name in names
        if Path(root, name).is_file()
    )
