"""Runs a job's notebook by papermill: ``python -m jupyter_ades.programs.run_notebook <job>``.

Started in the job's folder. Exit code 0 when every cell ran, 1 when not (``failure.json`` says
why), 130 when it was interrupted; the executed notebook is written in every case.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import warnings
from pathlib import Path
from typing import Any

from jupyter_ades.late_grammar import late_grammar

with late_grammar():
    import nbformat
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillException, PapermillExecutionError
from papermill.execute import execute_notebook, remove_error_markers

from jupyter_ades.jobdir import JobDir
from jupyter_ades.orders import WorkOrder
from jupyter_ades.programs import notebook_parameters
from jupyter_ades.programs.forked_kernel import (
    PROVISIONER,
    ForkedProvisioner,
    Kernel,
    can_be_forked,
    fork_kernel,
)
from jupyter_ades.programs.notebook_engine import ENGINE, KernelDidNotStart, Watch
from jupyter_ades.programs.notebook_kernel import JobKernel, kernel_manager, shut_down
from jupyter_ades.programs.notebook_plots import keep_plots
from jupyter_ades.programs.speaker import Speaker
from jupyter_ades.runners.notebook_outputs import InvalidOutputs, missing_or_wrong, read_given
from jupyter_ades.runners.papermill import KERNEL_VARIABLE, executed_notebook
from jupyter_ades.runners.steps import write_failure

#: Seconds that a kernel has to answer after its start.
START = 120
#: When :func:`main` is done nothing is left to be released: see the understudy.
LEAVES_NOTHING = True


def main(folder: str) -> int:
    """Run the notebook of a job directory; the exit code."""
    _be_quiet()
    job = JobDir(Path(folder))
    order = job.read_plan()
    if order is None:
        print(f"{folder} is not a job directory: it has no plan.json", file=sys.stderr)
        return 2
    kernel = json.loads(os.environ.pop(KERNEL_VARIABLE))
    provisioner = ""
    if can_be_forked(kernel["spec"], job.work):
        waiting = fork_kernel()
        if isinstance(waiting, Kernel):
            return waiting.play()
        ForkedProvisioner.waiting, provisioner = waiting, PROVISIONER
    return _run_with(order, job, kernel, provisioner)


def _run_with(order: WorkOrder, job: JobDir, kernel: dict[str, Any], provisioner: str) -> int:
    file = job.root / "kernel.json"
    manager = kernel_manager(kernel["name"], kernel["spec"], file, provisioner)
    code = 130
    try:
        code = _run(order, job, manager)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    finally:
        shut_down(manager, now=code != 0)
    return code


def _be_quiet() -> None:
    """Keep the libraries' own notes, which are about themselves, out of the job's log."""
    logging.getLogger("papermill").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")


def _run(order: WorkOrder, job: JobDir, manager: JobKernel) -> int:
    source = job.package / order.process.entry
    watch = Watch(
        name=source.name,
        deployed=nbformat.read(source, as_version=4).cells,
        speaker=Speaker(sys.stdout),
    )
    target = executed_notebook(job, order.process)
    try:
        try:
            _execute(order, job, manager, watch, target)
        finally:
            _keep_plots(watch, target)
    except (PapermillExecutionError, DeadKernelError):
        if watch.failure is not None:
            return _fail(job, watch.failure)
        # A cell that says that it raises (tag raises-exception): papermill takes it for a failure.
        _without_banners(target)
    except KernelDidNotStart as error:
        name = manager.kernel_name
        return _fail(job, {"detail": f"the kernel '{name}' did not start: {error}"})
    except (PapermillException, NotImplementedError) as error:
        return _fail(job, {"detail": f"{watch.name} could not be run: {error}"})
    watch.end()
    return _check_outputs(order, job)


def _check_outputs(order: WorkOrder, job: JobDir) -> int:
    """A job that does not give what its process declares has failed."""
    try:
        wrong = list(missing_or_wrong(order.process.outputs, read_given(job.work)))
    except InvalidOutputs as error:
        wrong = [str(error)]
    return _fail(job, {"detail": "; ".join(wrong)}) if wrong else 0


def _execute(order: WorkOrder, job: JobDir, manager: JobKernel, watch: Watch, target: Path) -> None:
    spec: Any = manager.kernel_spec
    notebook_parameters.register(manager.kernel_name, spec.language)
    inputs = json.loads(job.staged.read_bytes())
    execute_notebook(
        _literally(job.package / order.process.entry),
        _literally(target),
        parameters=notebook_parameters.parameters(inputs, order.process.inputs),
        engine_name=ENGINE,
        kernel_name=manager.kernel_name,
        language=spec.language,
        progress_bar=False,
        start_timeout=START,
        watch=watch,
        manager=manager,
    )


def _keep_plots(watch: Watch, executed: Path) -> None:
    """Also of a notebook that failed: they may show why."""
    if not executed.is_file():
        return
    try:
        cells = nbformat.read(executed, as_version=4).cells
        said = keep_plots(watch.deployed, cells, executed.parent)
    except (OSError, ValueError) as error:
        # A full disk cuts the notebook short, too.
        said = f"the cells' pictures could not be kept as files: {error}"
    if said:
        watch.speaker.line(said)


def _literally(path: Path) -> str:
    """A path for papermill, which would fill parameters into its braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _fail(job: JobDir, failure: dict[str, Any]) -> int:
    write_failure(job, failure)
    return 1


def _without_banners(notebook: Path) -> None:
    nbformat.write(remove_error_markers(nbformat.read(notebook, as_version=4)), notebook)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
