"""Kernels of other languages for tests of real workers."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from functools import cache
from typing import Any

import nbformat
import pytest

from jupyter_ades.core.inputs import check
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import JSON, FetchPolicy, JobStatus
from jupyter_ades.packages.base import Package
from jupyter_ades.packages.notebook import NotebookReader
from jupyter_ades.runners.base import Site
from jupyter_ades.runners.registry import runner
from tests.worker.support import KERNEL, Bench, Running

BASH = {
    **KERNEL,
    "argv": [sys.executable, "-m", "bash_kernel", "-f", "{connection_file}"],
    "env": {"PS1": "$"},
    "language": "bash",
    "metadata": {},
}
R = {
    **KERNEL,
    "argv": ["R", "--slave", "-e", "IRkernel::main()", "--args", "{connection_file}"],
    "language": "R",
    "metadata": {},
}
SPECS: dict[str, dict[str, Any]] = {"python3": KERNEL, "bash": BASH, "ir": R}


@cache
def _has_r() -> bool:
    if shutil.which("Rscript") is None:
        return False
    ask = ["Rscript", "-e", "quit(status = !requireNamespace('IRkernel', quietly = TRUE))"]
    return subprocess.run(ask, capture_output=True).returncode == 0


def need(kernel: str) -> None:
    """Skip a test whose kernel is not installed."""
    if kernel == "ir" and not _has_r():
        pytest.skip("needs: apt-get install r-base-core r-cran-irkernel")
    if kernel == "bash" and importlib.util.find_spec("bash_kernel") is None:
        pytest.skip("needs: pip install bash_kernel")


def book(kernel: str, parameters: str, *cells: str) -> bytes:
    """A notebook of this kernel with a parameters cell."""
    made = nbformat.v4.new_notebook()
    language = SPECS[kernel]["language"]
    made.metadata["kernelspec"] = {"name": kernel, "display_name": kernel, "language": language}
    made.cells = [nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})]
    made.cells += [nbformat.v4.new_code_cell(cell) for cell in cells]
    return nbformat.writes(made).encode()


def run(bench: Bench, kernel: str, data: bytes, inputs: dict[str, JSON], **more: Any) -> Running:
    """Read a notebook as a deploy does, run it by a real worker, and wait for its success."""
    running = attempt(bench, kernel, data, inputs, **more)
    assert running.said[-1].status is JobStatus.SUCCESSFUL, running.log()
    return running


def attempt(
    bench: Bench, kernel: str, data: bytes, inputs: dict[str, JSON], **more: Any
) -> Running:
    """The same, however it ends."""
    need(kernel)
    folder = bench.root / f"read {len(bench.started)}"
    folder.mkdir()
    policy = FetchPolicy(user_folder=str(bench.home))
    process = NotebookReader().read(
        Package(data=data, name="a.ipynb"), folder, policy, tuple(SPECS)
    )
    inputs = check(process, inputs, policy)
    name = f"job {len(bench.started)}"
    plan = runner("papermill").plan(
        process, JobDir(bench.root / name), Site(kernel_specs=lambda: SPECS)
    )
    files = {"a.ipynb": (folder / process.entry).read_bytes(), **more.pop("files", {})}
    return bench.run(process, files, plan=plan, name=name, inputs=inputs, **more)


def told(running: Running, name: str) -> JSON:
    """A JSON file that the notebook wrote."""
    return json.loads(running.delivered(name).read_bytes())
