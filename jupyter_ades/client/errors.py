"""What a server refused, or why it could not be asked, with the server's own reason."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from jupyter_ades.errors import Problem


class ClientError(Exception):
    """The server did not do what was asked.

    ``detail`` is the server's reason, ``problems`` each thing that is wrong, with its path.
    """

    def __init__(
        self,
        detail: str,
        *,
        title: str = "",
        status: int | None = None,
        kind: str = "",
        problems: tuple[Problem, ...] = (),
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        #: What kind of refusal it is, in the server's words.
        self.title = title
        #: HTTP status of the answer; None when there was no answer.
        self.status = status
        #: The answer's exception type (a URI), as OGC API - Processes defines them.
        self.type = kind
        self.problems = problems

    def __str__(self) -> str:
        lines = [f"{each.path}: {each.detail}" for each in self.problems]
        if len(lines) < 2:
            return self.detail or self.title
        return "\n  ".join([self.title or "Several things are wrong", *lines])


class NoServer(ClientError):
    """No server was found, or nothing answers at its address."""


class Unavailable(NoServer):
    """The server, or what stands before it, cannot answer now."""


class NotAService(ClientError):
    """What answers at this address is no ADES or OGC API - Processes service."""


class NotAllowed(ClientError):
    """The token is missing, expired, or not good for this server."""


class Refused(ClientError):
    """The server understood, and will not do it."""


class InvalidRequest(ClientError):
    """The server cannot do what the request says."""


class InvalidInputs(InvalidRequest):
    """The inputs do not fit the process."""


class NotFound(ClientError):
    """There is nothing at this address."""


class NoSuchProcess(NotFound):
    """There is no process with this identifier."""


class NoSuchJob(NotFound):
    """There is no job with this identifier."""


class ResultNotReady(ClientError):
    """The job has not ended yet, so there are no results."""


class Conflict(ClientError):
    """Something with this identifier is already there."""


class NotOffered(ClientError):
    """This server has no such operation."""


class TooManyJobs(ClientError):
    """The server takes no more jobs now."""


class ServerError(ClientError):
    """The server failed."""


class JobFailed(ClientError):
    """The job failed, so there are no results."""


class JobDismissed(ClientError):
    """The job was dismissed, so there are no results."""


class JobEnded(ClientError):
    """The job has ended, so there is nothing to dismiss."""


class WaitTimeout(ClientError):
    """The job did not end in the time that was given; it goes on."""


class NoCatalog(ClientError):
    """The results are no STAC catalog; ``job.outputs`` has them as they are."""


class InvalidPackage(ClientError):
    """What is to be deployed is no application package."""


#: End of an OGC exception type to the class; these go before the status.
BY_TYPE: dict[str, type[ClientError]] = {
    "no-such-process": NoSuchProcess,
    "nosuchprocess": NoSuchProcess,
    "no-such-job": NoSuchJob,
    "nosuchjob": NoSuchJob,
    "result-not-ready": ResultNotReady,
    "resultnotready": ResultNotReady,
    "duplicated-process": Conflict,
    "immutable-process": Refused,
    "invalid-parameter-value": InvalidInputs,
}
BY_STATUS: dict[int, type[ClientError]] = {
    400: InvalidRequest,
    401: NotAllowed,
    403: NotAllowed,
    404: NotFound,
    405: NotOffered,
    409: Conflict,
    410: JobDismissed,
    413: InvalidRequest,
    415: InvalidRequest,
    422: InvalidRequest,
    # A hub says so of a user's server that is not running.
    424: Unavailable,
    429: TooManyJobs,
    501: NotOffered,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def error_of(status: int, document: Any, *, token: bool, address: str) -> ClientError:
    """The error that an answer stands for; ``document`` is its body, whatever that is."""
    found = document if isinstance(document, Mapping) else {}
    kind = _text(found, "type", "code")
    title = _text(found, "title", "code") or _phrase(status)
    detail = _text(found, "detail", "description", "message", "cause") or title
    ending = kind.rpartition("/")[2].lower()
    cls = BY_TYPE.get(ending) or BY_STATUS.get(status)
    cls = cls or (ServerError if status >= 500 else ClientError)
    if cls is NotAllowed:
        detail = _about_token(f"{status} {title}", token=token, address=address)
    return cls(detail, title=title, status=status, kind=kind, problems=_problems(found))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"status {status}"


def _text(document: Mapping[str, Any], *names: str) -> str:
    """The first of some members that is a text."""
    found = (document.get(name) for name in names)
    return next((value for value in found if isinstance(value, str) and value), "")


def _about_token(answer: str, *, token: bool, address: str) -> str:
    reason = (
        "the token was refused: it may have expired, or be for another server or user"
        if token
        else "no token was sent; give one by Client(url, token=...), --token or $ADES_TOKEN"
    )
    return f"{address} answers {answer}: {reason}."


def _problems(document: Mapping[str, Any]) -> tuple[Problem, ...]:
    listed = document.get("problems")
    return tuple(
        Problem(path=str(each.get("path", "")), detail=str(each.get("detail", "")))
        for each in (listed if isinstance(listed, list) else [])
        if isinstance(each, Mapping)
    )
