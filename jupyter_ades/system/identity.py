"""Who a worker is, so that a server that did not start it can see whether it lives."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass

import psutil

#: Seconds by which one process's start time may differ between two looks: on Linux it is told
#: relative to the boot, whose own time moves when the clock is set.
DRIFT = 2.0


@dataclass(frozen=True, kw_only=True)
class Worker:
    """One worker process, told apart from a later one with the same number."""

    pid: int
    #: When the process started, in seconds since 1970, as psutil tells it.
    started: float
    #: The machine, or container, in which the number means something.
    host: str


def this_worker() -> Worker:
    """The worker that this process is."""
    pid = os.getpid()
    return Worker(pid=pid, started=psutil.Process(pid).create_time(), host=socket.gethostname())


def is_alive(worker: Worker) -> bool:
    """Whether this very process runs here: same number, same start, and not a zombie."""
    if worker.host != socket.gethostname():
        return False
    try:
        process = psutil.Process(worker.pid)
        same = abs(process.create_time() - worker.started) <= DRIFT
        return bool(same and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
