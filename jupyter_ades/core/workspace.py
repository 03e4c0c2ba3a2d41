"""The tenant in the URL: its folders, its store and its lock."""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
from contextlib import suppress
from pathlib import Path

from jupyter_ades.core.bucket import Bucket
from jupyter_ades.core.claim import Claim
from jupyter_ades.core.doorbell import Doorbell
from jupyter_ades.core.handing_over import without_worker
from jupyter_ades.core.places import (
    AUTO,
    JOBS,
    PACKAGES,
    READ,
    READING,
    ROLLBACK,
    STORE,
    WAL,
    has_jobs,
    hidden_jobs,
    needs_rollback,
)
from jupyter_ades.core.store import Store
from jupyter_ades.errors import DAMAGED, NoSuchJob, StoreDamaged
from jupyter_ades.hiding import REMOVED, REPLACED, hidden_name
from jupyter_ades.jobdir import JobDir, sync_folder, write_record
from jupyter_ades.model import S3, Job, Process
from jupyter_ades.system.filesystems import type_of
from jupyter_ades.system.leftovers import end_kept

log = logging.getLogger(__name__)


class Workspace:
    """State in ``<workspace_root>/<name>/``: the store, packages, job directories, the lock."""

    def __init__(
        self,
        name: str,
        root: Path,
        results: Path,
        bucket: str = "",
        s3: S3 | None = None,
        scratch: Path | None = None,
        *,
        store_root: Path | None = None,
        journal: str = AUTO,
        claim: Claim | None = None,
        earlier: Path | None = None,
        earlier_bucket: str = "",
    ) -> None:
        self.name = name
        self.root = root / name
        #: Where ``wf-<job id>`` folders are delivered, unless there is a bucket.
        self.results = results
        #: Where they were delivered before, and those of other workspaces with them.
        self.earlier = earlier
        self.s3 = s3 or S3()
        #: Where inputs and work of running jobs are; None for their directories.
        self.scratch = scratch / name if scratch else None
        #: What jobs have fetched, for the next ones; made by the first of them.
        self.cache = self.root / "cache"
        #: ``s3://bucket/prefix`` that results go to; None when they go to the folder.
        self.bucket: Bucket | None = None
        if bucket:
            location, removals = bucket.rstrip("/"), self.root / "removals"
            self.bucket = Bucket(
                location=location, earlier=earlier_bucket, settings=self.s3, removals=removals
            )
        self.packages = self.root / PACKAGES
        self.jobs = self.root / JOBS
        self._claim = claim or Claim(self.root)
        for folder in (self.packages, self.jobs):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._store_folder = store_root / name if store_root else self.root
        self._store_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.store = self._open_store(journal)
        self.bell = Doorbell(self.root)

    def _open_store(self, journal: str) -> Store:
        path = self._store_folder / STORE
        if not path.exists() and has_jobs(self.root):
            raise StoreDamaged(DAMAGED.format(reason=f"there are jobs, but no {path}"))
        self._rollback = needs_rollback(self._store_folder, journal)
        if self._rollback:
            log.warning(
                "The store of workspace %s lies on %s: it has the rollback journal and serves one"
                " server alone; c.ADES.store_root may name a folder on a local disk that lasts",
                self.name,
                self.file_system or "a file system that is not known",
            )
        return Store(path, rollback=self._rollback)

    @property
    def file_system(self) -> str:
        """The type of the file system that the store lies on; empty where that is not known."""
        return type_of(self._store_folder)

    @property
    def journal(self) -> str:
        """How the store is journalled: ``wal`` or ``rollback``."""
        return ROLLBACK if self._rollback else WAL

    @property
    def watched_store(self) -> Path | None:
        """The store's file, where a second connection can see each commit."""
        return None if self._rollback else self._store_folder / STORE

    @property
    def dispatched(self) -> bool:
        """Whether this server dispatches its jobs."""
        return self._claim.dispatches

    def acquire(self) -> bool:
        """Whether this server dispatches the workspace's jobs: the first one to ask does."""
        return self._claim.acquire()

    def inherit(self, lock: int) -> None:
        """Dispatch its jobs from now on; another server that did has ended."""
        self._claim.inherit(lock)

    def close(self) -> None:
        """Let another server dispatch."""
        self.store.close()
        self.bell.close()
        self._claim.close()

    def job_dir(self, job_id: str) -> JobDir:
        """A job's directory, whether it exists or not."""
        return JobDir(self.jobs / job_id)

    def make_job_dir(self, job_id: str) -> JobDir:
        """An empty job directory in the place of any that there was.

        Raises Overtaken when a worker has begun on that one.
        """
        folder = self.job_dir(job_id)
        if folder.root.exists():
            _replace(folder)
            folder = self.job_dir(job_id)
        folder.root.mkdir(parents=True, mode=0o700)
        if self.scratch:
            folder.place_scratch(self.scratch / job_id)
        return folder

    def keep_record(self, job_id: str) -> None:
        """Write what the store knows of a job into its directory, when there is one.

        With it the store can be made anew (:mod:`~jupyter_ades.core.reindexing`).
        """
        folder = self.job_dir(job_id)
        kept = self.store.kept_job(job_id)
        if kept is None or not folder.root.is_dir():
            return
        try:
            write_record(folder.record, kept)
        except OSError as error:
            log.warning("%s: its record could not be kept in its directory: %s", job_id, error)

    def keep_deployed(self, process_id: str) -> None:
        """The same for a deployed process, in its package's folder."""
        kept = self.store.kept_process(process_id)
        if kept is not None:
            process = kept.process
            path = self._deployed(process)
            if path.parent.is_dir():
                write_record(path, kept)

    def keep_all_deployed(self) -> None:
        """The same for processes that an earlier version deployed, which kept no such record."""
        for kept in list(self.store.kept_processes()):
            if not self._deployed(kept.process).exists():
                self.keep_deployed(kept.process.id)

    def keep_no_longer(self, process: Process) -> None:
        """What was undeployed or replaced must not come back; jobs may still need its folder."""
        kept = self.store.kept_process(process.id)
        if kept is None or kept.process.digest != process.digest:
            self._deployed(process).unlink(missing_ok=True)

    def _deployed(self, process: Process) -> Path:
        return self.package_folder(process.digest, process.id) / "deployed.json"

    def delivered(self, job_id: str, *, known: bool = False) -> Path:
        """A job's results, whether they exist or not.

        What was delivered before is another workspace's unless the job is ``known`` to be of this
        one; else the store is asked.
        """
        own = self.results / f"wf-{job_id}"
        if self.earlier is None or own.exists():
            return own
        before = self.earlier / own.name
        return before if before.exists() and (known or self._has(job_id)) else own

    def _has(self, job_id: str) -> bool:
        try:
            return bool(self.store.job(job_id))
        except NoSuchJob:
            return False

    @property
    def result_folders(self) -> tuple[Path, ...]:
        """The folders that results are, or were, delivered to."""
        return (self.results,) if self.earlier is None else (self.results, self.earlier)

    @property
    def results_location(self) -> str:
        """Where results go, as a work order has it."""
        return self.bucket.location if self.bucket else str(self.results)

    def hide_results(self, job_id: str) -> None:
        """First half of the removal of a job's results, wherever they are."""
        self.hide(self.delivered(job_id))
        if self.bucket:
            self.bucket.mark(job_id)

    def hide_partial_results(self, job_id: str) -> None:
        """Hide what a lost worker was putting together; whole results stay where they are."""
        for parent in self.result_folders:
            for end in ("partial", "old"):
                self.hide(parent / f".wf-{job_id}.{end}")

    def package_folder(self, digest: str, process_id: str) -> Path:
        """Where a deployed package stands: one folder for each content and id, never changed."""
        key = hashlib.sha256(f"{digest}:{process_id}".encode()).hexdigest()
        return self.packages / key[:32]

    def release(self, process: Process) -> None:
        """Hide a package's folder when nothing needs it any more, once that is certain."""
        self.store.afterwards(lambda: self._release(process))

    def _release(self, process: Process) -> None:
        if not self.store.needs_package(process):
            self.hide(self.package_folder(process.digest, process.id))

    def hide(self, folder: Path) -> None:
        """First half of a removal: gone from view at once, whatever happens next."""
        if folder.exists():
            folder.rename(folder.with_name(hidden_name(folder.name)))
            # Before the record goes: else a power loss could bring the folder back without one.
            sync_folder(folder.parent)

    def forget(self, job: Job, *, results: bool) -> None:
        """Remove a job that has ended, with its results or without.

        The record goes last: :meth:`finish_removals` sees through what a crash cut short.
        """
        if results:
            self.hide_results(job.id)
        self.hide(self.job_dir(job.id).root)
        self.store.remove_job(job.id)
        self.release(job.process)

    def finish_removals(self) -> None:
        """Forget the jobs whose directories an earlier server had begun to remove."""
        for job_id in hidden_jobs(self.jobs):
            self.store.remove_job(job_id)

    def sweep(self) -> None:
        """Second half: free the space of everything that was hidden, or that a kill left."""
        for beginning in (REMOVED, REPLACED):
            for folder in self.jobs.glob(f"{beginning}*"):
                job = JobDir(folder)
                # Else it stays for the next time.
                if end_kept(job):
                    job.remove_scratch()
                    shutil.rmtree(folder, ignore_errors=True)
        for parent in (*self.result_folders, self.packages):
            for folder in parent.glob(f"{REMOVED}*"):
                shutil.rmtree(folder, ignore_errors=True)
        for folder in self.packages.glob(f"{READING}*"):
            with suppress(FileNotFoundError):
                if time.time() - folder.stat().st_mtime > READ:
                    shutil.rmtree(folder, ignore_errors=True)
        if self.bucket:
            self.bucket.sweep()


def _replace(folder: JobDir) -> None:
    """Take a job directory away whose worker has not begun."""
    with without_worker(folder):
        folder.remove_scratch()
        hidden = folder.root.rename(
            folder.root.with_name(hidden_name(folder.root.name, beginning=REPLACED))
        )
    shutil.rmtree(hidden, ignore_errors=True)
