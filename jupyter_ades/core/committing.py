"""Group commit: requests that arrive together share one wait for the disk.

Each is whole or nothing by itself, and none is answered before what it wrote is certain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from jupyter_ades.core.store_writing import Writing
from jupyter_ades.errors import AdesError

Call = Callable[[], Any]


@dataclass(kw_only=True)
class Outcome:
    """What a call gave, or why it failed."""

    value: Any = None
    error: BaseException | None = None
    #: Stores that it has written to.
    wrote: tuple[Writing, ...] = ()


def carry(calls: Sequence[Call], stores: Sequence[Writing]) -> list[Outcome]:
    """Make calls one after the other and commit what they wrote together.

    When there is no space for all of it, each is made again with a commit of its own, so that one
    that is too large fails alone.
    """
    outcomes, failed = _together(calls, stores)
    if not failed:
        return outcomes
    return [
        outcome if _is_certain(outcome, failed) else _alone(call, stores)
        for call, outcome in zip(calls, outcomes, strict=True)
    ]


def _alone(call: Call, stores: Sequence[Writing]) -> Outcome:
    (outcome,), failed = _together([call], stores)
    error = next((failed[each] for each in outcome.wrote if each in failed), None)
    return Outcome(error=error) if error and not outcome.error else outcome


def _is_certain(outcome: Outcome, failed: dict[Writing, AdesError]) -> bool:
    """Whether what a call gave stands, though some store could not commit."""
    return bool(outcome.wrote) and failed.keys().isdisjoint(outcome.wrote)


def _together(
    calls: Sequence[Call], stores: Sequence[Writing]
) -> tuple[list[Outcome], dict[Writing, AdesError]]:
    """What each call gave, and the stores that could not commit."""
    failed: dict[Writing, AdesError] = {}
    outcomes: list[Outcome] = []
    with ExitStack() as stack:
        for store in stores:
            stack.push(_noting(store, failed))
            stack.enter_context(store.group())
        outcomes.extend(_one(call, stores) for call in calls)
    return outcomes, failed


def _noting(store: Writing, failed: dict[Writing, AdesError]) -> Callable[..., bool]:
    """Notes that a store could not commit, and lets the others."""

    def note(kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, AdesError):
            failed[store] = error
            return True
        return False

    return note


def _one(call: Call, stores: Sequence[Writing]) -> Outcome:
    for store in stores:
        store.begin_part()
    outcome = Outcome()
    try:
        outcome.value = call()
    except BaseException as error:
        outcome.error = error
    failed = outcome.error is not None
    outcome.wrote = tuple(each for each in stores if each.end_part(failed=failed))
    return outcome
