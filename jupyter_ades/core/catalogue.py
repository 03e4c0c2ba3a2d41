"""The processes of a workspace: those that were deployed and those that come with the service."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from jupyter_ades.core.limits import Limits
from jupyter_ades.core.reading import ReadPackage
from jupyter_ades.core.workspace import Workspace
from jupyter_ades.errors import ImmutableProcess, NoSuchProcess
from jupyter_ades.jobdir import sync_folder, write_atomic
from jupyter_ades.model import Process


@dataclass(frozen=True, kw_only=True)
class ProcessPage:
    """One page of a process list, by id."""

    processes: tuple[Process, ...]
    #: How many processes there are in all.
    total: int
    #: Id that the next page is after, and that the page before is before; None when there is none.
    following: str | None = None
    preceding: str | None = None


class Catalogue:
    """What a workspace's processes can be asked. Used from the core's one thread."""

    def __init__(self, workspace: Workspace, limits: Limits) -> None:
        self.workspace = workspace
        self._store = workspace.store
        self._limits = limits

    def processes(
        self, *, limit: int, after: str | None = None, before: str | None = None
    ) -> ProcessPage:
        """A page of deployed processes by id."""
        found = self._store.processes(limit=limit + 1, after=after, before=before)
        backwards = before is not None and after is None
        page = found[-limit:] if backwards else found[:limit]
        more = len(found) > limit
        return ProcessPage(
            processes=tuple(self._offered(each) for each in page),
            total=self._store.count_processes(),
            following=page[-1].id if page and (more or backwards) else None,
            preceding=page[0].id if page and (more if backwards else after is not None) else None,
        )

    def process(self, process_id: str) -> Process:
        """A process by id or alias; NoSuchProcess when there is none."""
        process = self._store.find_process(process_id)
        if process is None:
            raise NoSuchProcess(f"There is no process '{process_id}' in this workspace.")
        return self._offered(process)

    def _offered(self, process: Process) -> Process:
        """The process as this server offers it."""
        named = {process.id, process.alias} & set(self._limits.sync_processes)
        return replace(process, sync=True) if named else process

    def deploy(self, package: ReadPackage) -> Process:
        """Record a package that was read; DuplicatedProcess when its id is taken."""
        return self._keep(package, replacing=False)

    def replace(self, process_id: str, package: ReadPackage) -> Process:
        """Put another package in a process's place; jobs keep the one they were accepted with."""
        old = self.mutable(process_id)
        renamed = replace(package.process, id=old.id, alias=old.alias)
        process = self._keep(replace(package, process=renamed), replacing=True)
        if process.digest != old.digest:
            self.workspace.release(old)
        return process

    def undeploy(self, process_id: str) -> None:
        """Forget a process; its jobs stay, and waiting ones still run."""
        self._forget(self.mutable(process_id))

    def package(self, process_id: str) -> tuple[Path, Process]:
        """The file with the bytes that were deployed, unchanged."""
        process = self.process(process_id)
        return self._folder(process) / "original", process

    # those that come with the service

    def built_in(self) -> list[Process]:
        """Processes that cannot be changed, because a Python package brings them."""
        found = self._store.processes(limit=-1)
        return [each for each in found if not each.mutable]

    def has(self, process_id: str, digest: str) -> bool:
        """Whether a process is offered just so, with its folder."""
        process = self._store.find_process(process_id)
        same = process is not None and (process.id, process.digest) == (process_id, digest)
        return same and process is not None and self._folder(process).exists()

    def offer(self, process: Process, source: bytes) -> None:
        """Offer a process that a Python package brings, in the place of what had its id."""
        folder = self._folder(process)
        (folder / "package").mkdir(parents=True, exist_ok=True)
        write_atomic(folder / "original", source)
        old = self._store.find_process(process.id)
        self._record(process, replacing=True)
        if old is not None and old.id == process.id and old.digest != process.digest:
            self.workspace.release(old)

    def withdraw(self, process: Process) -> None:
        """Offer a process no more; its jobs stay."""
        self._forget(process)

    def _forget(self, process: Process) -> None:
        self._store.remove_process(process.id)
        self._store.afterwards(lambda: self.workspace.keep_no_longer(process))
        self.workspace.release(process)

    def mutable(self, process_id: str) -> Process:
        """A process that may be changed; ImmutableProcess when it is part of the service."""
        process = self.process(process_id)
        if not process.mutable:
            raise ImmutableProcess(f"'{process.id}' is part of the service; it cannot be changed.")
        return process

    def _folder(self, process: Process) -> Path:
        return self.workspace.package_folder(process.digest, process.id)

    def _keep(self, package: ReadPackage, *, replacing: bool) -> Process:
        """Move the package's folder to its place, then record it: never a record without files."""
        folder = self._folder(package.process)
        if not folder.exists():
            os.rename(package.folder, folder)
            sync_folder(folder.parent)
        self._record(package.process, replacing=replacing)
        return package.process

    def _record(self, process: Process, *, replacing: bool) -> None:
        old = self._store.kept_process(process.id)
        self._store.add_process(process, replace=replacing)
        if old is not None and old.process.digest != process.digest:
            self._store.afterwards(lambda: self.workspace.keep_no_longer(old.process))
        self._store.afterwards(lambda: self.workspace.keep_deployed(process.id))
