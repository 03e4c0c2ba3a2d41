"""Runs Python functions, in a process of their own like every job."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence

from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import JSON, Process
from jupyter_ades.orders import Plan
from jupyter_ades.runners.base import Site, Step
from jupyter_ades.runners.steps import how_it_ended, last_words, read_failure, read_step_line

#: In the job's outputs: what the function gave.
OUTPUTS = "outputs.json"


class PythonRunner:
    """Carries Python functions."""

    name = "python"
    kinds = ("python",)

    def plan(self, process: Process, job: JobDir, site: Site) -> Plan:
        """The command for a job."""
        program = "jupyter_ades.programs.run_function"
        return Plan(
            runner=self.name,
            argv=(sys.executable, "-P", "-m", program, str(job.root), process.entry),
            stop_signal="SIGTERM",
            grace=2.0,
        )

    def prepare(self, job: JobDir, inputs: Mapping[str, JSON], process: Process) -> None:
        """Make room for what the function gives."""
        job.outputs.mkdir(exist_ok=True)

    def read_step(self, line: str) -> Step | None:
        """What a function prints by :func:`~jupyter_ades.runners.steps.step_line`."""
        return read_step_line(line)

    def collect(self, job: JobDir, process: Process) -> dict[str, JSON]:
        """What the function gave, by output."""
        try:
            outputs = json.loads((job.outputs / OUTPUTS).read_bytes())
        except (OSError, ValueError):
            return {}
        return outputs if isinstance(outputs, dict) else {}

    def explain(self, job: JobDir, exit_code: int, last_lines: Sequence[str]) -> str:
        """What the function raised, and where."""
        failure = read_failure(job)
        if "detail" in failure:
            return str(failure["detail"])
        said = last_words(list(last_lines), most=1)
        return f"The program that runs the function {how_it_ended(exit_code)}: {said}".rstrip(": ")
