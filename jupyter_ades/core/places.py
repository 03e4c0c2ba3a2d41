"""Names in a workspace's folder, and the locks by which servers know of each other.

``ades.lock`` is held by the server that dispatches. ``ades.open`` is shared by all servers that use
the workspace; who makes its store anew must hold it alone.
"""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_ades.errors import Unavailable
from jupyter_ades.hiding import REMOVED, shown_name
from jupyter_ades.system.filesystems import is_network, type_of
from jupyter_ades.system.locks import lock_now

log = logging.getLogger(__name__)

#: How the store is journalled: as its file system allows, by SQLite's WAL, or by its rollback
#: journal, which one server alone can use.
AUTO, WAL, ROLLBACK = JOURNALS = ("auto", "wal", "rollback")
STORE, JOBS, PACKAGES = "ades.sqlite", "jobs", "packages"
DISPATCH_LOCK, OPEN_LOCK = "ades.lock", "ades.open"
#: What begins the name of a folder that a package is being read in, and the seconds after which
#: nobody does any more: who read it was killed.
READING, READ = ".reading-", 3600.0


def hidden_jobs(jobs: Path) -> set[str]:
    """Ids of the jobs whose directories are being removed."""
    return {shown_name(each.name) for each in jobs.glob(f"{REMOVED}*")}


def needs_rollback(folder: Path, journal: str) -> bool:
    """Whether the store in a folder is to have the rollback journal."""
    return journal == ROLLBACK or (journal == AUTO and is_network(type_of(folder)))


def has_jobs(folder: Path) -> bool:
    """Whether there are job directories in a workspace's folder."""
    jobs = folder / JOBS
    return jobs.is_dir() and any(not each.name.startswith(".") for each in jobs.iterdir())


def open_lock(folder: Path, name: str) -> int:
    """A handle of a lock's file."""
    return os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def try_lock(handle: int, kind: int) -> bool:
    """Whether the lock could be taken at once; where there are no locks, it always can."""
    taken = lock_now(handle, kind)
    if taken is None:
        log.warning(
            "The file system of workspace_root keeps no locks: see to it that no second server uses"
            " this workspace"
        )
    return taken is not False


def wait_for_dispatch(folder: Path) -> int:
    """The lock of who dispatches, as soon as nobody else has it; blocks till then."""
    handle = open_lock(folder, DISPATCH_LOCK)
    fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def share(folder: Path) -> int:
    """Use a workspace beside other servers, for as long as the handle is open."""
    handle = open_lock(folder, OPEN_LOCK)
    if not try_lock(handle, fcntl.LOCK_SH):
        os.close(handle)
        raise Unavailable(
            f"The workspace {folder} is being reindexed; start again when that is done."
        )
    return handle


@contextmanager
def hold_alone(folder: Path) -> Iterator[None]:
    """Use a workspace alone; Unavailable when a server uses it."""
    if not folder.is_dir():
        raise Unavailable(f"There is no workspace {folder}.")
    handle = open_lock(folder, OPEN_LOCK)
    try:
        if not try_lock(handle, fcntl.LOCK_EX):
            raise Unavailable(
                f"A server uses the workspace {folder}; stop it (all of them), then try again."
                " Its running jobs go on meanwhile."
            )
        yield
    finally:
        os.close(handle)
