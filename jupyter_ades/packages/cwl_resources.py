"""What the tools of a CWL package need and may take: the most that one of them says.

Values that are expressions depend on a job's inputs and are left to cwltool.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from jupyter_ades.resources import MEBIBYTE, Resources

if TYPE_CHECKING:
    from cwltool.process import Process as CwlProcess


def read_resources(tools: Iterable[CwlProcess]) -> Resources:
    """The needs of a job, whose steps may each run alone.

    A tool that says only ``ramMax`` needs as much (v1.2, ResourceRequirement: a missing bound is
    the other one). ``memory_limit`` is set when every tool has a ``ramMax``.
    """
    found = list(tools)
    limits = [_most(tool, ("ramMax",)) for tool in found]
    return Resources(
        cores=max((_most(tool, ("coresMin", "coresMax")) for tool in found), default=0.0),
        memory=int(
            MEBIBYTE * max((_most(tool, ("ramMin", "ramMax")) for tool in found), default=0.0)
        ),
        memory_limit=int(MEBIBYTE * max(limits)) if limits and all(limits) else 0,
    )


def read_needs(tools: Iterable[CwlProcess]) -> list[dict[str, float]]:
    """The cores and bytes that tools need, each once: on other machines each runs alone."""
    found: list[dict[str, float]] = []
    for tool in tools:
        cores = _most(tool, ("coresMin", "coresMax"))
        memory = MEBIBYTE * _most(tool, ("ramMin", "ramMax"))
        needs = {"cores": cores, "memory": memory}
        if (cores or memory) and needs not in found:
            found.append(needs)
    return found


def _most(tool: CwlProcess, words: tuple[str, ...]) -> float:
    """The first of these that the tool's requirement has as a number; 0 for none."""
    return next(_numbers(tool, words), 0.0)


def _numbers(tool: CwlProcess, words: tuple[str, ...]) -> Iterator[float]:
    requirement, _ = tool.get_requirement("ResourceRequirement")
    for word in words:
        value = (requirement or {}).get(word)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0:
            yield float(value)
            return
