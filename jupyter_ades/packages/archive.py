"""Zips, read with distrust: nothing lands outside the folder, nothing grows without end.

Sizes are counted while the entries are inflated; what headers say of them is not believed.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from jupyter_ades.errors import InvalidPackage, TooLarge
from jupyter_ades.packages.contents import (
    LONGEST_NAME,
    LONGEST_PATH,
    MOST_FILES,
    Budget,
    is_left_out,
    refused,
)

MEDIA_TYPES = ("application/zip", "application/x-zip-compressed")
SIGNATURE = b"PK\x03\x04"
#: How many times its compressed size an entry may have, once it is not small any more.
RATIO, SMALL = 250, 2**20
#: Entries of the list in a zip's end, hidden ones and folders included: parsed all at once.
MOST_ENTRIES = 10 * MOST_FILES
CHUNK = 2**18
_ENTRY = b"PK\x01\x02"
_ENCRYPTED = 0x1 | 0x40
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ODD = re.compile(r"[\x00-\x1f\x7f\\]")
_DRIVE = re.compile(r"[A-Za-z]:")
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError)


def extract(data: bytes, folder: Path, max_bytes: int) -> None:
    """Write a zip's files below a folder; InvalidPackage or TooLarge name the entry at fault."""
    if data.count(_ENTRY) > MOST_ENTRIES:
        raise TooLarge(f"The zip has more than {MOST_ENTRIES} entries.")
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except (*_BROKEN, NotImplementedError) as error:
        raise InvalidPackage(f"The package is not a zip that can be read: {error}.") from error
    budget = Budget(max_bytes=max_bytes)
    with archive:
        for path, entry in _checked(archive):
            budget.add_file(path)
            _write(archive, entry, folder / path, budget)


def _checked(archive: zipfile.ZipFile) -> list[tuple[str, zipfile.ZipInfo]]:
    """The path of every file and its entry; all are looked at before the first is written."""
    found: dict[str, zipfile.ZipInfo] = {}
    for entry in archive.infolist():
        steps = _steps(entry)
        _check_kind(entry)
        if entry.is_dir() or any(is_left_out(step) for step in steps):
            continue
        path = "/".join(steps)
        if path in found:
            raise refused(path, "is in the zip twice")
        found[path] = entry
    for path in found:
        above = path.rpartition("/")[0]
        while above:
            if above in found:
                raise refused(above, "is a file and a folder in the zip")
            above = above.rpartition("/")[0]
    return list(found.items())


def _steps(entry: zipfile.ZipInfo) -> list[str]:
    """The steps of an entry's path; refused when they lead elsewhere."""
    name = entry.orig_filename
    if _ODD.search(name):
        raise refused(name, "has control characters or backslashes in its name")
    if name.startswith("/") or _DRIVE.match(name):
        raise refused(name, "is an absolute path; a zip may name files in its own folder only")
    steps = [step for step in name.split("/") if step not in ("", ".")]
    if ".." in steps:
        raise refused(name, "leads out of the zip ('..')")
    lengths = [len(step.encode("utf-8", "replace")) for step in steps]
    if not steps or max(lengths) > LONGEST_NAME or sum(lengths) > LONGEST_PATH:
        raise refused(name, "has an empty or too long name")
    return steps


def _check_kind(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise refused(name, "is a symbolic link, which is not followed; put the file itself in")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise refused(name, "is neither a file nor a folder")
    if entry.flag_bits & _ENCRYPTED:
        raise refused(name, "is encrypted")
    if entry.compress_type not in _METHODS:
        raise refused(name, "is compressed in a way other than 'deflate'")


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, budget: Budget) -> None:
    name = entry.filename
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(target, "xb") as file:
        for chunk in _chunks(archive, entry):
            budget.add_bytes(name, len(chunk))
            file.write(chunk)
            if file.tell() > max(SMALL, RATIO * entry.compress_size):
                raise refused(name, f"inflates to more than {RATIO} times its size")
    if entry.external_attr >> 16 & 0o111:
        target.chmod(0o755)


def _chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with archive.open(entry) as source:
            while chunk := source.read(CHUNK):
                yield chunk
    except (*_BROKEN, NotImplementedError, RuntimeError) as error:
        raise refused(entry.filename, f"cannot be read from the zip: {error}") from error
