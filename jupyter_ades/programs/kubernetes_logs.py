"""What the pods of a job said, told line by line: each once, also by a program that takes it up.

Calrissian leaves a file of each tool's lines when the tool has ended (``--tool-logs-basepath``);
its pods are removed too soon to be asked.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from jupyter_ades.errors import UnreadableRecord
from jupyter_ades.jobdir import read_record, write_record

#: Bytes of a tool's lines that are told, half of its beginning and half of its end.
MOST = 2**20
#: Lines of a tool that a failure is explained by.
LAST = 20
#: What the log of a pod without a shared folder has at its end: a file of each tool's last lines,
#: and the results.
TOOL, RESULTS = "::ades-tool ", "::ades-results "
#: What Calrissian puts before each: the time, the pod's name.
_PREFIX = re.compile(r"^\d{4}-\d\d-\d\dT\S+Z - \S+ - ")
#: How cwltool numbers steps of one name.
_NUMBER = re.compile(r"_(\d+)$")
#: What the cluster's names may not have.
_UNSAFE = re.compile("[^-a-z0-9]")
#: Calrissian's word for a tool that failed, with its container's name.
_FAILED = re.compile(r"^ERROR the command below failed in pod (\S+)-container:")


def label(name: str) -> str:
    """A step's name for people: ``say_2`` -> ``say 2``."""
    return _NUMBER.sub(r" \1", name)


class Told:
    """What has been told, kept beside the job for whoever goes on with it."""

    def __init__(self, path: Path, say: Callable[[str], None]) -> None:
        self._path, self._say = path, say
        self._known: dict[str, int] = {}
        with suppress(OSError, UnreadableRecord):
            self._known = read_record(path, dict[str, int]) or {}

    def __getitem__(self, name: str) -> int:
        return self._known.get(name, 0)

    def tell(self, name: str, until: int, lines: list[str]) -> None:
        """Tell lines of a log, which is told so far then."""
        if not lines and self[name] == until:
            return
        for line in lines:
            self._say(line)
        self._known[name] = until
        with suppress(OSError):
            write_record(self._path, self._known)


class ToolLogs:
    """The files of tools that have ended."""

    def __init__(self, folder: Path, told: Told) -> None:
        self._folder, self._told = folder, told
        self._sizes: dict[str, int] = {}
        #: The last lines of each, by its name as the cluster has it.
        self.last: dict[str, deque[str]] = {}
        #: Each step's name for people, likewise.
        self.labels: dict[str, str] = {}
        #: The tool whose lines the main pod's log has now.
        self._now = ""

    def look(self, *, whole: bool = False) -> None:
        """Tell of files that are complete: those that did not grow since the last look, or all."""
        for path in sorted(self._folder.glob("*.log"), key=_time):
            name, size = path.stem, path.stat().st_size
            if self._told[path.name] or not (whole or self._sizes.get(name) == size):
                self._sizes[name] = size
                continue
            said = list(_lines(path, size))
            self._begin(name).extend(said)
            self._told.tell(path.name, size or 1, [f"{label(name)}: {each}" for each in said])
            # What it said stands in the log now.
            with suppress(OSError):
                path.write_bytes(b"")

    def from_pod(self, line: str) -> str | None:
        """What a line of the main pod's log tells people; None for nothing."""
        if line.startswith(TOOL):
            self._now = Path(line.removeprefix(TOOL)).stem
            self._begin(self._now)
        if line.startswith((TOOL, RESULTS)):
            return None
        if not self._now:
            return line
        said = _PREFIX.sub("", line)
        self.last[_in_cluster(self._now)].append(said)
        return f"{label(self._now)}: {said}"

    def _begin(self, name: str) -> deque[str]:
        """Where the last lines of a tool are kept."""
        self.labels[_in_cluster(name)] = label(name)
        return self.last.setdefault(_in_cluster(name), deque(maxlen=LAST))

    @property
    def ended(self) -> int:
        """How many tools have ended."""
        return len(list(self._folder.glob("*.log")))


def failed_step(line: str) -> str:
    """The cluster's name of the step that a line of Calrissian's tells the failure of."""
    found = _FAILED.match(line)
    return found[1] if found else ""


def results_in(log: str) -> str:
    """The results that a pod's log ends with; empty when it has none."""
    lines = [line for line in log.splitlines() if line.startswith(RESULTS)]
    return lines[-1].removeprefix(RESULTS) if lines else ""


def _in_cluster(name: str) -> str:
    """A step's name as the cluster has it."""
    return _UNSAFE.sub("-", name.lower())


def _time(path: Path) -> int:
    return path.stat().st_mtime_ns


def _lines(path: Path, size: int) -> Iterator[str]:
    """A file's lines as the tool said them, without the middle of one that is too long."""
    with open(path, "rb") as file:
        if size <= MOST:
            yield from _said(file.read())
            return
        yield from _said(file.read(MOST // 2))
        file.seek(size - MOST // 2)
        yield f"[... {size - MOST} bytes are left out ...]"
        yield from _said(file.read().partition(b"\n")[2])


def _said(data: bytes) -> Iterator[str]:
    for line in data.decode("utf-8", "replace").splitlines():
        yield _PREFIX.sub("", line)
