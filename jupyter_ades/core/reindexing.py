"""Makes the store anew from what stands in job directories and packages' folders.

What never started has no directory: it is taken from the old store, where that can still be read.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from jupyter_ades.core.places import (
    AUTO,
    JOBS,
    PACKAGES,
    STORE,
    hidden_jobs,
    hold_alone,
    needs_rollback,
)
from jupyter_ades.core.store import Store
from jupyter_ades.core.store_keeping import KeptJob, KeptProcess
from jupyter_ades.core.telling import as_told
from jupyter_ades.errors import AdesError, UnreadableRecord
from jupyter_ades.jobdir import JobDir, read_record, sync_folder
from jupyter_ades.model import ExecuteRequest, Job, JobStatus

log = logging.getLogger(__name__)

#: Files that SQLite may have beside a store's own.
BESIDE = ("", "-wal", "-shm", "-journal")


@dataclass(frozen=True, kw_only=True)
class Reindexed:
    """What was found."""

    processes: int
    #: Jobs from their directories, and those that have none, from the old store.
    jobs: int
    others: int
    #: Directories that could not be read, each with the reason.
    unread: tuple[str, ...]
    #: Why nothing could be read of the old store; empty when it could.
    lost: str
    #: Where the old store is now; None when there was none.
    old: Path | None


def reindex(folder: Path, store_folder: Path | None = None) -> Reindexed:
    """Make the store of a workspace's folder anew; Unavailable while a server uses it.

    ``store_folder`` is where the store is, when that is not the workspace's folder.
    """
    with hold_alone(folder):
        path = (store_folder or folder) / STORE
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        rollback = needs_rollback(path.parent, AUTO)
        unread: list[str] = []
        processes = list(_processes(folder / PACKAGES, unread))
        jobs = _jobs(folder / JOBS, unread)
        more_processes, others, lost = _from_old_store(folder, path, processes, jobs)
        made = path.with_name(f"{STORE}.new")
        _remove(made)
        with closing(Store(made, rollback=rollback)) as store:
            store.restore([*processes, *more_processes], _in_order([*jobs, *others]))
        old = _put_aside(path)
        os.replace(made, path)
        sync_folder(path.parent)
    return Reindexed(
        processes=len(processes) + len(more_processes),
        jobs=len(jobs),
        others=len(others),
        unread=tuple(unread),
        lost=lost,
        old=old,
    )


def _processes(packages: Path, unread: list[str]) -> Iterator[KeptProcess]:
    for folder in _folders(packages):
        try:
            kept = read_record(folder / "deployed.json", KeptProcess)
        except (OSError, UnreadableRecord) as error:
            unread.append(f"{folder}: {error}")
            continue
        if kept is not None:
            yield kept


def _jobs(jobs: Path, unread: list[str]) -> list[KeptJob]:
    found = []
    for folder in _folders(jobs):
        try:
            found.append(_job(JobDir(folder)))
        except (OSError, UnreadableRecord, ValueError) as error:
            unread.append(f"{folder}: {error}")
    return found


def _folders(parent: Path) -> list[Path]:
    found = parent.iterdir() if parent.is_dir() else ()
    return sorted(each for each in found if each.is_dir() and not each.name.startswith("."))


def _job(folder: JobDir) -> KeptJob:
    """A job as its directory tells it.

    The server's word counts for a job that it ended itself, or lets wait again; else the worker's.
    """
    kept = read_record(folder.record, KeptJob) or _of_an_earlier_version(folder)
    status = folder.read_status()
    if kept.job.status is not JobStatus.RUNNING or status is None:
        return kept
    told = as_told(kept.job, status)
    if kept.job.dismissing and not status.status.final:
        # A dismissal under way says so.
        del told["message"], told["updated"]
    return replace(kept, job=replace(kept.job, **told))


def _of_an_earlier_version(folder: JobDir) -> KeptJob:
    order = folder.read_plan()
    if order is None:
        raise ValueError("it holds neither job.json nor plan.json")
    status = folder.read_status()
    job = Job(
        id=order.job_id,
        process_id=order.process.id,
        process=order.process,
        request=ExecuteRequest(inputs=order.inputs),
        status=JobStatus.RUNNING,
        message="starting",
        created=order.created,
        updated=status.updated if status else order.created,
        started=status.started if status else order.created,
    )
    return KeptJob(number=None, job=job)


def _in_order(jobs: Sequence[KeptJob]) -> Iterator[KeptJob]:
    """Each with a place of its own in the list, and keys given once.

    Those that know no place come before those that do. Two can only claim one place, or one key,
    when a store was put back from a copy.
    """
    last, keys = 0, set[str | None]()
    for each in sorted(jobs, key=lambda each: (each.number or 0, each.job.created)):
        last = max(last + 1, each.number or 0)
        key = None if each.idempotency_key in keys else each.idempotency_key
        keys.add(key)
        yield replace(each, number=last, idempotency_key=key)


def _from_old_store(
    folder: Path, path: Path, processes: Sequence[KeptProcess], jobs: Sequence[KeptJob]
) -> tuple[list[KeptProcess], list[KeptJob], str]:
    """What only the old store knows, and why it cannot be read, if so."""
    known = {each.job.id for each in jobs}
    known |= hidden_jobs(folder / JOBS)
    deployed = {each.process.id for each in processes}
    if not path.exists():
        return [], [], "there is none"
    try:
        with closing(Store(path, rollback=True)) as store:
            found, more, lost = store.salvage()
    except (AdesError, OSError) as error:
        return [], [], str(error)
    return (
        [each for each in found if each.process.id not in deployed],
        [each for each in more if each.job.id not in known],
        lost,
    )


def _put_aside(path: Path) -> Path | None:
    if not path.exists():
        _remove(path)
        return None
    old = path.with_name(f"{path.name}.before-reindex-{time.strftime('%Y%m%dT%H%M%S')}")
    for end in BESIDE[1:]:
        beside = Path(f"{path}{end}")
        if beside.exists():
            os.replace(beside, f"{old}{end}")
    os.replace(path, old)
    return old


def _remove(path: Path) -> None:
    for end in BESIDE:
        Path(f"{path}{end}").unlink(missing_ok=True)
