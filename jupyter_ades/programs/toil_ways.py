"""How the tools of a job that Toil runs are run: told to the leader, and by it to each worker."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field

#: In the leader's environment: :class:`Ways` as JSON.
WAYS = "JUPYTER_ADES_TOIL_WAYS"
#: The same: the file in which it notes which Jobs in Kubernetes are its own.
RUN_NOTE = "JUPYTER_ADES_TOIL_RUN"


@dataclass(frozen=True, kw_only=True)
class Ways(AbstractContextManager[None]):
    """What is entered by each worker around its work; Toil sends it there."""

    #: Seconds and bytes that one expression may take.
    expression_seconds: float = 10.0
    expression_bytes: int = 2**26
    #: Variables that tools get.
    variables: tuple[str, ...] = ()
    #: The program of the engine that runs containers, if any.
    engine: str = "docker"
    #: Where containers leave their ids, and the job store; empty for Toil's own way. A job that
    #: goes on with an earlier one's steps has these where that one had its own.
    containers: str = ""
    store: str = ""
    #: Image to the folder of an environment that tools run in instead.
    environments: Mapping[str, str] = field(default_factory=dict)

    def __enter__(self) -> None:
        """Let this process run tools so."""
        from jupyter_ades.programs.toil_tools import run_tools_so

        run_tools_so(self)

    def __exit__(self, *_: object) -> None:
        """Do nothing: the worker ends."""

    def as_json(self) -> str:
        """For :data:`WAYS`."""
        return json.dumps(asdict(self))


def read_ways(told: str) -> Ways:
    """What :meth:`Ways.as_json` gave."""
    return Ways(**json.loads(told))
