"""Makes a forked process show its own environment to the system, as a started one does.

What ``/proc/<pid>/environ`` shows is the memory that the process was started with; setting a
variable does not change it. A forked process therefore writes its environment there, the job's
mark first: by that the processes of a job are found. Linux only.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping
from pathlib import Path

from jupyter_ades.system.descendants import JOB_VARIABLE

#: Bytes that a job's mark may have.
ROOM = 128
_ENV_START, _ENV_END = 47, 48


def with_room(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment that has room for a job's mark."""
    return {**environment, JOB_VARIABLE: "-" * ROOM}


class Shown:
    """The memory that the system shows; OSError where that cannot be found."""

    def __init__(self) -> None:
        stat = Path("/proc/self/stat").read_text()
        fields = stat.rpartition(")")[2].split()
        self._start, end = int(fields[_ENV_START]), int(fields[_ENV_END])
        self._size = end - self._start
        if self._size < ROOM:
            raise OSError("there is no room to show a job's mark")

    def become(self, environment: Mapping[str, str]) -> None:
        """Have just this environment, and show as much of it as there is room for, its mark first.

        ValueError for a mark that there is no room for.
        """
        mark = _entry(JOB_VARIABLE, environment[JOB_VARIABLE])
        if len(mark) > self._size:
            raise ValueError(f"there is no room to show {JOB_VARIABLE}")
        # None of the C library's variables are in that memory any longer then.
        os.environ.clear()
        os.environ.update(environment)
        block = mark
        for name, value in environment.items():
            entry = _entry(name, value)
            if name != JOB_VARIABLE and len(block) + len(entry) <= self._size:
                block += entry
        ctypes.memset(self._start, 0, self._size)
        ctypes.memmove(self._start, block, len(block))


def _entry(name: str, value: str) -> bytes:
    return os.fsencode(f"{name}={value}") + b"\0"
