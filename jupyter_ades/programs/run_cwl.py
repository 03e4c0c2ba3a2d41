"""Runs a job's CWL by cwltool: ``python -m jupyter_ades.programs.run_cwl JOB_DIRECTORY [ENGINE]``.

Without a container engine (``docker``, ``podman``, ...) tools run with what is installed here.
Exit code 0 when it succeeded, 1 when not (``failure.json`` says why), 33 when the package asks for
something that cwltool does not do, 143 when it was ended.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

import psutil
from cwltool.context import RuntimeContext
from cwltool.executors import MultithreadedJobExecutor
from cwltool.process import Process

from jupyter_ades.jobdir import JobDir
from jupyter_ades.orders import WorkOrder
from jupyter_ades.programs.cwl_containers import container_arguments
from jupyter_ades.programs.cwl_counting import leaves
from jupyter_ades.programs.cwl_documents import deployed_at, load
from jupyter_ades.programs.cwl_javascript import bound_expressions
from jupyter_ades.programs.cwl_jobs import Listener
from jupyter_ades.programs.cwl_outputs import keep_apart, refuse_strays
from jupyter_ades.programs.cwl_progress import Progress
from jupyter_ades.programs.cwl_references import BesideAccess, References, declare_formats
from jupyter_ades.programs.cwl_running import listen, log, run
from jupyter_ades.programs.cwl_tools import maker
from jupyter_ades.programs.speaker import Speaker
from jupyter_ades.runners.cwltool import JOB_ORDER, OUTPUTS, UNSUPPORTED, environments
from jupyter_ades.runners.exported import document_url
from jupyter_ades.runners.steps import write_failure
from jupyter_ades.system.containers import end_containers

#: Seconds that tools have to end by themselves when the job is dismissed.
GRACE = 2.0
#: Folder in the job's for what cwltool makes on the way.
SCRATCH = "cwltool"
#: What a job may ask for beside its inputs, as cwltool looks for it.
REQUIREMENTS = "https://w3id.org/cwl/cwl#requirements"
#: When :func:`main` is done nothing is left to be released: see the understudy.
LEAVES_NOTHING = True


def main(folder: str, engine: str = "") -> int:
    """Run the workflow of a job directory; the exit code."""
    job = JobDir(Path(folder))
    signal.signal(signal.SIGTERM, partial(_end, job))
    order = job.read_plan()
    if order is None:
        print(f"{folder} is not a job directory: it has no plan.json", file=sys.stderr)
        return 2
    bound_expressions(order.expression_seconds, order.expression_bytes)
    listener = Listener(Progress(Speaker(sys.stdout)), environments=environments(order.plan))
    code = _run(order, job, listener, engine)
    if code != 0:
        write_failure(job, _failure(listener))
    return code if code in (0, UNSUPPORTED) else 1


def _run(order: WorkOrder, job: JobDir, listener: Listener, engine: str) -> int:
    log.addHandler(listener.errors)
    listen(logging.StreamHandler(listener.progress.speaker))
    wanted: Any = json.loads((job.work / JOB_ORDER).read_bytes())
    if "cwl:requirements" in wanted:
        wanted[REQUIREMENTS] = wanted.pop("cwl:requirements")
    with open(job.work / OUTPUTS, "w", encoding="utf-8") as outputs:
        return run(
            partial(load, document_url(order.process, job.package), deployed_at()),
            wanted,
            options=_options(order, job, engine),
            make=maker(listener),
            executor=Executor(order.cores, listener.progress, job, References(job, order.fetch)),
            outputs=outputs,
        )


def _options(order: WorkOrder, job: JobDir, engine: str) -> list[str]:
    scratch = job.work / SCRATCH
    scratch.mkdir()
    return [
        *_step_arguments(order, job),
        *("--outdir", str(job.outputs)),
        *("--tmpdir-prefix", f"{scratch}/tmp-"),
        "--enable-ext",
        *(f"--preserve-environment={name}" for name in order.job_environment),
        *container_arguments(engine, job),
        "--no-compute-checksum",
    ]


def _step_arguments(order: WorkOrder, job: JobDir) -> list[str]:
    if not order.keep_steps:
        return ["--basedir", str(job.work)]
    # cwltool knows a step again by its inputs' paths below this folder, for another job as well.
    return ["--basedir", str(job.scratch), "--cachedir", str(job.steps)]


def _failure(listener: Listener) -> dict[str, Any]:
    """Why it failed: the first tool that did, else what cwltool first complained of."""
    if not listener.failures:
        return {"errors": listener.errors.all()}
    first = listener.failures[0]
    return {
        "step": first.part.title,
        "exit_code": first.exit_code,
        "lines": first.lines,
        "errors": first.errors,
    }


class Executor(MultithreadedJobExecutor):
    """Runs tools side by side within the job's cores."""

    def __init__(self, cores: int, progress: Progress, job: JobDir, references: References) -> None:
        super().__init__(max_parallel=cores)
        self._progress = progress
        self._outputs = f"{job.work / SCRATCH}/out-"
        self._own = (job.root, job.scratch)
        self._references = references

    def execute(
        self,
        process: Process,
        job_order_object: Any,
        runtime_context: RuntimeContext,
        logger: logging.Logger = logging.getLogger("cwltool"),  # noqa: B008
    ) -> tuple[Any, str]:
        """Run the process, its leaf steps having been counted."""
        self._progress.root.expect(leaves(process, job_order_object))
        context = runtime_context.copy()
        context.select_resources = self.select_resources
        # No argument: cwltool takes none beside --cachedir.
        context.tmp_outdir_prefix = self._outputs
        make_access: Any = partial(BesideAccess, references=self._references)
        context.make_fs_access = make_access
        declare_formats(process.tool["inputs"], job_order_object, self._references.plain)
        return super().execute(process, job_order_object, context, logger)

    def run_jobs(
        self,
        process: Process,
        job_order_object: Any,
        logger: logging.Logger,
        runtime_context: RuntimeContext,
    ) -> None:
        """Run the tools; their outputs keep apart when cwltool then puts them together."""
        super().run_jobs(process, job_order_object, logger, runtime_context)
        refuse_strays(list(self.final_output), *self._own)
        keep_apart(list(self.final_output))

    def select_resources(
        self, request: dict[str, int | float], runtime_context: RuntimeContext
    ) -> dict[str, int | float]:
        """What a tool gets; one that asks for more than there is gets all that there is.

        Packages ask for what their author's cluster had, and cwltool compares that with the memory
        free at this moment: refusing would fail jobs that run well.
        """
        most = {"cores": self.max_cores, "ram": self.max_ram}
        bounded = {
            key: min(value, most.get(key.removesuffix("Min"), value))
            for key, value in request.items()
        }
        return super().select_resources(bounded, runtime_context)


def _end(job: JobDir, number: int, frame: object) -> None:
    """End the tools, then this program at once: its threads would wait for them."""
    tools = psutil.Process().children(recursive=True)
    for tool in tools:
        try:
            tool.terminate()
        except psutil.Error:
            continue
    psutil.wait_procs(tools, timeout=GRACE)
    end_containers(job.containers)
    os._exit(128 + number)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
