"""Delivers what a job left as ``wf-<job id>``: the files, and one STAC catalog over them.

Everything is put together in a folder that no reader looks into, ``catalog.json`` last; then it
takes its place (:mod:`.folder_target`) or is sent to a bucket, ``catalog.json`` last again
(:mod:`.s3_target`): no reader ever sees half a result.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from jupyter_ades.model import JSON
from jupyter_ades.orders import Results, WorkOrder
from jupyter_ades.s3.address import is_s3
from jupyter_ades.worker.cwl_objects import describe
from jupyter_ades.worker.delivery import Tell, carry
from jupyter_ades.worker.folder_target import FolderTarget
from jupyter_ades.worker.outputs import Outputs
from jupyter_ades.worker.own_catalog import CATALOG
from jupyter_ades.worker.provenance import provenance
from jupyter_ades.worker.s3_target import S3Target
from jupyter_ades.worker.sources import source_hrefs, source_times
from jupyter_ades.worker.stac import About, write_catalog


class Target(Protocol):
    """Where results go."""

    #: ``s3://bucket/prefix``; empty for a folder.
    location: str

    def put_together(self, tell: Tell) -> AbstractContextManager[Path]:
        """An empty folder to fill, delivered as a whole when all went well.

        Raises Unavailable, naming the place, what could not be written, and why.
        """

    def carrying(self, tell: Tell) -> Tell:
        """Who is told of each file that comes into that folder."""

    def discard(self) -> None:
        """Remove whatever was delivered, whole or half."""


def deliver(
    order: WorkOrder,
    outputs: Mapping[str, JSON],
    *,
    started: datetime,
    finished: datetime,
    tell: Tell,
    scratch: Path,
    staged: JSON = None,
) -> Results:
    """Deliver a successful job's outputs with their catalog.

    ``outputs`` are by id: literals, CWL's File and Directory objects, lists and records of those.
    ``staged`` is what ``staged.json`` says: the inputs with the paths of the items staged in, whose
    times files without one get. ``scratch`` is a folder that may be made beside what the job left.
    Raises Unavailable when there is no room, or no right, to write.
    """
    left = Outputs(job_id=order.job_id, started=started)
    values = {name: left.take(value, name) for name, value in outputs.items()}
    about = About(
        order=order,
        provenance=provenance(order, started, finished),
        times=sorted({*source_times(order.inputs), *source_times(staged)}) or [started],
        sources=list(source_hrefs(order.inputs)),
    )
    target = target_of(order, scratch)
    # Checksums read every byte, so they are made while the files travel.
    beside = ThreadPoolExecutor(1, thread_name_prefix="checksums")
    try:
        objects = beside.submit(_objects, outputs, left)
        with target.put_together(tell) as folder:
            _carry_all(left, folder, target.carrying(tell))
            write_catalog(folder, left.layout.files, left.own, about)
        described = objects.result()
    finally:
        beside.shutdown(wait=False, cancel_futures=True)
    return Results(
        outputs=values,
        objects=described,
        catalog=f"wf-{order.job_id}/{CATALOG}",
        location=target.location,
        bytes=left.layout.bytes,
    )


def _objects(outputs: Mapping[str, JSON], left: Outputs) -> dict[str, JSON]:
    return {name: describe(value, left.place) for name, value in outputs.items()}


def deliver_failed(order: WorkOrder, outputs: Mapping[str, JSON], scratch: Path) -> Results:
    """Keep what a failed job left, such as the notebook with its failing cell; no catalog."""
    left = Outputs(job_id=order.job_id, started=order.created, merging=False)
    values = {name: left.take(value, name) for name, value in outputs.items()}
    target = target_of(order, scratch)
    if left.layout.files:
        with target.put_together(_silent) as folder:
            _carry_all(left, folder, _silent)
    return Results(outputs=values, location=target.location, bytes=left.layout.bytes)


def _silent(done: int, total: int, label: str) -> None:
    """Tell nobody."""


def discard(order: WorkOrder, scratch: Path) -> None:
    """Remove whatever was delivered of a job, whole or half."""
    target_of(order, scratch).discard()


def target_of(order: WorkOrder, scratch: Path) -> Target:
    """Where a job's results go; ``scratch`` is a folder that may be made beside what it left."""
    if is_s3(order.results_folder):
        return S3Target(order, scratch)
    return FolderTarget(order)


def _carry_all(left: Outputs, folder: Path, tell: Tell) -> None:
    for name in left.folders:
        (folder / name).mkdir(parents=True, exist_ok=True)
    total = len(left.layout.files) + 1
    for done, placed in enumerate(left.layout.files, start=1):
        carry(placed, folder)
        tell(done, total, placed.target)
