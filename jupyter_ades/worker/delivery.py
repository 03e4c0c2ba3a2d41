"""Puts a job's files where its results will be: names kept apart, nothing followed out of them.

A file is linked when both places are on one file system, else copied; the original goes with the
job's other scratch. So stage-out can fail, and be tried again, without losing what was computed.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path, PurePosixPath

from jupyter_ades.model import JSON
from jupyter_ades.worker.media import media_type

log = logging.getLogger(__name__)

#: Told: files delivered, files in all, the last one's path.
Tell = Callable[[int, int, str], None]
#: Characters that mean something else in a URL, so that no reader finds such a file by its href.
_UNSAFE = re.compile(r"[#?%:\\\x00-\x1f\x7f]")


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A file that is delivered."""

    source: Path
    #: Path in the delivered folder, with slashes.
    target: str
    media_type: str
    #: The output that it belongs to.
    output: str
    #: What it shows, as its runner says; empty when it does not.
    title: str = ""


@dataclass
class Layout:
    """Which file goes where in the delivered folder; nothing is written while it is made."""

    #: Paths that are spoken for from the beginning.
    reserved: frozenset[str] = frozenset()
    files: list[Placed] = field(default_factory=list)
    _names: set[str] = field(default_factory=set)
    _folders: set[str] = field(default_factory=set)
    _by_source: dict[Path, Placed] = field(default_factory=dict)
    _real: dict[Path, Path] = field(default_factory=dict)

    def add(
        self, source: Path, wanted: str, output: str, described: Mapping[str, JSON] | None = None
    ) -> Placed:
        """Deliver a file under a path, or one near it when that is taken; once, however named."""
        real = self.real(source)
        if real not in self._by_source:
            self._by_source[real] = Placed(
                source=real,
                target=self._free(safe_path(wanted)),
                media_type=media_type(source.name, described),
                output=output,
                title=str((described or {}).get("title") or ""),
            )
            self.files.append(self._by_source[real])
        return self._by_source[real]

    def target_of(self, source: Path) -> str | None:
        """Where a file goes; None when it is not delivered."""
        placed = self._by_source.get(self.real(source))
        return placed.target if placed else None

    def real(self, path: Path) -> Path:
        """A path with its links followed, once: it is asked for several times of each file."""
        if path not in self._real:
            self._real[path] = path.resolve()
        return self._real[path]

    @property
    def bytes(self) -> int:
        """What all files together have."""
        return sum(placed.source.stat().st_size for placed in self.files)

    def claim(self, path: str) -> str:
        """Keep a path for a file that is written later."""
        self._names.add(path)
        return path

    def folder(self, wanted: str) -> str:
        """A folder of this name, or one near it, that is nobody else's."""
        wanted = safe_path(wanted)
        spoken_for = self._folders | self._names | self.reserved
        numbers = (f"_{number}" for number in count(2))
        name = next(
            f"{wanted}{each}"
            for each in chain([""], numbers)
            if f"{wanted}{each}" not in spoken_for
        )
        self._folders.add(name)
        return name

    def _free(self, wanted: str) -> str:
        parent, _, name = wanted.rpartition("/")
        above = f"{self._shared(parent)}/" if parent else ""
        path = next(
            f"{above}{each}"
            for each in numbered(name)
            if f"{above}{each}" not in self._names | self._folders | self.reserved
        )
        self._names.add(path)
        return path

    def _shared(self, wanted: str) -> str:
        """A folder that several files are in; where a file has its name, one near it."""
        above, _, name = wanted.rpartition("/")
        above = f"{self._shared(above)}/" if above else ""
        path = next(
            f"{above}{each}"
            for each in numbered(name)
            if f"{above}{each}" not in self._names | self.reserved
        )
        self._folders.add(path)
        return path


def numbered(name: str) -> Iterator[str]:
    """``out.txt``, ``out_2.txt``, ``out_3.txt``...; ``.tar.gz`` is one ending."""
    path = PurePosixPath(name)
    ending = "".join(path.suffixes[-2:]) if path.suffixes[-2:-1] == [".tar"] else path.suffix
    stem = name.removesuffix(ending)
    yield name
    for number in count(2):
        yield f"{stem}_{number}{ending}"


def safe_path(wanted: str) -> str:
    """A relative path without steps up, and without what a URL would read otherwise."""
    parts = [_UNSAFE.sub("_", part) for part in PurePosixPath(wanted).parts]
    kept = [part for part in parts if part not in ("/", "..", ".")]
    return "/".join(kept) or "output"


def files_in(folder: Path) -> Iterator[Path]:
    """Every file in a folder, sorted; links that lead out of it, or nowhere, are left out."""
    root = folder.resolve()
    for path in sorted(folder.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            continue
        if is_within(path, root):
            yield path


def is_within(path: Path, root: Path) -> bool:
    """Whether a path is a regular file in a folder, also when its links are followed."""
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError):
        log.warning("%s is not delivered: there is no such file", path.name)
        return False
    if not real.is_relative_to(root):
        log.warning("%s is not delivered: it is a link that leaves the outputs", path.name)
        return False
    return real.is_file()


def carry(placed: Placed, folder: Path) -> None:
    """Bring one file to its place."""
    target = folder / placed.target
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(placed.source, target)
    except OSError:
        shutil.copyfile(placed.source, target)
        shutil.copystat(placed.source, target)
