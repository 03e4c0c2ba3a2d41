"""Runs CWL application packages by cwltool, in containers where there is an engine for them."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from jupyter_ades.errors import Unavailable
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import JSON, STAGED, Process
from jupyter_ades.orders import Plan
from jupyter_ades.runners.base import Site, Step
from jupyter_ades.runners.exported import IMAGE, document_url, file_url, with_catalogs, write_export
from jupyter_ades.runners.images import failed_pull
from jupyter_ades.runners.staged import has_stages, stages, write_staged
from jupyter_ades.runners.steps import how_it_ended, last_words, read_failure, read_step_line

#: In the command's working folder: what cwltool is given, and what it gives.
JOB_ORDER, OUTPUTS = "job-order.json", "outputs.json"
#: cwltool's exit code for a package that asks for something that it does not do.
UNSUPPORTED = 33
#: A place in the CWL, or in a job's folder, that tells a user of the service nothing.
_WHERE = re.compile(r"^\[\w+ [^\]]*\] (?:Job error:\s*)?|\S*:\d+:\d+:\s+")
#: A step whose inputs could not be made.
_STEP = re.compile(r"^\[step ([^\]]*)\] Cannot make job:\s*")
_MISSING = re.compile(
    r"output for parameter '([^']*)'.*Did not find output file with glob pattern: \[(.*)\]",
    re.DOTALL,
)
#: What a package that requires a container is told where there is none.
NO_ENGINE = (
    "requires a container (DockerRequirement under requirements), and no container engine works"
    " here: install podman or start docker, and see c.ADES.container_engine; or move"
    " DockerRequirement to hints, to run its tools with what is installed here."
)
#: In the plan's environment: image to the environment that stands in for it, as JSON.
ENVIRONMENTS = "JUPYTER_ADES_IMAGE_ENVIRONMENTS"
CLASSES = {"file": "File", "directory": "Directory", "stac-item": "File"}


class CwltoolRunner:
    """Carries CWL."""

    name = "cwltool"
    kinds = ("cwl", "notebook")

    def plan(self, process: Process, job: JobDir, site: Site) -> Plan:
        """The command for a job; raises Unavailable as :meth:`check` does."""
        program = (sys.executable, "-P", "-m", "jupyter_ades.programs.run_cwl")
        engine = self._engine(process, site)
        return Plan(
            runner=self.name,
            argv=(*program, str(job.root), *((engine,) if engine else ())),
            env={
                **environment(site),
                **told_environments(process, site),
                **stages(self.name, site),
            },
            stop_signal="SIGTERM",
        )

    def check(self, process: Process, site: Site) -> None:
        """Raise Unavailable when the package requires a container and none can be run here."""
        if process.details.get("docker_required"):
            self._engine(process, site)
        for image, prefix in _mapped(process, site).items():
            if not Path(prefix, "bin").is_dir():
                raise Unavailable(
                    f"c.ADES.image_environments maps the image {image} of {process.id} to {prefix},"
                    " which is no environment: it has no folder 'bin'."
                )

    def _engine(self, process: Process, site: Site) -> str:
        """The engine for the package's containers; empty when it runs without."""
        if process.kind == "notebook":
            return site.container_engine() if site.notebook_image else ""
        mapped = site.image_environments
        if process.details.get("images") and mapped.keys() >= set(process.details["images"]):
            return ""
        required = process.details.get("docker_required")
        named = required or process.details.get("docker")
        engine = site.container_engine() if named else ""
        if required and not engine:
            raise Unavailable(f"{process.id} {NO_ENGINE}")
        return engine

    def prepare(self, job: JobDir, inputs: Mapping[str, JSON], process: Process) -> None:
        """Write the CWL job order."""
        job.outputs.mkdir(exist_ok=True)
        if process.kind == "notebook":
            write_export(job, process)
        order = job.read_plan()
        if order is not None and has_stages(order):
            wanted = write_staged(job, process, order)
        else:
            wanted = job_order(process, inputs)
        (job.work / JOB_ORDER).write_text(json.dumps(wanted), encoding="utf-8")

    def document(self, process: Process, package: Path) -> str:
        """The CWL of a deployed package, which a fork server reads once for all of its jobs."""
        own = self.name == CwltoolRunner.name and process.kind == "cwl"
        return document_url(process, package) if own else ""

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
        pulls = (failed_pull(str(each), last_lines) for each in failure.get("errors") or [])
        if no_image := next(filter(None, pulls), ""):
            return no_image
        if "step" in failure:
            return _failed_step(failure)
        if exit_code == UNSUPPORTED:
            return f"unsupported: {_first_error(failure) or 'the log says what is'}"
        if failure.get("errors"):
            return _first_error(failure)
        return f"{self.name} {how_it_ended(exit_code)}: {last_words(list(last_lines))}".rstrip(": ")


def job_order(process: Process, inputs: Mapping[str, JSON]) -> dict[str, JSON]:
    """Staged inputs as CWL's job order for a process."""
    if process.kind == "notebook":
        inputs = with_catalogs(inputs)
    return {input_id: _as_cwl(value) for input_id, value in inputs.items()}


def environment(site: Site) -> dict[str, str]:
    """What the command's environment has besides: a tool's `python` is the environment's."""
    here = str(Path(sys.prefix, "bin"))
    path = {"PATH": os.pathsep.join([here, os.environ.get("PATH", os.defpath)])}
    return {**path, IMAGE: site.notebook_image} if site.notebook_image else path


def _mapped(process: Process, site: Site) -> dict[str, str]:
    """Each image of a package that an environment stands in for, and the environment's folder."""
    images = process.details.get("images") or ()
    found = {image: site.image_environments.get(image, "") for image in images}
    return {image: str(Path(prefix).expanduser()) for image, prefix in found.items() if prefix}


def told_environments(process: Process, site: Site) -> dict[str, str]:
    """What a plan's environment says of the environments that stand in for a package's images."""
    mapped = _mapped(process, site)
    return {ENVIRONMENTS: json.dumps(mapped)} if mapped else {}


def environments(plan: Plan) -> dict[str, str]:
    """The environments that stand in for images in a job, by image."""
    found: dict[str, str] = json.loads(plan.env.get(ENVIRONMENTS, "{}"))
    return found


def _as_cwl(value: JSON) -> JSON:
    """A staged input as CWL's File and Directory objects."""
    if isinstance(value, list):
        return [_as_cwl(item) for item in value]
    if not isinstance(value, dict):
        return value
    if STAGED in value:
        # A location of our own: cwltool reads a path as a URL, and "#" and "%" in it as that.
        kept = ("basename", "format", "secondaryFiles")
        return {
            "class": CLASSES[value[STAGED]],
            "location": file_url(value["path"]),
            **{key: _as_cwl(value[key]) for key in kept if key in value},
        }
    return {key: _as_cwl(item) for key, item in value.items()}


def _first_error(failure: Mapping[str, Any]) -> str:
    error = str((failure.get("errors") or [""])[0])
    step = _STEP.match(error)
    if step is not None:
        return f"step {step[1]} could not start: {_WHERE.sub('', error[step.end() :]).strip()}"
    return _WHERE.sub("", error).strip()


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
