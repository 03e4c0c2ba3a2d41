"""Finds and ends every process of a job, also one that left its parent, group and session.

Two ways, as neither alone is enough: a job's processes carry its id in their environment, which a
tool may have cleared; and on Linux the worker is the parent of every orphan below it, which it is
no longer once it was killed itself.
"""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress

import psutil

from jupyter_ades.system.tree import family

#: Environment variable that names the job in each of its processes.
JOB_VARIABLE = "JUPYTER_ADES_JOB"
#: Seconds for which processes are looked for and killed again: one may be starting another.
PATIENCE = 5.0
#: Seconds between two such looks.
SETTLE = 0.02
_PR_SET_CHILD_SUBREAPER, _PR_GET_CHILD_SUBREAPER = 36, 37


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends; does nothing off Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _adopting() -> bool:
    """Whether this process is the parent of every orphan below it."""
    if sys.platform != "linux":
        return False
    answer = ctypes.c_int()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_GET_CHILD_SUBREAPER, ctypes.byref(answer), 0, 0, 0)
    return bool(answer.value)


def of_job(job_id: str) -> list[psutil.Process]:
    """This user's living processes, but this one, whose environment names the job."""
    own, user = os.getpid(), os.getuid()
    return [
        process
        for process in _candidates(job_id)
        if process.pid != own and _carries(process, job_id, user)
    ]


def _candidates(job_id: str) -> Iterator[psutil.Process]:
    """Processes that may name the job: on Linux by a quick look at each one's environment."""
    if sys.platform != "linux":
        yield from psutil.process_iter()
        return
    mark = f"{JOB_VARIABLE}={job_id}".encode()
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError, psutil.Error), open(f"/proc/{name}/environ", "rb") as file:
            if mark in file.read():
                yield psutil.Process(int(name))


def _carries(process: psutil.Process, job_id: str, user: int) -> bool:
    try:
        named = process.uids().real == user and process.environ().get(JOB_VARIABLE) == job_id
        return bool(named and process.status() != psutil.STATUS_ZOMBIE)
    except (psutil.Error, OSError):
        return False


def below() -> list[psutil.Process]:
    """The living processes below this one."""
    found = []
    for pid in family()[1:]:
        with suppress(psutil.Error):
            found.append(psutil.Process(pid))
    return [process for process in found if lives(process)]


def lives(process: psutil.Process) -> bool:
    """Whether a process has not ended; a zombie has."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def end_all(
    job_id: str,
    listed: Iterable[psutil.Process] = (),
    *,
    children: bool = False,
    sparing: int = 0,
) -> int:
    """Kill every process of a job but this one, until none is left; how many were killed.

    ``listed`` are further ones, found earlier. ``children`` also takes what is below this process:
    for a worker, whose children are all its job's. ``sparing`` is the number of one that is left
    alone, as it ends by itself.
    """
    if children and _adopting() and not _any_left(listed, sparing):
        # Whatever left its parent would be below this process: no need to look at all there are.
        return 0
    killed: set[psutil.Process] = set()
    deadline = time.monotonic() + PATIENCE
    left = _all(job_id, listed, children, sparing)
    while left and time.monotonic() < deadline:
        for process in left:
            _kill(process)
        killed.update(left)
        # Not psutil's wait: it would take a child's exit code from who waits for it.
        time.sleep(SETTLE)
        left = _all(job_id, left, children, sparing)
    return len(killed)


def _all(
    job_id: str, listed: Iterable[psutil.Process], children: bool, sparing: int
) -> list[psutil.Process]:
    found = {*of_job(job_id), *filter(lives, listed)}
    if children:
        found.update(below())
    return [process for process in found if process.pid != sparing]


def _any_left(listed: Iterable[psutil.Process], sparing: int) -> bool:
    return any(process.pid != sparing for process in (*below(), *filter(lives, listed)))


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.Error:
        return
