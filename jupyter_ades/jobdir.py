"""Names and atomic reads and writes of what stands in a job directory."""

from __future__ import annotations

import os
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import msgspec

from jupyter_ades.errors import UnreadableRecord
from jupyter_ades.hiding import shown_name
from jupyter_ades.orders import Ran, Results, WorkerStatus, WorkOrder

T = TypeVar("T")
#: Files of one tree that are made durable at one time.
SYNCING = 8


def write_atomic(path: Path, data: bytes, *, lasting: bool = True) -> None:
    """Replace a file so that a reader, also after a power loss, sees the old bytes or the new.

    Without ``lasting`` the old ones may come back with the power, until another file of the folder
    is written: for what matters to living processes alone, or not before that other file is there.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with open(partial, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    if lasting:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a folder's names durable (or one file's bytes)."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Make everything in a folder durable.

    Side by side: a disk writes what several ask for at one time in about the time of one.
    """
    found = [folder, *folder.rglob("*")]
    paths = [each for each in found if not each.is_symlink() and (each.is_dir() or each.is_file())]
    with ThreadPoolExecutor(min(SYNCING, len(paths)), thread_name_prefix="sync") as side_by_side:
        for _ in side_by_side.map(sync_folder, paths):
            continue


def bytes_of(folder: Path) -> int:
    """What the files in a folder occupy, links not followed; 0 when there is none."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(root, name)).st_size
            except FileNotFoundError:
                continue
    return total


def write_record(path: Path, record: object, *, lasting: bool = True) -> None:
    """Write a frozen record, or plain data, as JSON; ``lasting`` as in :func:`write_atomic`."""
    write_atomic(path, msgspec.json.encode(record), lasting=lasting)


def read_record(path: Path, kind: type[T]) -> T | None:
    """Read what :func:`write_record` wrote; None when there is no such file.

    UnreadableRecord when something else stands there: a job may write into its own directory.
    """
    try:
        data = _bytes(path)
        return None if data is None else msgspec.json.decode(data, type=kind)
    except (ValueError, RecursionError) as error:
        raise UnreadableRecord(f"{path.name} cannot be read: {error}.") from error


def _bytes(path: Path) -> bytes | None:
    """What a file holds; ValueError when it is none. A pipe is not waited for."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with open(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError("it is no file")
        return file.read()


def _pointed(pointer: Path) -> Path | None:
    try:
        data = pointer.read_bytes()
    except OSError:
        return None
    named = Path(os.fsdecode(data))
    return named if named.is_absolute() and b"\0" not in data else None


class JobDir:
    """One job's folder: the whole contract between the server and the worker."""

    def __init__(self, root: Path) -> None:
        self.root = root
        #: What the server knows of the job, for its eyes alone.
        self.record = root / "job.json"
        #: What the worker is to do (:class:`WorkOrder`), written by the server.
        self.plan = root / "plan.json"
        #: Locked by the worker for as long as it lives.
        self.lock = root / "worker.lock"
        #: Who the worker is (:class:`~jupyter_ades.system.identity.Worker`), written by the worker.
        self.worker = root / "worker.json"
        #: What the worker last said (:class:`WorkerStatus`).
        self.status = root / "status.json"
        #: What the job left (:class:`Results`).
        self.results = root / "results.json"
        #: That the command ended well (:class:`Ran`): stage-out alone is left to do.
        self.ran = root / "ran.json"
        #: What the job cost (:class:`~jupyter_ades.costs.Statistics`).
        self.statistics = root / "statistics.json"
        #: The command's output and the worker's own lines, UTF-8.
        self.log = root / "job.log"
        #: The package as it was when the job started.
        self.package = root / "package"
        #: The ids of the job's containers, and the engine that they run in.
        self.containers = root / "containers"
        #: What the job has in a batch system's queue.
        self.batch = root / "batch"
        #: Of an engine that keeps its steps elsewhere: where, and which are done.
        self.kept_elsewhere = self.batch / "kept"
        #: Says where the scratch is, when it is not here.
        self.elsewhere = root / "scratch"
        #: The staged inputs as JSON, references replaced by paths: what the command reads.
        self.staged = root / "staged.json"
        #: A small picture of the results.
        self.quicklook = root / "quicklook.png"
        self._lay_scratch(_pointed(self.elsewhere) or root)

    def _lay_scratch(self, scratch: Path) -> None:
        #: The folder of all that only the command needs: this one, unless the operator has a disk
        #: for it.
        self.scratch = scratch
        #: What was staged in, one folder per input.
        self.inputs = scratch / "inputs"
        #: The command's working folder.
        self.work = scratch / "work"
        #: What finished steps of a workflow made, as cwltool keeps it.
        self.steps = scratch / "steps"
        #: What an engine goes on with that keeps its steps by itself: the next job takes it away.
        self.kept = scratch / "kept"
        #: What the command left to be delivered.
        self.outputs = scratch / "outputs"
        #: Where results are put together that go to a bucket.
        self.delivery = scratch / "delivery"

    @property
    def has_steps(self) -> bool:
        """Whether there are steps to go on with."""
        kept = (self.kept, self.kept_elsewhere)
        return self.steps.is_dir() or any(each.is_dir() and any(each.iterdir()) for each in kept)

    def place_scratch(self, scratch: Path) -> None:
        """Make a folder elsewhere for the scratch, and note it for whoever opens this directory."""
        scratch.mkdir(parents=True, mode=0o700)
        write_atomic(self.elsewhere, os.fsencode(scratch))
        self._lay_scratch(scratch)

    @property
    def bytes(self) -> int:
        """What all of it occupies."""
        return bytes_of(self.root) + (0 if self.scratch == self.root else bytes_of(self.scratch))

    def remove_scratch(self) -> None:
        """Remove what only the command needed: staged inputs, working folder, outputs."""
        for folder in (
            *(self.inputs, self.work, self.outputs),
            *(self.steps, self.kept, self.delivery),
        ):
            shutil.rmtree(folder, ignore_errors=True)
        # Nothing but a folder of this job's own, whatever the pointer says by now.
        if self.scratch != self.root and self.scratch.name == shown_name(self.root.name):
            shutil.rmtree(self.scratch, ignore_errors=True)

    def write_plan(self, order: WorkOrder) -> None:
        """Tell the worker what to do."""
        write_record(self.plan, order)

    def read_plan(self) -> WorkOrder | None:
        """What the worker was told; None before it was."""
        return read_record(self.plan, WorkOrder)

    def write_status(self, status: WorkerStatus) -> None:
        """Say how the job stands."""
        write_record(self.status, status, lasting=status.status.final)

    def read_status(self) -> WorkerStatus | None:
        """What the worker last said; None before its first word."""
        return read_record(self.status, WorkerStatus)

    def write_ran(self, ran: Ran) -> None:
        """Say that the command ended well."""
        write_record(self.ran, ran)

    def read_ran(self) -> Ran | None:
        """When the command ran; None when it did not end well, or what it left is gone."""
        return read_record(self.ran, Ran) if self.work.is_dir() else None

    def write_results(self, results: Results) -> None:
        """Say what the job left."""
        write_record(self.results, results)

    def read_results(self) -> Results | None:
        """What the job left; None before it ended."""
        return read_record(self.results, Results)
