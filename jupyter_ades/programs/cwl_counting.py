"""How many leaf steps a workflow has, as far as what is known of its inputs tells.

A scatter over a workflow's own inputs is counted before anything runs; one over a step's outputs
counts as one part until they are there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cwltool.process import Process, shortname
from cwltool.utils import aslist
from cwltool.workflow import Workflow, WorkflowStep


def leaves(process: Process, inputs: Mapping[str, Any]) -> int:
    """The leaf steps of a process, from the inputs (by short name) that are known."""
    if not isinstance(process, Workflow):
        return 1
    return sum(step_leaves(step, values_of(step, process, inputs)) for step in process.steps)


def step_leaves(step: WorkflowStep, values: Mapping[str, Any]) -> int:
    """The leaf steps of a step, from its values (by short name) that are known."""
    return parts(step, values) * part_leaves(step, values)


def part_leaves(step: WorkflowStep, values: Mapping[str, Any]) -> int:
    """The leaf steps of one part, as far as the values that all parts share tell."""
    varying = {*scattered(step), *_computed(step)}
    return leaves(step.embedded_tool, {k: v for k, v in values.items() if k not in varying})


def parts(step: WorkflowStep, values: Mapping[str, Any]) -> int:
    """The parts of a step; one when it does not scatter, or over what is not known."""
    keys = scattered(step)
    lengths = [len(values[key]) for key in keys if _is_list(values.get(key))]
    if not keys or len(lengths) < len(keys):
        return 1
    if not str(step.tool.get("scatterMethod", "")).endswith("crossproduct"):
        return lengths[0]
    product = 1
    for length in lengths:
        product *= length
    return product


def scattered(step: WorkflowStep) -> tuple[str, ...]:
    """The short names of the inputs that a step scatters over."""
    return tuple(shortname(key) for key in aslist(step.tool.get("scatter") or []))


def values_of(step: WorkflowStep, workflow: Workflow, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What a workflow's inputs tell of a step's, by short name."""
    sources = {
        each["id"]: inputs.get(shortname(each["id"]), each.get("default"))
        for each in workflow.tool["inputs"]
    }
    values: dict[str, Any] = {}
    for each in step.tool["inputs"]:
        wanted = aslist(each.get("source") or [])
        if len(wanted) == 1 and wanted[0] in sources:
            values[shortname(each["id"])] = sources[wanted[0]]
        elif not wanted and "default" in each:
            values[shortname(each["id"])] = each["default"]
    return values


def _computed(step: WorkflowStep) -> Sequence[str]:
    return [shortname(each["id"]) for each in step.tool["inputs"] if "valueFrom" in each]


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
