"""Jobs whose transfers are steps of their workflow: what the worker checks before, and reads after.

:mod:`jupyter_ades.runners.staged` makes the steps, :mod:`jupyter_ades.programs.stage` runs in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from jupyter_ades.errors import RefusedReference, Unavailable
from jupyter_ades.jobdir import read_record
from jupyter_ades.model import JSON, REFERENCE
from jupyter_ades.orders import Results, WorkOrder
from jupyter_ades.references import is_remote, shown
from jupyter_ades.runners.staged import RESULTS
from jupyter_ades.s3.address import is_s3


def check_reachable(order: WorkOrder) -> None:
    """Raise what a job is refused for whose steps would not reach its inputs or its results."""
    if not is_s3(order.results_folder):
        raise Unavailable(
            "The results are delivered by a step that runs elsewhere (c.ADES.stage_steps), which"
            f" does not reach {order.results_folder}: let c.ADES.results_root be a bucket."
        )
    for input_id, value in order.inputs.items():
        for href in _hrefs(value):
            place = order.chained[href].place if href in order.chained else href
            if not is_remote(place):
                raise RefusedReference(
                    f"Input {input_id}: {shown(href)} lies in a folder of this machine, and is"
                    " fetched where the job runs (c.ADES.stage_steps): put it into a bucket."
                )


def _hrefs(value: JSON) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _hrefs(each)
    elif isinstance(value, dict):
        if REFERENCE in value and isinstance(value.get("href"), str):
            yield value["href"]
        for each in value.values():
            yield from _hrefs(each)


def delivered(outputs: Mapping[str, JSON]) -> Results:
    """What the stage-out step delivered; raises Unavailable when it does not say."""
    told = outputs.get(RESULTS)
    results = read_record(Path(told["path"]), Results) if isinstance(told, dict) else None
    if results is None:
        raise Unavailable("The step that delivers results left no word of them.")
    return results
