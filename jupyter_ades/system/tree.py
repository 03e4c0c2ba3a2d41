"""What runs below a process and what it uses, read from Linux's own files where there are any.

psutil reads every process of the machine to find the children of one, and shared memory counts in
it for each that shares it: the workers of a fork server share most of theirs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

import psutil

_TICK = os.sysconf("SC_CLK_TCK")
#: Places, after the name, of a process's times and its ended children's in ``/proc/<pid>/stat``.
_TIMES = slice(11, 15)
_NAMES = ("user", "system", "children_user", "children_system")


def family() -> list[int]:
    """The numbers of this process and of all below it."""
    own = os.getpid()
    if not os.path.exists(f"/proc/{own}/task/{own}/children"):
        return [own, *(each.pid for each in psutil.Process().children(recursive=True))]
    found = [own]
    for each in found:
        found.extend(_children(each))
    return found


def _children(pid: int) -> Iterator[int]:
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                yield from map(int, file.read().split())


def cpu_seconds(pids: Iterable[int]) -> float:
    """Processor seconds of processes, and of their children that ended."""
    return sum(map(_cpu, pids))


def memory_bytes(pids: Iterable[int]) -> int:
    """Bytes that processes hold; what several processes share counts in part for each."""
    return sum(map(_memory, pids))


def _cpu(pid: int) -> float:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            times = file.read().rpartition(b")")[2].split()[_TIMES]
        return sum(map(int, times)) / _TICK
    except OSError:
        return _told(pid, lambda process: sum(getattr(process.cpu_times(), n) for n in _NAMES))


def _memory(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            shares = [line.split()[1] for line in file if line.startswith(b"Pss:")]
        return sum(map(int, shares)) * 1024
    except OSError:
        return int(_told(pid, lambda process: process.memory_info().rss))


def _told(pid: int, ask: Callable[[psutil.Process], float]) -> float:
    """What psutil tells of a process; 0 when it has ended."""
    try:
        return ask(psutil.Process(pid))
    except psutil.Error:
        return 0
