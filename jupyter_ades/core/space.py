"""Room on the disks: a home folder that is full locks its user out, so jobs wait before it is."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_ades.core.workspace import Workspace
from jupyter_ades.errors import NO_SPACE, StorageFull
from jupyter_ades.resources import mebibytes


@contextmanager
def storage_errors() -> Iterator[None]:
    """Tell a full disk as what it is."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull(NO_SPACE) from error
        raise


def free_bytes(path: Path) -> int:
    """Bytes that are free on the disk of a folder, which need not exist yet."""
    there = next(each for each in (path, *path.parents) if each.exists())
    return shutil.disk_usage(there).free


def lack_of_space(workspace: Workspace, least: int) -> str:
    """A sentence when the disk of the workspace's state or results has less free; else empty."""
    folders = [("its jobs", workspace.root)]
    if workspace.scratch:
        folders.append(("its scratch", workspace.scratch))
    if workspace.bucket is None:
        folders.append(("its results", workspace.results))
    for what, folder in folders:
        free = free_bytes(folder)
        if free < least:
            return (
                f"waiting for space: the disk of {what} has {mebibytes(free)} free, jobs start"
                f" from {mebibytes(least)} (c.ADES.min_free_bytes); remove jobs or files"
            )
    return ""
