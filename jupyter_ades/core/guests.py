"""What those may ask for who may execute and no more. Pure.

They choose values; how and where a job runs is its owner's, as it runs with the owner's rights and
on the owner's account.
"""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_ades.core.inputs import OF_THE_JOB
from jupyter_ades.errors import NotForGuests, Problem
from jupyter_ades.model import JSON, ExecuteRequest, Job, Process
from jupyter_ades.redaction import secret_inputs


def check_guest(process: Process, request: ExecuteRequest) -> None:
    """NotForGuests, with all of it, for what a request of a guest may not have."""
    if not request.guest:
        return
    problems = [
        Problem(path=f"inputs.{name}", detail="who may only execute cannot say how a job runs.")
        for name in OF_THE_JOB.get(process.kind, ())
        if name in request.inputs and not any(each.id == name for each in process.inputs)
    ]
    if request.priority:
        problems.append(Problem(path="priority", detail="who may only execute has none."))
    if request.runner:
        problems.append(Problem(path="runner", detail="who may only execute cannot choose one."))
    _refuse(problems)


def check_guest_changes(earlier: Job, process: Process, changes: Mapping[str, JSON]) -> None:
    """NotForGuests for secret inputs of an earlier job with other inputs than it was given.

    Else a guest could send the owner's secrets where the guest likes.
    """
    if not changes:
        return
    secret = secret_inputs(process) | secret_inputs(earlier.process)
    kept = sorted(secret & earlier.request.inputs.keys() - changes.keys())
    _refuse(
        [
            Problem(
                path=f"inputs.{name}",
                detail="it is secret: who may only execute gives it anew to change other inputs.",
            )
            for name in kept
        ]
    )


def _refuse(problems: list[Problem]) -> None:
    if problems:
        detail = "; ".join(f"{each.path}: {each.detail}" for each in problems)
        raise NotForGuests(detail, tuple(problems))
