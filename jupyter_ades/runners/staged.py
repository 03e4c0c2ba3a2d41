"""Steps around a package that bring its inputs and deliver its results where the job runs.

For engines whose steps share no folder with the server: what a job reads and leaves goes between
the steps and the buckets, not through the worker (docs/decisions/0019).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import Process
from jupyter_ades.orders import Plan, WorkOrder
from jupyter_ades.runners.base import Site
from jupyter_ades.runners.exported import STAGED_DOCUMENT, document_of

#: In the plan's environment: the image that the stage steps run in, perhaps none.
STAGES = "JUPYTER_ADES_STAGE_IMAGE"
#: The workflow's own input and output: what the job is to do (:class:`WorkOrder`), and what came
#: of it (:class:`Results`).
ORDER, RESULTS = "ades_order", "ades_results"
#: The files that the stage program reads and writes in its working folder.
ORDER_FILE, OUTPUTS_FILE, RESULTS_FILE = "order.json", "outputs.json", "results.json"
#: An output may be anything, also nothing: the package's own types say what is allowed.
ANY = ["null", "Any"]

Document = dict[str, Any]


def stages(name: str, site: Site) -> dict[str, str]:
    """What a plan's environment says of stage steps; nothing for a runner that has none."""
    return {STAGES: site.stage_image} if name in site.stage_steps else {}


def has_stages(order: WorkOrder) -> bool:
    """Whether a job's transfers are steps of its workflow."""
    return STAGES in order.plan.env


def write_staged(job: JobDir, process: Process, order: WorkOrder) -> Document:
    """Write the package with its stage steps beside it; the job order for that."""
    given = [name for name, value in order.inputs.items() if value is not None]
    document = staged(process, given, order.plan.env[STAGES])
    (job.package / STAGED_DOCUMENT).write_text(json.dumps(document), encoding="utf-8")
    return {ORDER: msgspec.json.encode(_for_steps(order)).decode()}


def _for_steps(order: WorkOrder) -> WorkOrder:
    """What the steps are told: nothing of this machine, and no variables, which may be secret."""
    plan = Plan(runner=order.plan.runner, argv=())
    return replace(order, plan=plan, cache_folder="", bell="", job_environment={})


def staged(process: Process, inputs: Sequence[str], image: str) -> Document:
    """A workflow of stage-in, the package, and stage-out, for a job with these inputs.

    Others are not wired, so that the package's own defaults hold.
    """
    entry, main = document_of(process)
    outputs = [each.id for each in process.outputs]
    return {
        "cwlVersion": "v1.2",
        "class": "Workflow",
        "requirements": {"SubworkflowFeatureRequirement": {}},
        "inputs": {ORDER: "string"},
        "outputs": {RESULTS: {"type": "File", "outputSource": f"stage_out/{RESULTS}"}},
        "steps": {
            "stage_in": {
                "in": {ORDER: ORDER},
                "out": inputs,
                "run": _stage_in(inputs, image),
            },
            "app": {
                "in": {name: f"stage_in/{name}" for name in inputs},
                "out": outputs,
                "run": f"{entry}#{main}" if main else entry,
            },
            "stage_out": {
                "in": {ORDER: ORDER, **{name: f"app/{name}" for name in outputs}},
                "out": [RESULTS],
                "run": _stage_out(outputs, image),
            },
        },
    }


def _stage_in(inputs: Sequence[str], image: str) -> Document:
    """Its outputs are in ``cwl.output.json``, so that none needs a pattern to be found by."""
    return {
        **_tool(["in", ORDER_FILE], {ORDER_FILE: f"$(inputs.{ORDER})"}, image),
        "inputs": {ORDER: "string"},
        "outputs": {name: {"type": "Any"} for name in inputs},
    }


def _stage_out(outputs: Sequence[str], image: str) -> Document:
    files = {ORDER_FILE: f"$(inputs.{ORDER})", OUTPUTS_FILE: "$(inputs)"}
    return {
        **_tool(["out", ORDER_FILE, OUTPUTS_FILE], files, image),
        "inputs": {ORDER: "string", **{name: {"type": ANY} for name in outputs}},
        "outputs": {RESULTS: {"type": "File", "outputBinding": {"glob": RESULTS_FILE}}},
    }


def _tool(arguments: Sequence[str], files: Mapping[str, str], image: str) -> Document:
    """The stage program with its arguments and the files that it reads."""
    listing = [{"entryname": name, "entry": text} for name, text in files.items()]
    return {
        "class": "CommandLineTool",
        "requirements": {
            "InitialWorkDirRequirement": {"listing": listing},
            "NetworkAccess": {"networkAccess": True},
            "ResourceRequirement": {"coresMin": 1, "ramMin": 512},
        },
        "hints": {"DockerRequirement": {"dockerPull": image}} if image else {},
        "baseCommand": ["python", "-P", "-m", "jupyter_ades.programs.stage", *arguments],
    }
