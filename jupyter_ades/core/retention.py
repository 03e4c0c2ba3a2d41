"""What is kept of jobs that have ended: by age, number and bytes; pinned jobs are always kept."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jupyter_ades.core.workspace import Workspace
from jupyter_ades.errors import NoSuchJob
from jupyter_ades.jobdir import bytes_of
from jupyter_ades.keep import Keep
from jupyter_ades.model import Job

DAY = 86400.0
#: How long the files of a synchronous run are kept whose answer names them.
UNLISTED_KEPT = timedelta(hours=1)
#: Jobs that are removed in one call on the core's thread.
BATCH = 100
_DELIVERED = re.compile(r"wf-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


class Retention:
    """Removes what is no longer kept, a batch at a time."""

    def __init__(self, workspaces: Sequence[Workspace], *, jobs: Keep, results: Keep) -> None:
        self._workspaces = workspaces
        self._jobs = jobs
        self._results = results
        #: Whether files of synchronous runs are kept for now.
        self._unlisted = False

    @property
    def ages(self) -> bool:
        """Whether something is to be removed although nothing happens."""
        by_age = self._jobs.days is not None or self._results.days is not None
        return by_age or self._unlisted

    def expire_unlisted(self) -> None:
        """Remove synchronous runs whose files were kept long enough. On the core's thread."""
        edge = datetime.now(UTC) - UNLISTED_KEPT
        for workspace in self._workspaces:
            for job in workspace.store.unlisted(before=edge):
                workspace.forget(job, results=True)
        now = datetime.now(UTC)
        self._unlisted = any(each.store.unlisted(before=now) for each in self._workspaces)

    def expire_jobs(self) -> bool:
        """Forget jobs, their results stay; whether there may be more. On the core's thread."""
        found = [] if self._jobs.everything else [*self._expired()]
        for workspace, job_id in found:
            workspace.forget(workspace.store.job(job_id), results=False)
        return len(found) >= BATCH

    def _expired(self) -> Iterator[tuple[Workspace, str]]:
        keep = self._jobs
        for workspace in self._workspaces:
            for job_id in workspace.store.expired(
                days=keep.days, count=keep.count, size=keep.bytes, limit=BATCH
            ):
                yield workspace, job_id

    def old_results(self) -> list[tuple[Workspace, Path, str]]:
        """Delivered folders beyond what is kept, with their jobs' ids. On any thread: it reads.

        A bucket has rules for that of its own (its life cycle), so only folders are looked at.
        """
        if self._results.everything:
            return []
        return [
            (workspace, results, job_id)
            for workspace in self._workspaces
            if workspace.bucket is None
            for results in workspace.result_folders
            for job_id in _beyond(_delivered(results), self._results)
        ]

    def expire_results(self, found: Sequence[tuple[Workspace, Path, str]]) -> None:
        """Remove results, with what is left of their jobs. On the core's thread."""
        for workspace, results, job_id in found:
            owned = self._owner(results, job_id)
            if owned is None:
                workspace.hide(results / f"wf-{job_id}")
                continue
            owner, job = owned
            if job.status.final and not job.pinned:
                owner.forget(job, results=True)

    def _owner(self, results: Path, job_id: str) -> tuple[Workspace, Job] | None:
        """The job that left something: workspaces may share a folder of results."""
        for workspace in self._workspaces:
            if results in workspace.result_folders:
                with suppress(NoSuchJob):
                    return workspace, workspace.store.job(job_id)
        return None


def _delivered(results: Path) -> list[tuple[float, str, Path]]:
    """When each delivered folder was made, its job's id, and where it is; newest first."""
    try:
        folders = list(results.iterdir())
    except FileNotFoundError:
        return []
    named = ((_DELIVERED.fullmatch(folder.name), folder) for folder in folders)
    found = [(folder.stat().st_mtime, match[1], folder) for match, folder in named if match]
    return sorted(found, reverse=True)


def _beyond(found: Sequence[tuple[float, str, Path]], keep: Keep) -> Iterator[str]:
    total = 0
    for place, (made, job_id, folder) in enumerate(found, start=1):
        if keep.bytes is not None:
            total += bytes_of(folder)
        old = keep.days is not None and time.time() - made > keep.days * DAY
        many = keep.count is not None and place > keep.count
        large = keep.bytes is not None and total > keep.bytes
        if old or many or large:
            yield job_id
