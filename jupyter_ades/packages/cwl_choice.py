"""Which process of a CWL document is deployed. Pure: from the document as written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from jupyter_ades.errors import InvalidPackage, Problem, WorkflowNotFound
from jupyter_ades.model import JSON
from jupyter_ades.packages.cwl_types import short

Written = Mapping[str, JSON]

RUNNABLE = ("Workflow", "CommandLineTool", "ExpressionTool")


def choose(document: Written, wanted: str, name: str) -> Written:
    """The process that ``#id`` picks; else ``main``, the only outermost Workflow, the only tool.

    Raises WorkflowNotFound with the ids there are when none or several fit.
    """
    processes = [each for each in _listed(document) if each.get("class") in RUNNABLE]
    if not processes:
        raise _nothing_runs(document, name)
    if wanted:
        return _named(processes, wanted, name)
    for each in processes:
        if identifier(each) == "main":
            return each
    return _outermost(processes, name)


def identifier(process: Written) -> str:
    """A process's id without what stands before it: ``#snuggs`` -> ``snuggs``; empty for none."""
    return short(str(process.get("id") or ""))


def _listed(document: Written) -> list[Written]:
    graph = document.get("$graph")
    if graph is None:
        return [document]
    listed = graph if isinstance(graph, list) else []
    return [each for each in listed if isinstance(each, Mapping)]


def _nothing_runs(document: Written, name: str) -> InvalidPackage:
    found = sorted({str(each["class"]) for each in _listed(document) if "class" in each})
    has = f"has {', '.join(found)}" if found else "has no class"
    detail = f"{name} has nothing to run: it {has}, and one of {', '.join(RUNNABLE)} is needed."
    return InvalidPackage(detail, (Problem(path=name, detail=detail),))


def _named(processes: list[Written], wanted: str, name: str) -> Written:
    for each in processes:
        if identifier(each) == short(wanted):
            return each
    raise _not_found(f"{name} has no workflow '{wanted[:100]}'", processes)


def _outermost(processes: list[Written], name: str) -> Written:
    used = set(_used(processes))
    for classes in (RUNNABLE[:1], RUNNABLE[1:]):
        found = [
            each
            for each in processes
            if each["class"] in classes and (identifier(each) not in used or len(processes) == 1)
        ]
        if len(found) == 1:
            return found[0]
        if found:
            raise _not_found(f"{name} has several processes that could be meant", found)
    raise _not_found(f"{name} has no process that is not a step of another", processes)


def _used(processes: Iterable[Written]) -> Iterator[str]:
    """Ids that steps run, also steps of processes that are written inside a step."""
    for process in processes:
        for step in _values(process.get("steps")):
            run = step.get("run")
            if isinstance(run, str):
                yield short(run)
            elif isinstance(run, Mapping):
                yield from _used([run])


def _values(steps: JSON) -> list[Written]:
    listed = list(steps.values()) if isinstance(steps, Mapping) else steps
    if not isinstance(listed, list):
        return []
    return [each for each in listed if isinstance(each, Mapping)]


def _not_found(reason: str, processes: Iterable[Written]) -> WorkflowNotFound:
    ids = ", ".join(f"#{identifier(each)}" for each in processes if identifier(each))
    return WorkflowNotFound(f"{reason}: say which one by {ids or 'an id'}.")
