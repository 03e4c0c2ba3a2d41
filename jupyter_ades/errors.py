"""Every refusal of this service, with its HTTP status and its OGC exception type."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar

PART_1 = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/"
PART_2 = "http://www.opengis.net/def/exceptions/ogcapi-processes-2/1.0/"

NO_SPACE = (
    "There is no space left for this service's state (c.ADES.workspace_root); remove finished jobs"
    " or free some space, then try again."
)
DAMAGED = (
    "The store of this workspace cannot be read ({reason}). Stop the server, run"
    " 'jupyter ades reindex', which makes it anew from the job directories, and start again."
)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong in a request or a package."""

    #: Where: a path in the request (``inputs.bands[2]``), a line in a CWL, a cell of a notebook.
    path: str
    #: What is wrong and what to do, in a sentence.
    detail: str


class AdesError(Exception):
    """The request could not be carried out.

    ``detail`` says what is wrong and what to do, ``problems`` each thing that is, with its path.
    """

    status: ClassVar[int] = 500
    type: ClassVar[str] = "about:blank"

    def __init__(self, detail: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.problems = problems

    @property
    def title(self) -> str:
        """The class's first sentence: what kind of refusal this is."""
        sentence = (type(self).__doc__ or HTTPStatus(self.status).phrase).strip()
        return sentence.partition("\n")[0].rstrip(".")


class NoSuchWorkspace(AdesError):
    """There is no workspace with this name."""

    status = 404


class NoSuchProcess(AdesError):
    """There is no process with this identifier."""

    status, type = 404, PART_1 + "no-such-process"


class NoSuchJob(AdesError):
    """There is no job with this identifier."""

    status, type = 404, PART_1 + "no-such-job"


class NoSuchFile(AdesError):
    """There is no such file in the job's results."""

    status = 404


class ResultNotReady(AdesError):
    """The job has not ended yet, so there are no results."""

    status, type = 404, PART_1 + "result-not-ready"


class JobFailed(AdesError):
    """The job failed, so there are no results."""

    status = 500


class JobDismissed(AdesError):
    """The job was dismissed, so there are no results."""

    status = 410


class InvalidRequest(AdesError):
    """The request cannot be understood."""

    status = 400


class InvalidParameter(AdesError):
    """A query parameter has a value that is not allowed."""

    status, type = 400, PART_1 + "invalid-query-parameter-value"


class NotAcceptable(AdesError):
    """The answer cannot be given in the form that the request accepts."""

    status = 406


class NoSuchOutput(AdesError):
    """The job has no such output."""

    status, type = 404, PART_1 + "no-such-output"


class InvalidInputs(AdesError):
    """The inputs do not fit the process."""

    status, type = 400, PART_1 + "invalid-parameter-value"


class InvalidPackage(AdesError):
    """The application package is not valid."""

    status = 400


class WorkflowNotFound(AdesError):
    """The application package has no such workflow."""

    status, type = 400, PART_2 + "workflow-not-found"


class UnsupportedMediaType(AdesError):
    """Packages of this media type cannot be deployed."""

    status, type = 415, PART_2 + "unsupported-media-type"


class DuplicatedProcess(AdesError):
    """A process with this identifier is already deployed."""

    status, type = 409, PART_2 + "duplicated-process"


class ImmutableProcess(AdesError):
    """This process is part of the service and cannot be changed."""

    status, type = 403, PART_2 + "immutable-process"


class NotForGuests(AdesError):
    """Who may only execute may not ask for this."""

    status = 403


class RefusedReference(AdesError):
    """This reference may not be read."""

    status = 400


class UnreachableReference(AdesError):
    """This reference could not be read."""

    status = 400


class IdempotencyConflict(AdesError):
    """This idempotency key was used with another request."""

    status = 422


class NothingToDeliver(AdesError):
    """This job's stage-out cannot be run again."""

    status = 409


class NothingToContinue(AdesError):
    """This job cannot go on where it failed."""

    status = 409


class UnreadableRecord(AdesError):
    """What stands in a job's directory cannot be read."""

    status = 500


class Overtaken(AdesError):
    """Another server on this workspace was quicker."""

    status = 409


class TooManyJobs(AdesError):
    """This workspace has as many open jobs as it may have."""

    status = 429


class TooLarge(AdesError):
    """The request is larger than this service takes."""

    status = 413


class StorageFull(AdesError):
    """There is no space left to do this."""

    status = 507


class Unavailable(AdesError):
    """The service cannot do this now."""

    status = 503


class StoreDamaged(Unavailable):
    """The store of this workspace is damaged."""


def in_words(error: Exception) -> str:
    """What an error says, for people: in its own words, with its kind where these need it."""
    if isinstance(error, AdesError):
        return error.detail
    return str(error) if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
