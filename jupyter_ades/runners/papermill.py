"""Runs notebooks by papermill, with the kernel that the server's own manager resolved."""

from __future__ import annotations

import filecmp
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyter_ades.errors import InvalidPackage
from jupyter_ades.giving import OUTPUTS_FILE
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import JSON, Process
from jupyter_ades.orders import Plan
from jupyter_ades.redaction import Redaction
from jupyter_ades.runners.base import Site, Step
from jupyter_ades.runners.notebook_outputs import InvalidOutputs, read_given
from jupyter_ades.runners.steps import how_it_ended, last_words, read_failure, read_step_line

#: Environment variable by which the program learns the kernel: name and ``kernel.json`` as JSON.
KERNEL_VARIABLE = "JUPYTER_ADES_KERNEL"
NOTEBOOK_TYPE = "application/x-ipynb+json"
#: Folders in the job's folder that are no results.
LITTER = frozenset({".ipynb_checkpoints", "__pycache__"})
#: Below ``outputs/``: the folder of the pictures that cells showed, and the list of them.
PLOTS, PLOTS_LIST = "plots", "plots.json"


class PapermillRunner:
    """Carries notebooks."""

    name = "papermill"
    kinds = ("notebook",)

    def plan(self, process: Process, job: JobDir, site: Site) -> Plan:
        """The command for a job; raises InvalidPackage when its kernel is not installed."""
        kernel = str(process.details.get("kernel") or "python3")
        specs = site.kernel_specs()
        spec = specs.get(kernel)
        if spec is None:
            raise InvalidPackage(
                f"{process.entry} names the kernel '{kernel}', which is not installed here;"
                f" installed are {', '.join(sorted(specs)) or 'none'}."
            )
        return Plan(
            runner=self.name,
            # -P: a helper file beside the notebook (json.py) must not take a library's place.
            argv=(sys.executable, "-P", "-m", "jupyter_ades.programs.run_notebook", str(job.root)),
            env={KERNEL_VARIABLE: json.dumps({"name": kernel, "spec": dict(spec)})},
            stop_signal="SIGINT",
        )

    def prepare(self, job: JobDir, inputs: Mapping[str, JSON], process: Process) -> None:
        """Put the package's helper files into the job's folder; the notebook is run from there."""
        job.outputs.mkdir(exist_ok=True)
        shutil.copytree(
            job.package,
            job.work,
            dirs_exist_ok=True,
            ignore=lambda folder, names: {
                name for name in names if Path(folder, name) == job.package / process.entry
            },
        )
        # One that came along is from an earlier run by hand.
        (job.work / OUTPUTS_FILE).unlink(missing_ok=True)

    def read_step(self, line: str) -> Step | None:
        """``cell 3 of 7`` when a line tells that cell 3 runs."""
        return read_step_line(line)

    def collect(self, job: JobDir, process: Process) -> dict[str, JSON]:
        """What the notebook gives by name, its executed self, and every new file and picture."""
        files = list(_new_files(job))
        outputs: dict[str, JSON] = {"results": [*files, *_plots(job, files)]}
        notebook = executed_notebook(job, process)
        if notebook.is_file():
            _redact(notebook, job, process)
            outputs["notebook"] = {**_file(notebook), "type": NOTEBOOK_TYPE}
        with suppress(InvalidOutputs):
            # What is wrong with them has been said: the job has failed.
            outputs = {**read_given(job.work), **outputs}
        return outputs

    def explain(self, job: JobDir, exit_code: int, last_lines: Sequence[str]) -> str:
        """Which cell failed, where and how."""
        failure = read_failure(job)
        if "cell" in failure:
            return _failed_cell(failure)
        if "detail" in failure:
            return str(failure["detail"])
        said = last_words(list(last_lines), most=1)
        return f"The program that runs the notebook {how_it_ended(exit_code)}: {said}".rstrip(": ")


def executed_notebook(job: JobDir, process: Process) -> Path:
    """Where the executed notebook is written."""
    return job.outputs / f"{Path(process.entry).stem}.ipynb"


def _redact(notebook: Path, job: JobDir, process: Process) -> None:
    """Take the values of secret inputs out of what is delivered: papermill writes them all in."""
    redact = Redaction(process, json.loads(job.staged.read_bytes()))
    if redact:
        shown = redact.tree(json.loads(notebook.read_bytes()))
        notebook.write_text(json.dumps(shown, indent=1, ensure_ascii=False), encoding="utf-8")


def _failed_cell(failure: Mapping[str, Any]) -> str:
    """``cell 5 of a.ipynb failed at line 2 (`x = 1/0`): ZeroDivisionError: division by zero``."""
    line = failure.get("line")
    source = f" (`{failure['source']}`)" if failure.get("source") else ""
    where = f" at line {line}{source}" if line else ""
    said = f"{failure.get('ename', '')}: {failure.get('evalue', '')}".strip(": ")
    if said.isdigit():
        # All that a bash kernel says.
        said = f"its last command ended with exit code {said}"
    return f"{failure['cell']} of {failure['notebook']} failed{where}: {said}"


def _new_files(job: JobDir) -> Iterator[JSON]:
    """Regular files in the job's folder that the package did not bring."""
    inside = job.work.resolve()
    for root, folders, names in os.walk(job.work):
        folders[:] = sorted(set(folders) - LITTER)
        for name in sorted(names):
            path = Path(root, name)
            relative = path.relative_to(job.work)
            named = relative.as_posix() == OUTPUTS_FILE
            if not named and _is_result(path, inside) and not (job.package / relative).exists():
                yield {**_file(path), "relative": relative.as_posix()}


def _plots(job: JobDir, files: Sequence[JSON]) -> Iterator[JSON]:
    """The pictures that cells showed, but for those that the notebook saved to a file as well."""
    try:
        listed = json.loads((job.outputs / PLOTS_LIST).read_bytes())
    except (OSError, ValueError):
        return
    saved = [Path(each["path"]) for each in files]
    for each in listed:
        path = job.outputs / PLOTS / each["name"]
        size = path.stat().st_size
        same = (other for other in saved if other.stat().st_size == size)
        if not any(filecmp.cmp(path, other, shallow=False) for other in same):
            yield {**_file(path), "type": each["type"], "title": each["title"]}


def _is_result(path: Path, inside: Path) -> bool:
    try:
        return path.is_file() and path.resolve(strict=True).is_relative_to(inside)
    except OSError:
        return False


def _file(path: Path) -> dict[str, JSON]:
    return {"class": "File", "path": str(path), "basename": path.name}
