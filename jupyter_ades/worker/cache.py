"""What a workspace's jobs have fetched: one copy of each, hard-linked into the jobs that want it.

A copy is named by what identifies it without reading it: the checksum that its item declares, else
its address with the ``ETag`` or ``Last-Modified`` of its server, which is asked each time whether
that still holds. Everything is safe when jobs, in processes of their own, do it at once; nothing
here ever fails a job. Files lie so:

    addresses/<hash of the URL>     what the server last said, and the name of the copy
    copies/<name>, copies/<name>.json   the copy, read-only; its size and time; last used
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec
import psutil

from jupyter_ades.errors import UnreadableRecord
from jupyter_ades.fetch import Fetched, Unchanged, Validator
from jupyter_ades.jobdir import read_record
from jupyter_ades.worker.multihash import Multihash

T = TypeVar("T")
log = logging.getLogger(__name__)

#: Fetches an address into a file, or raises Unchanged.
Fetch = Callable[[str, Path, Validator], Fetched]
#: Raises for a file that is not what it should be.
Check = Callable[[Path], None]
#: Files that are locked, so that one address is fetched once at a time.
LOCKS = 4096
#: Parts of a query that sign it, and differ each time that somebody asks for the same file.
SIGNATURES = frozenset(
    {"se", "sig", "ske", "skoid", "sks", "skt", "sktid", "skv", "sp", "sr", "st"}
)


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of an address."""

    validator: Validator
    #: The name of its copy.
    copy: str


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """How a copy was when it was kept: one that differs was written to, and is dropped."""

    size: int
    #: Modification time in ns.
    written: int
    #: When the machine ran, by its own name for that: nothing here is forced to the disk, so after
    #: a restart a copy may be there by name only.
    boot: str
    media_type: str


