"""Runs CWL application packages by cwltool, without containers."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jupyter_ades.errors import Unavailable
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import JSON, STAGED, Plan, Process
from jupyter_ades.runners.base import Site, Step
from jupyter_ades.runners.steps import how_it_ended, last_words, read_failure, read_step_line

#: In the command's working folder: what cwltool is given, and what it gives.
JOB_ORDER, OUTPUTS = "job-order.json", "outputs.json"
#: A place in the CWL, or in a job's folder, that tells a user of the service nothing.
_WHERE = re.compile(r"^\[\w+ [^\]]*\] (?:Job error:\s*)?|\S*:\d+:\d+:\s+")
_MISSING = re.compile(
    r"output for parameter '([^']*)'.*Did not find output file with glob pattern: \[(.*)\]",
    re.DOTALL,
)
CLASSES = {"file": "File", "directory": "Directory", "stac-item": "File"}


class CwltoolRunner:
    """Carries CWL."""

    name = "cwltool"

    def plan(self, process: Process, job: JobDir, site: Site) -> Plan:
        """The command for a job; raises Unavailable when the package requires a container."""
        if process.details.get("docker_required"):
            raise Unavailable(
                f"{process.id} requires a container (DockerRequirement under requirements), and"
                " containers cannot be run here yet. Move DockerRequirement to hints to run its"
                " tools with what is installed here."
            )
        here = str(Path(sys.prefix, "bin"))
        return Plan(
            runner=self.name,
            argv=(sys.executable, "-P", "-m", "jupyter_ades.programs.run_cwl", str(job.root)),
            # So that a tool's `python` is the environment's.
            env={"PATH": os.pathsep.join([here, os.environ.get("PATH", os.defpath)])},
            stop_signal="SIGTERM",
        )

    def prepare(self, job: JobDir, inputs: Mapping[str, JSON], process: Process) -> None:
        """Write the CWL job order."""
        job.outputs.mkdir(exist_ok=True)
        order = {input_id: _as_cwl(value) for input_id, value in inputs.items()}
        (job.work / JOB_ORDER).write_text(json.dumps(order), encoding="utf-8")

    def read_step(self, line: str) -> Step | None:
        """``2 of 4: ndvi`` when a line tells that one part ended and ndvi runs."""
        step = read_step_line(line)
        if step is None:
            return None
        return replace(
            step, label=f"{min(step.done + 1, step.total)} of {step.total}: {step.label}"
        )

    def collect(self, job: JobDir, process: Process) -> dict[str, JSON]:
        """The workflow's outputs as cwltool gives them."""
        try:
            outputs = json.loads((job.work / OUTPUTS).read_bytes())
        except (OSError, ValueError):
            return {}
        return outputs if isinstance(outputs, dict) else {}

    def explain(self, job: JobDir, exit_code: int, last_lines: Sequence[str]) -> str:
        """Which step failed, how, and what it last said."""
        failure = read_failure(job)
        if "step" in failure:
            return _failed_step(failure)
        if failure.get("errors"):
            return _WHERE.sub("", str(failure["errors"][0])).strip()
        return f"cwltool {how_it_ended(exit_code)}: {last_words(list(last_lines))}".rstrip(": ")


def _as_cwl(value: JSON) -> JSON:
    """A staged input as CWL's File and Directory objects."""
    if isinstance(value, list):
        return [_as_cwl(item) for item in value]
    if not isinstance(value, dict):
        return value
    if STAGED in value:
        # A location of our own: cwltool reads a path as a URL, and "#" and "%" in it as that.
        return {"class": CLASSES[value[STAGED]], "location": f"file://{quote(value['path'])}"}
    return {key: _as_cwl(item) for key, item in value.items()}


def _failed_step(failure: Mapping[str, Any]) -> str:
    """``step evaluate failed with exit code 1: unknown band B99``."""
    said = last_words(failure.get("lines") or [])
    if failure.get("exit_code"):
        return f"step {failure['step']} {how_it_ended(failure['exit_code'])}: {said}".rstrip(": ")
    errors = [_plain(error) for error in failure.get("errors") or []]
    why = errors[0] if errors else "failed"
    return f"step {failure['step']} {why}" + (f"\nIt last said: {said}" if said else "")


def _plain(error: str) -> str:
    """What cwltool said of a tool, to follow the step's name."""
    missing = _MISSING.search(error)
    if missing:
        return f"wrote no output '{missing[1]}': no file or folder matches {missing[2]}"
    return f"failed: {_WHERE.sub('', error).strip()}"
