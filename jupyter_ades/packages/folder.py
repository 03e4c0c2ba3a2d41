"""A folder of the user folder as a zip: what is deployed is what stood there at that moment."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from jupyter_ades.errors import RefusedReference, TooLarge, UnreachableReference
from jupyter_ades.model import JSON, FetchPolicy
from jupyter_ades.packages.contents import MOST_FILES, Budget, is_left_out
from jupyter_ades.references import user_path

#: Files and folders that are looked at, also those that are left out.
MOST_SEEN = 10 * MOST_FILES
#: The time of every file in the zip, so that the same files make the same bytes.
EPOCH = (1980, 1, 1, 0, 0, 0)

Warnings = tuple[dict[str, JSON], ...]


def zipped(href: str, policy: FetchPolicy, max_bytes: int) -> tuple[bytes, Warnings]:
    """A folder's files as a zip, and a warning for each that stays behind for a reason.

    Hidden files, ``__pycache__``, ``ades-results`` and links that leave the user folder are left
    out. Raises TooLarge beyond the bounds.
    """
    root = user_path(href, policy)
    budget = Budget(max_bytes=max_bytes)
    warnings: list[dict[str, JSON]] = []
    buffer = BytesIO()
    # Stored, not deflated: it lies beside the very files, and is made in no time.
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in _files(root):
            name = path.relative_to(root).as_posix()
            reason = _stays(path, policy)
            if reason:
                warnings.append({"path": name, "detail": f"{name} is left out: {reason}."})
                continue
            budget.add_file(name)
            archive.writestr(_entry(name, path), _bytes(path, name, budget))
    return buffer.getvalue(), tuple(warnings)


def _files(root: Path) -> Iterator[Path]:
    """Everything in a folder that is not a folder, by name; links to folders are not entered."""
    seen = 0
    for here, folders, names in os.walk(root):
        seen += len(folders) + len(names)
        if seen > MOST_SEEN:
            raise TooLarge(f"The folder holds more than {MOST_SEEN} files and folders.")
        links = [name for name in folders if Path(here, name).is_symlink()]
        folders[:] = sorted(name for name in folders if name not in links and not is_left_out(name))
        yield from (Path(here, name) for name in sorted(names + links) if not is_left_out(name))


def _stays(path: Path, policy: FetchPolicy) -> str:
    """Why a file cannot come along; empty when it can."""
    try:
        real = user_path(str(path), policy)
    except RefusedReference:
        return "it is a link out of the user folder"
    if real.is_dir():
        return "it is a link to a folder"
    return "" if real.is_file() else "it is no regular file"


def _entry(name: str, path: Path) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.external_attr = (0o100755 if os.access(path, os.X_OK) else 0o100644) << 16
    return entry


def _bytes(path: Path, name: str, budget: Budget) -> bytes:
    try:
        budget.add_bytes(name, path.stat().st_size)
        return path.read_bytes()
    except OSError as error:
        raise UnreachableReference(
            f"{name} could not be read: {error.strerror or error}."
        ) from error