class Cache:
    """A folder of copies, of at most so many bytes together."""

    def __init__(self, folder: Path, most: int) -> None:
        self._most = most
        self._addresses, self._copies = folder / "addresses", folder / "copies"
        self._locks = folder / "locks"
        for each in (self._addresses, self._copies, self._locks):
            each.mkdir(parents=True, exist_ok=True, mode=0o700)

    def bring(
        self,
        href: str,
        target: Path,
        fetch: Fetch,
        check: Check,
        checksum: Multihash | None = None,
    ) -> Fetched:
        """What an href names, as a file: linked from here when it is here, else fetched and kept.

        Raises what ``fetch`` and ``check`` raise.
        """
        if checksum and (found := self._link(checksum.name, target)):
            return self._fetched(href, target, found, Validator())
        key = hashlib.sha256(_unsigned(href).encode()).hexdigest()
        with self._locked(key):
            # Another job may have brought it meanwhile.
            if checksum and (found := self._link(checksum.name, target)):
                return self._fetched(href, target, found, Validator())
            fetched, known = self._ask(href, target, fetch, self._known(key))
            check(target)
            if not known:
                self._keep(key, fetched, checksum)
        return fetched

    def _ask(
        self, href: str, target: Path, fetch: Fetch, known: Known | None
    ) -> tuple[Fetched, bool]:
        """The file, and whether it is the copy that was here."""
        if known is not None:
            try:
                return fetch(href, target, known.validator), False
            except Unchanged:
                stamp = self._link(known.copy, target)
                if stamp is not None:
                    return self._fetched(href, target, stamp, known.validator), True
        return fetch(href, target, Validator()), False

    def _fetched(self, href: str, target: Path, stamp: Stamp, validator: Validator) -> Fetched:
        return Fetched(
            path=target, media_type=stamp.media_type, size=stamp.size, url=href, validator=validator
        )

    def _known(self, key: str) -> Known | None:
        known = _read(self._addresses / key, Known)
        return known if known and self._stamp(known.copy) else None

    def _stamp(self, name: str) -> Stamp | None:
        """A copy's stamp, when the copy is there as it was."""
        stamp, copy = _read(self._stamp_file(name), Stamp), self._copies / name
        try:
            found = copy.stat()
        except OSError:
            return None
        if stamp and stamp.boot != _boot():
            self._drop(name)
            return None
        if stamp and (found.st_size, found.st_mtime_ns) == (stamp.size, stamp.written):
            return stamp
        if stamp:
            log.warning("a job wrote into a file that it shares with others; it is fetched again")
            self._drop(name)
        return None

    def _link(self, name: str, target: Path) -> Stamp | None:
        """Put a copy at a target; None when it is not here, or cannot be linked."""
        stamp = self._stamp(name)
        if stamp is None:
            return None
        try:
            os.link(self._copies / name, target)
            os.utime(self._stamp_file(name))
        except OSError:
            return None
        return stamp

    def _keep(self, key: str, fetched: Fetched, checksum: Multihash | None) -> None:
        """Link what a job has fetched to here, when something tells it from a new version."""
        if not (fetched.validator or checksum) or fetched.size > self._most:
            return
        mark = f"{key} {fetched.validator} {fetched.size}"
        name = checksum.name if checksum else hashlib.sha256(mark.encode()).hexdigest()
        try:
            fetched.path.chmod(0o444)
            with contextlib.suppress(FileExistsError):
                os.link(fetched.path, self._copies / name)
            found = (self._copies / name).stat()
            stamp = Stamp(
                size=found.st_size,
                written=found.st_mtime_ns,
                boot=_boot(),
                media_type=fetched.media_type,
            )
            _write(self._stamp_file(name), stamp)
            if fetched.validator:
                _write(self._addresses / key, Known(validator=fetched.validator, copy=name))
        except OSError as error:
            log.info("%s is not kept for other jobs: %s", fetched.path.name, error)

    def trim(self) -> None:
        """Drop what was not used for the longest time, until no more than the bound is left.

        The bound is lower on a disk that is nearly full: half of what would be free without this.
        """
        with self._locked("trim"):
            stamps = sorted(
                ((_age(each), each) for each in self._copies.glob("*.json")), reverse=True
            )
            sizes = [_size(stamp.with_suffix("")) for _, stamp in stamps]
            most = min(self._most, (shutil.disk_usage(self._copies).free + sum(sizes)) // 2)
            total = 0
            for (_, stamp), size in zip(stamps, sizes, strict=True):
                total += size
                if total > most:
                    self._drop(stamp.stem)
            for address in self._addresses.iterdir():
                known = _read(address, Known)
                if known is None or not (self._copies / known.copy).exists():
                    address.unlink(missing_ok=True)

    def _drop(self, name: str) -> None:
        with contextlib.suppress(OSError):
            self._stamp_file(name).unlink(missing_ok=True)
            (self._copies / name).unlink(missing_ok=True)

    def _stamp_file(self, name: str) -> Path:
        return self._copies / f"{name}.json"

    @contextmanager
    def _locked(self, key: str) -> Iterator[None]:
        """Alone with a key, among all jobs; a process that dies lets go of it."""
        number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) % LOCKS
        handle = os.open(self._locks / str(number), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            # Where a file system has no locks a file may be fetched twice.
            with contextlib.suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def open_cache(folder: str, most: int, beside: Path) -> Cache | None:
    """The cache, when there is one and a job's files can be linked to and from it."""
    if not folder or most <= 0:
        return None
    try:
        cache = Cache(Path(folder), most)
        if os.stat(folder).st_dev != os.stat(beside).st_dev:
            log.info("what other jobs fetched is not used: it is on another file system")
            return None
    except OSError as error:
        log.warning("what other jobs fetched is not used: %s", error)
        return None
    return cache


def _unsigned(href: str) -> str:
    """An href without what signs it."""
    parts = urlsplit(href)
    if not parts.query or parts.scheme not in ("http", "https"):
        return href
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    azure = any(name == "sig" for name, _ in pairs)
    kept = [
        (name, value)
        for name, value in pairs
        if not name.lower().startswith("x-amz-") and not (azure and name in SIGNATURES)
    ]
    return urlunsplit(parts._replace(query=urlencode(kept), fragment=""))


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return read_record(path, kind)
    except (OSError, UnreadableRecord):
        return None


def _write(path: Path, record: object) -> None:
    """Write a record; a reader that comes too early finds none, and fetches."""
    path.write_bytes(msgspec.json.encode(record))


@cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return str(round(psutil.boot_time()))


def _age(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
