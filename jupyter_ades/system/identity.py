"""Who a worker is, so that a server that did not start it can see whether it lives."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path

import psutil

#: Seconds by which a process's start may differ between two looks, where it is a time of day.
DRIFT = 2.0
BOOT = Path("/proc/sys/kernel/random/boot_id")
#: The place of a process's start in ``/proc/<pid>/stat``, counted after its name in parentheses.
_START = 19


@dataclass(frozen=True, kw_only=True)
class Worker:
    """One worker process, told apart from a later one with the same number."""

    pid: int
    #: When the process started: clock ticks since the boot, which no change of the clock moves; off
    #: Linux seconds since 1970.
    started: float
    #: The name of the machine, or container.
    host: str
    #: Which boot the ticks are counted from; empty off Linux.
    boot: str = ""


def this_worker() -> Worker:
    """The worker that this process is."""
    return worker_of(os.getpid())


def worker_of(pid: int) -> Worker:
    """The worker that a living process is."""
    boot = _boot()
    started = _ticks(pid) if boot else psutil.Process(pid).create_time()
    return Worker(pid=pid, started=started, host=socket.gethostname(), boot=boot)


def is_alive(worker: Worker) -> bool:
    """Whether this very process runs here: same number, same start, and not a zombie.

    A machine is known by its boot, as its name may change; off Linux there is but the name.
    """
    if not worker.boot and worker.host != socket.gethostname():
        return False
    try:
        process = psutil.Process(worker.pid)
        return _is_same(process, worker) and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        return False


def is_foreign(worker: Worker) -> bool:
    """Whether it may live although it does not here: on another machine, or in another container.

    One of an earlier boot of this machine is told from that by its lock alone.
    """
    return worker.host != socket.gethostname() or worker.boot != _boot()


def _is_same(process: psutil.Process, worker: Worker) -> bool:
    if worker.boot:
        return worker.boot == _boot() and worker.started == _ticks(worker.pid)
    return bool(abs(process.create_time() - worker.started) <= DRIFT)


def _boot() -> str:
    try:
        return BOOT.read_text().strip()
    except OSError:
        return ""


def _ticks(pid: int) -> float:
    stat = Path(f"/proc/{pid}/stat").read_text()
    return float(stat.rpartition(")")[2].split()[_START])
