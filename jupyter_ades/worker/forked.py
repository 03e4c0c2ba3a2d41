"""What a process forked from a warm one does to be like one that was started anew."""

from __future__ import annotations

import gc
import os
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_ades.system.shown import Shown
from jupyter_ades.worker.leaving import leave


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What a fork server was before it imported anything, and its forks are to be again."""

    shown: Shown
    #: What is done on each signal.
    handlers: Mapping[int, Any]


class _Warmth:
    """Where this process comes from; None when it was started anew."""

    origin: Origin | None = None
    #: What the fork server has imported.
    imported: frozenset[str] = frozenset()


def become_origin() -> None:
    """Make this process one whose forks begin anew; before it imports what may handle signals."""
    handlers: dict[int, Any] = {
        number: signal.getsignal(number) for number in signal.valid_signals()
    }
    _Warmth.origin = Origin(shown=Shown(), handlers=handlers)


def imported_all() -> None:
    """Call once everything is imported: forks share it, and leave it alone at their ends."""
    _Warmth.imported = frozenset(sys.modules)
    gc.collect()
    gc.freeze()


def end(code: int) -> None:
    """End a fork as ``sys.exit`` does, in less time."""
    leave(code, _Warmth.imported)


def is_warm() -> bool:
    """Whether this process has been forked from a fork server, or is one."""
    return _Warmth.origin is not None


def fork() -> int:
    """As ``os.fork``; only to be called while no thread of Python's runs."""
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings():
        # Newer Pythons count the threads of numpy's BLAS, which sees to its forks itself.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def begin_anew(folder: Path, environment: Mapping[str, str]) -> None:
    """A session, signals and randomness of its own, in this folder, with just this environment.

    FileNotFoundError without the folder, ValueError for an id of a job that is too long.
    """
    origin = _Warmth.origin
    assert origin is not None
    os.setsid()
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for number, handler in origin.handlers.items():
        if handler is not None and signal.getsignal(number) != handler:
            signal.signal(number, handler)
    os.chdir(folder)
    origin.shown.become(environment)
    time.tzset()
    tempfile.tempdir = None
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()


def redirect(output: int) -> None:
    """Read nothing, and write all to this descriptor, which is closed but for its copies."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(nothing)
    os.close(output)
