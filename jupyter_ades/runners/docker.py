"""Says of container images deployed alone that they cannot be run here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jupyter_ades.errors import Unavailable
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import JSON, Process
from jupyter_ades.orders import Plan
from jupyter_ades.runners.base import Site, Step


class DockerRunner:
    """Refuses, in words."""

    name = "docker"
    kinds = ("docker",)

    def missing(self, site: Site) -> str:
        """How an image is called, its description does not say."""
        return (
            "no engine here runs container images by themselves; deploy a CWL CommandLineTool that"
            " names the image in a DockerRequirement."
        )

    def plan(self, process: Process, job: JobDir, site: Site) -> Plan:
        """Raise Unavailable: no job gets here."""
        raise Unavailable(self.missing(site))

    def prepare(self, job: JobDir, inputs: Mapping[str, JSON], process: Process) -> None:
        """Nothing."""

    def read_step(self, line: str) -> Step | None:
        """Nothing."""
        return None

    def collect(self, job: JobDir, process: Process) -> dict[str, JSON]:
        """Nothing."""
        return {}

    def explain(self, job: JobDir, exit_code: int, last_lines: Sequence[str]) -> str:
        """Nothing."""
        return ""
