"""Toil's tools as cwltool's runner has them: JavaScript without Node, tools that carry their job's
mark, environments in the places of images, podman for root.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from cwltool import main as cwltool_main
from cwltool.builder import Builder
from cwltool.command_line_tool import CommandLineTool
from cwltool.context import LoadingContext, RuntimeContext
from cwltool.docker import DockerCommandLineJob, PodmanCommandLineJob
from cwltool.errors import WorkflowException
from cwltool.job import CommandLineJob, JobBase
from cwltool.process import Process
from cwltool.singularity import SingularityCommandLineJob
from toil.batchSystems.abstractBatchSystem import AbstractBatchSystem
from toil.cwl import cwltoil
from toil.cwl.cwltoil import ToilCommandLineTool, ToilDockerCommandLineJob
from toil.job import Promise

from jupyter_ades.programs.cwl_javascript import bound_expressions
from jupyter_ades.programs.cwl_jobs import ForRoot, inside
from jupyter_ades.programs.cwl_outputs import refuse_strays
from jupyter_ades.programs.toil_ways import Ways
from jupyter_ades.runners.images import image_of

_log = logging.getLogger("cwltool")
#: How this process runs tools.
_ways = Ways()
_make_tool = cwltoil.toil_make_tool
_resolve = Promise._resolve.__func__
_contexts: Callable[[Any], list[Any]] = AbstractBatchSystem.getWorkerContexts


def run_tools_so(ways: Ways) -> None:
    """Let this process, the leader or a worker, run tools and expressions in a job's ways."""
    global _ways
    _ways = ways
    # With files of containers' ids cwltool asks for this name at a worker's end, and has none.
    cwltool_main.docker_exe = ways.engine
    Promise._resolve = classmethod(_resolve_here)
    bound_expressions(ways.expression_seconds, ways.expression_bytes)


def _resolve_here(cls: type[Promise], locator: str, file_id: str) -> Any:
    """What a promise promised, from this job's store: it was kept in an earlier job's."""
    return _resolve(cls, _ways.store or locator, file_id)


def lead_so(ways: Ways) -> None:
    """Let this leader, and every worker that it starts, run tools in a job's ways."""
    run_tools_so(ways)

    def contexts(system: Any) -> list[Any]:
        return [*_contexts(system), ways]

    AbstractBatchSystem.getWorkerContexts = contexts
    cwltoil.toil_make_tool = _make


def _make(document: Any, context: LoadingContext) -> Process:
    """A process of ours for a command line tool, Toil's for any other."""
    # A linter of expressions that Node runs: for who writes a package.
    context.disable_js_validation = True
    if document.get("class") == "CommandLineTool":
        return MarkedTool(document, context)
    made: Process = _make_tool(document, context)
    return made


class MarkedTool(ToilCommandLineTool):  # type: ignore[misc]
    """A command line tool, whose class is named in Toil's job store."""

    def make_job_runner(self, runtimeContext: RuntimeContext) -> type[JobBase]:  # noqa: N803
        """Our job in the place of Toil's; one without a container where an environment does."""
        if self._stand_in():
            return MarkedJob
        kind: type[JobBase] = super().make_job_runner(runtimeContext)
        return MARKED.get(kind, kind)

    def job(self, job_order: Any, output_callbacks: Any, runtimeContext: Any) -> Generator[Any]:  # noqa: N803
        """The tool's jobs."""
        stand_in = self._stand_in()
        runtimeContext = runtimeContext.copy()  # noqa: N806
        runtimeContext.cidfile_dir = _ways.containers or None
        if stand_in:
            runtimeContext.use_container = False
        for job in super().job(job_order, output_callbacks, runtimeContext):
            if stand_in and isinstance(job, JobBase):
                job.environment.update(inside(stand_in, job.environment))
            yield job

    def collect_output_ports(
        self, ports: Any, builder: Builder, outdir: str, *arguments: Any, **named: Any
    ) -> Any:
        """The tool's outputs; one that is a link to what it was not given fails it."""
        found = super().collect_output_ports(ports, builder, outdir, *arguments, **named)
        given = [] if builder.pathmapper is None else builder.pathmapper.items()
        own = (outdir, builder.tmpdir, *(entry.resolved for _, entry in given))
        try:
            refuse_strays(found, *map(Path, own), dangling=False)
        except WorkflowException as error:
            # Toil says only that the step failed.
            _log.error("%s", error)
            raise
        return found

    def _stand_in(self: CommandLineTool) -> str:
        required, _ = self.get_requirement("DockerRequirement")
        return _ways.environments.get(image_of(required), "")


class Marked:
    """What every run of a tool by Toil has."""

    def prepare_environment(self, runtimeContext: RuntimeContext, envVarReq: Any) -> None:  # noqa: N803
        """The tool's variables, the job's mark and the operator's among them."""
        context = runtimeContext.copy()
        ours = filter(os.environ.__contains__, _ways.variables)
        context.preserve_environment = [*(context.preserve_environment or ()), *ours]
        super().prepare_environment(context, envVarReq)  # type: ignore[misc]

    def _preserve_environment_on_containers_warning(self, varnames: Any = None) -> None:
        """Say nothing: the operator wants these variables in there."""


class _InContainer(Marked):
    def get_from_requirements(self, r: Any, *arguments: Any, **named: Any) -> str | None:
        """The image; of one that is not to be had it is said which and why, as Toil does not."""
        try:
            found: str | None = super().get_from_requirements(r, *arguments, **named)  # type: ignore[misc]
        except Exception as error:
            _log.error("the image %s is not to be had: %s", image_of(r), error)
            raise
        return found


class MarkedJob(Marked, CommandLineJob):
    """A run with what is installed."""


class MarkedDockerJob(_InContainer, ToilDockerCommandLineJob):  # type: ignore[misc]
    """A run in a container of docker's."""


class MarkedPodmanJob(_InContainer, ForRoot, PodmanCommandLineJob):
    """A run in a container of podman's."""


class MarkedSingularityJob(_InContainer, SingularityCommandLineJob):
    """A run in a container of singularity's or apptainer's."""


#: Toil's runs, and ours in their places.
MARKED: dict[type[JobBase], type[JobBase]] = {
    CommandLineJob: MarkedJob,
    DockerCommandLineJob: MarkedDockerJob,
    ToilDockerCommandLineJob: MarkedDockerJob,
    PodmanCommandLineJob: MarkedPodmanJob,
    SingularityCommandLineJob: MarkedSingularityJob,
}
