"""What the steps of a process ask for, where each runs by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jupyter_ades.errors import Unavailable
from jupyter_ades.model import NEEDS, Process
from jupyter_ades.resources import MEBIBYTE, mebibytes


@dataclass(frozen=True, kw_only=True)
class Need:
    """Cores and bytes of memory of a step; 0 for what it does not say."""

    cores: float
    memory: float

    def of(self, process: Process) -> str:
        """For people, at the beginning of a refusal."""
        cores = [f"{self.cores:g} {'core' if self.cores == 1 else 'cores'}"] * bool(self.cores)
        asked = [*cores, *[mebibytes(self.memory)] * bool(self.memory)]
        return f"A step of {process.id} asks for {' and '.join(asked)} (ResourceRequirement)"


def needs_of(process: Process) -> list[Need]:
    """Those of each step; those of the whole where the package tells no steps."""
    told = process.details.get(NEEDS)
    whole = {"cores": process.resources.cores, "memory": process.resources.memory}
    return [Need(cores=each["cores"], memory=each["memory"]) for each in told or [whole]]


def refuse_without_node(process: Process, nodes: Sequence[Any]) -> None:
    """Raise Unavailable when no node has what a step asks for; of none at all nothing is known."""
    for need in needs_of(process) if nodes else ():
        if not any(_fits(need, node) for node in nodes):
            largest = max(nodes, key=lambda node: (node.cores, node.memory_mib))
            raise Unavailable(
                f"{need.of(process)}, and no node has them: the largest of {len(nodes)} has"
                f" {largest.cores:g} cores and {mebibytes(largest.memory_mib * MEBIBYTE)}."
            )


def _fits(need: Need, node: Any) -> bool:
    return bool(node.cores >= need.cores and node.memory_mib >= need.memory / MEBIBYTE)
