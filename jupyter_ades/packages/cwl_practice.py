"""What OGC's Best Practice for Earth Observation Application Packages finds missing (20-089r1).

Nothing of this keeps a package from being deployed or run: it comes back as warnings. Pure. Why it
is not left to ``ogc-ap-validator``: ``docs/decisions/0003-best-practice-checks.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from jupyter_ades.model import JSON, Process
from jupyter_ades.packages.cwl_types import short, text

WORKFLOW, TOOL = "Workflow", "CommandLineTool"


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A tool that the package runs in the end."""

    #: As cwltool resolved it.
    data: Mapping[str, JSON]
    #: Its DockerRequirement, also one that it inherits; None for none.
    image: Mapping[str, JSON] | None

    @property
    def id(self) -> str:
        """Its id; empty when the package gives none."""
        found = str(self.data.get("id") or "")
        return "" if found.startswith("_:") or "#" not in found else short(found)


def advise(
    process: Process, written: Mapping[str, JSON], tools: Sequence[Tool]
) -> tuple[dict[str, JSON], ...]:
    """Warnings, ``{"path", "detail"}`` each, of a process as written and the tools it runs."""
    kind = str(written.get("class"))
    found = [
        *_classes(kind, tools),
        *_process(process, written, kind),
        *_inputs(process),
        *_staging(process),
        *(each for tool in _once(tools) for each in _tool(tool)),
    ]
    return tuple({"path": path, "detail": detail} for path, detail in found)


Found = Iterator[tuple[str, str]]


def _classes(kind: str, tools: Sequence[Tool]) -> Found:
    """Requirement 7: a Workflow and one or more CommandLineTools."""
    if kind != WORKFLOW:
        yield "class", f"The package runs a {kind}; a Workflow around it is recommended (req. 7)."
    if not any(each.data.get("class") == TOOL for each in tools):
        yield "class", "The package runs no CommandLineTool (req. 7)."


def _process(process: Process, written: Mapping[str, JSON], kind: str) -> Found:
    """Requirements 9 and 11: identifier, title, abstract, version."""
    if not written.get("id"):
        yield "id", f"The {kind} has no id; the process is called {process.alias} (req. 9)."
    if not text(written.get("label")):
        yield "label", f"The {kind} has no label, which is the process's title (req. 9)."
    if not text(written.get("doc")):
        yield "doc", f"The {kind} has no doc, which is the process's description (req. 9)."
    if not process.version:
        yield "s:softwareVersion", "The package has no version (req. 11)."


def _inputs(process: Process) -> Found:
    """Requirement 10: title and abstract of each input."""
    for each in process.inputs:
        said = (("label", each.title), ("doc", each.description))
        missing = " and no ".join(name for name, value in said if not value)
        if missing:
            yield f"inputs.{each.id}", f"Input {each.id} has no {missing} (req. 10)."


def _staging(process: Process) -> Found:
    """Requirements 13 and 14: what is staged is a Directory."""
    if not any("Directory" in each.package_type for each in process.inputs):
        yield (
            "inputs",
            "No input is a Directory: Earth observation products that are to be staged in are"
            " Directory or Directory[] (req. 13).",
        )
    if not any("Directory" in each.package_type for each in process.outputs):
        yield (
            "outputs",
            "No output is a Directory: products that are to be staged out are a Directory with a"
            " STAC catalog (req. 14).",
        )


def _tool(tool: Tool) -> Found:
    """Requirement 8: identifier, command, image."""
    name = tool.id or "without id"
    path = f"#{tool.id}" if tool.id else TOOL
    if not tool.id:
        yield path, "A CommandLineTool has no id (req. 8)."
    if not tool.data.get("baseCommand"):
        yield path, f"CommandLineTool {name} has no baseCommand (req. 8)."
    if not tool.image or not tool.image.get("dockerPull"):
        yield path, f"CommandLineTool {name} names no image by dockerPull (req. 8)."
    elif tool.image.get("dockerOutputDirectory"):
        yield path, f"CommandLineTool {name} uses dockerOutputDirectory, which others do not know."


def _once(tools: Sequence[Tool]) -> list[Tool]:
    """Each CommandLineTool once, however many steps run it."""
    kept = [each for each in tools if each.data.get("class") == TOOL]
    return list({str(each.data.get("id")): each for each in kept}.values())
