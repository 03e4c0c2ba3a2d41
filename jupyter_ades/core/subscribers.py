"""What a request may want to be told, and where."""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_ades.errors import InvalidRequest, Problem, RefusedReference
from jupyter_ades.model import JSON, FetchPolicy, JobStatus
from jupyter_ades.references import check_href, is_web

SUCCESS, PROGRESS, FAILURE = "successUri", "inProgressUri", "failedUri"
#: Which address hears of which state (OGC 18-062r2, subscriber.yaml).
HEARS = {
    JobStatus.RUNNING: PROGRESS,
    JobStatus.SUCCESSFUL: SUCCESS,
    JobStatus.FAILED: FAILURE,
    JobStatus.DISMISSED: FAILURE,
}


def check_subscriber(subscriber: Mapping[str, JSON] | None, policy: FetchPolicy) -> None:
    """InvalidRequest, with every problem, for addresses that nothing can be sent to."""
    if subscriber is None:
        return
    names = (SUCCESS, PROGRESS, FAILURE)
    problems = [
        Problem(path=f"subscriber.{name}", detail=detail)
        for name in names
        if name in subscriber and (detail := _wrong(subscriber[name], policy))
    ]
    if not any(name in subscriber for name in names):
        problems.append(
            Problem(path="subscriber", detail=f"one of {', '.join(names)} is expected.")
        )
    if problems:
        detail = "; ".join(f"{each.path}: {each.detail}" for each in problems)
        raise InvalidRequest(detail, tuple(problems))


def _wrong(href: JSON, policy: FetchPolicy) -> str:
    if not isinstance(href, str) or not is_web(href):
        return "an http(s) address is expected."
    try:
        check_href(href, policy)
    except RefusedReference as error:
        return error.detail
    return ""
