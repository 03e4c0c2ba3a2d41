"""Ends a job that takes more time or memory than it may: it alone, with that as the reason."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

import psutil

from jupyter_ades.resources import Resources, mebibytes
from jupyter_ades.system.machine import killed_for_memory
from jupyter_ades.system.tree import family, memory_bytes
from jupyter_ades.worker.dismissal import Dismissal

#: Seconds between two looks at memory: mostly, and from the moment that half of it is taken.
SELDOM, OFTEN = 0.5, 0.05
#: What the kernel is told of a job's processes: end them before the server (proc(5), 0 to 1000).
OOM_SCORE = 700


class Bounds:
    """The bounds of one job; looks in a thread of its own from :meth:`begin` to :meth:`end`."""

    def __init__(self, resources: Resources, dismissal: Dismissal) -> None:
        self._resources = resources
        self._dismissal = dismissal
        self._over = threading.Event()
        self._killed_before = killed_for_memory()

    def begin(self) -> None:
        """From now on."""
        give_way()
        if self._resources.seconds:
            timer = threading.Timer(self._resources.seconds, self._end_for_time)
            timer.daemon = True
            timer.start()
        if self._resources.memory_limit:
            threading.Thread(target=self._watch_memory, daemon=True).start()

    def end(self) -> None:
        """The job is over."""
        self._over.set()

    def why_killed(self) -> str:
        """What else to know of a command that failed: that the kernel killed for memory."""
        if killed_for_memory() > self._killed_before:
            return (
                "\nThe kernel ended processes here meanwhile, as the memory of this server or"
                " machine was all taken: give the job less to do at once, or say what it needs"
                f" ({HOW_TO_SAY})."
            )
        return ""

    def _end_for_time(self) -> None:
        if not self._over.is_set():
            self._dismissal.end(
                f"The job was ended after {self._resources.seconds:g} seconds, the most that it may"
                " take (c.ADES.job_seconds, c.ADES.process_limits, or the package)."
            )

    def _watch_memory(self) -> None:
        limit, wait = self._resources.memory_limit, SELDOM
        while not self._over.wait(wait):
            held = memory(most=limit)
            if held > limit:
                self._dismissal.end(_too_much(held, limit), at_once=True)
                return
            wait = OFTEN if held > limit / 2 else SELDOM


HOW_TO_SAY = "ResourceRequirement in CWL, metadata.ades.resources in a notebook"


def give_way() -> None:
    """Let the kernel end this process, and those that it starts from now on, before others."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(OOM_SCORE))


def _too_much(held: int, limit: int) -> str:
    return (
        f"The job was ended as it held {mebibytes(held)} of memory; the most that it may hold is"
        f" {mebibytes(limit)} (c.ADES.job_memory_bytes, c.ADES.process_limits, or the package)."
    )


def memory(*, most: int) -> int:
    """Bytes of memory that this worker and all below it hold.

    What processes share is counted in each at first, which is quick; once that is more than
    ``most``, by its shares, which is true.
    """
    pids = family()
    quick = sum(map(_resident, pids))
    return quick if quick <= most else memory_bytes(pids)


def _resident(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
