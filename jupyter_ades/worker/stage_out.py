"""Delivers what a job left as ``wf-<job id>``: the files, and one STAC catalog over them.

Everything is put together in a hidden folder beside the place where it will be; ``catalog.json``
is written last, and the folder renamed when it is whole and durable, so that no reader ever sees
half a result.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from jupyter_ades.errors import Unavailable
from jupyter_ades.jobdir import sync_folder
from jupyter_ades.model import JSON, Results, WorkOrder
from jupyter_ades.worker.cwl_objects import describe
from jupyter_ades.worker.delivery import carry, sync
from jupyter_ades.worker.outputs import Outputs
from jupyter_ades.worker.own_catalog import CATALOG
from jupyter_ades.worker.provenance import provenance
from jupyter_ades.worker.sources import source_hrefs, source_times
from jupyter_ades.worker.stac import About, write_catalog

#: Told: files delivered, files in all, the last one's path.
Tell = Callable[[int, int, str], None]


def deliver(
    order: WorkOrder,
    outputs: Mapping[str, JSON],
    *,
    started: datetime,
    finished: datetime,
    tell: Tell,
    staged: JSON = None,
) -> Results:
    """Deliver a successful job's outputs with their catalog.

    ``outputs`` are by id: literals, CWL's File and Directory objects, lists and records of those.
    ``staged`` is what ``staged.json`` says: the inputs with the paths of the items staged in, whose
    times files without one get. Raises Unavailable when there is no room, or no right, to write.
    """
    left = Outputs(job_id=order.job_id, started=started)
    values = {name: left.take(value, name) for name, value in outputs.items()}
    about = About(
        order=order,
        provenance=provenance(order, started, finished),
        times=sorted({*source_times(order.inputs), *source_times(staged)}) or [started],
        sources=list(source_hrefs(order.inputs)),
    )
    total = len(left.layout.files) + 1
    with _put_together(order) as folder:
        _carry_all(left, folder, lambda done, label: tell(done, total, label))
        write_catalog(folder, left.layout.files, left.own, about)
        tell(total, total, CATALOG)
    return Results(
        outputs=values,
        objects={name: describe(value, left.place) for name, value in outputs.items()},
        catalog=f"{_name(order)}/{CATALOG}",
    )


def deliver_failed(order: WorkOrder, outputs: Mapping[str, JSON]) -> Results:
    """Keep what a failed job left, such as the notebook with its failing cell; no catalog."""
    left = Outputs(job_id=order.job_id, started=order.created, merging=False)
    values = {name: left.take(value, name) for name, value in outputs.items()}
    if left.layout.files:
        with _put_together(order) as folder:
            _carry_all(left, folder, lambda done, label: None)
    return Results(outputs=values)


def discard(order: WorkOrder) -> None:
    """Remove whatever was delivered of a job, whole or half."""
    for folder in (_final(order), _beside(order, "partial"), _beside(order, "old")):
        shutil.rmtree(folder, ignore_errors=True)


def _name(order: WorkOrder) -> str:
    return f"wf-{order.job_id}"


def _final(order: WorkOrder) -> Path:
    return Path(order.results_folder, _name(order))


def _beside(order: WorkOrder, what: str) -> Path:
    return Path(order.results_folder, f".{_name(order)}.{what}")


@contextmanager
def _put_together(order: WorkOrder) -> Iterator[Path]:
    """An empty hidden folder that takes its place when all went well, and else is removed."""
    partial = _beside(order, "partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        yield partial
        sync(partial)
        _replace(_final(order), partial, _beside(order, "old"))
    except OSError as error:
        raise Unavailable(
            f"The results could not be delivered to {order.results_folder}: "
            f"{error.strerror or error}."
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _replace(final: Path, partial: Path, old: Path) -> None:
    """Put the new folder in place; one of an earlier delivery is gone only then."""
    if final.exists():
        os.rename(final, old)
    os.rename(partial, final)
    sync_folder(final.parent)
    shutil.rmtree(old, ignore_errors=True)


def _carry_all(left: Outputs, folder: Path, tell: Callable[[int, str], None]) -> None:
    for name in left.folders:
        (folder / name).mkdir(parents=True, exist_ok=True)
    for done, placed in enumerate(left.layout.files, start=1):
        carry(placed, folder)
        tell(done, placed.target)
