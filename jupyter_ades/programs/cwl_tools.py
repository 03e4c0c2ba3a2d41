"""cwltool's processes, counted and listened to: put in by ``construct_tool_object``."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from cwltool.command_line_tool import CommandLineTool, ExpressionTool
from cwltool.context import LoadingContext, RuntimeContext
from cwltool.job import JobBase
from cwltool.process import Process, shortname
from cwltool.workflow import Workflow, default_make_tool
from cwltool.workflow_job import WorkflowJob, WorkflowJobStep, object_from_state
from ruamel.yaml.comments import CommentedMap

from jupyter_ades.programs.cwl_counting import (
    part_leaves,
    scattered,
    step_leaves,
    values_of,
)
from jupyter_ades.programs.cwl_jobs import HEARD, Heard, HeardJob, Listener
from jupyter_ades.programs.cwl_progress import Node, Place, part_of
from jupyter_ades.runners.images import image_of

#: Name of the attribute by which cwltool's runtime context carries a :class:`Place`.
PLACE = "jupyter_ades_place"

Callback = Callable[[Any, str], None]
Jobs = Generator[Any, None, None]


class HeardTool(CommandLineTool):
    """A command line tool: a leaf step."""

    listener: Listener

    def make_job_runner(self, runtimeContext: RuntimeContext) -> type[JobBase]:  # noqa: N803
        """Our job in the place of cwltool's; one without a container where an environment does."""
        if self._stand_in():
            return HeardJob
        kind = super().make_job_runner(runtimeContext)
        return HEARD.get(kind, kind)

    def job(
        self,
        job_order: Any,
        output_callbacks: Callback,
        runtimeContext: RuntimeContext,  # noqa: N803
    ) -> Jobs:
        """The tool's jobs, its end counted."""
        leaf = _Leaf(self, self.listener, job_order, runtimeContext)
        stand_in = self._stand_in()
        if stand_in:
            runtimeContext = runtimeContext.copy()  # noqa: N806
            runtimeContext.use_container = False
        for job in super().job(job_order, leaf.ending(output_callbacks), runtimeContext):
            if isinstance(job, Heard):
                job.listener, job.part, job.stand_in = self.listener, leaf.part, stand_in
                leaf.runs = job
            yield job

    def _stand_in(self) -> str:
        """The folder of the environment that stands in for the tool's image; empty for none."""
        required, _ = self.get_requirement("DockerRequirement")
        return self.listener.environments.get(image_of(required), "")


class HeardExpression(ExpressionTool):
    """An expression: a leaf step as well, though it is no process."""

    listener: Listener

    def job(
        self,
        job_order: Any,
        output_callbacks: Callback | None,
        runtimeContext: RuntimeContext,  # noqa: N803
    ) -> Jobs:
        """The expression's job, its end counted."""
        leaf = _Leaf(self, self.listener, job_order, runtimeContext)
        yield from super().job(job_order, leaf.ending(output_callbacks), runtimeContext)


class _Leaf:
    """One run of a leaf step."""

    def __init__(
        self, process: Process, listener: Listener, job_order: Any, context: RuntimeContext
    ) -> None:
        root = listener.progress.root
        place = getattr(context, PLACE, None) or Place(node=root, per_part=1)
        name = context.name or shortname(process.tool.get("id", "tool"))
        self.part = part_of(name, place, job_order)
        self.runs: Heard | None = None
        self._node, self._progress = place.node, listener.progress

    def ending(self, callback: Callback | None) -> Callback:
        """The callback, having counted that the step ended."""

        def ended(outputs: Any, status: str) -> None:
            if self.runs is not None:
                self.runs.status = status
            self._progress.end(self.part, self._node, well=status == "success")
            if callback is not None:
                callback(outputs, status)

        return ended


class HeardWorkflow(Workflow):
    """A workflow, or one nested in another."""

    listener: Listener

    def job(
        self,
        job_order: Any,
        output_callbacks: Callback,
        runtimeContext: RuntimeContext,  # noqa: N803
    ) -> Jobs:
        """As cwltool's own, but for the class that carries the steps, and without provenance."""
        builder = self._init_job(job_order, runtimeContext)
        job = HeardWorkflowJob(self, runtimeContext)
        yield job
        context = runtimeContext.copy()
        context.part_of = f"workflow {job.name}"
        context.toplevel = False
        yield from job.job(builder.job, output_callbacks, context)


class HeardWorkflowJob(WorkflowJob):
    """One run of a workflow."""

    workflow: HeardWorkflow

    def job(
        self,
        joborder: Any,
        output_callback: Callback,
        runtimeContext: RuntimeContext,  # noqa: N803
    ) -> Jobs:
        """The steps' jobs; what the inputs tell of the steps' parts is counted first."""
        place = getattr(runtimeContext, PLACE, None)
        root = self.workflow.listener.progress.root
        whole = Node(place.node, place.per_part) if place else root
        self._nodes: dict[str, Node] = {}
        for step in self.workflow.steps:
            count = step_leaves(step, values_of(step, self.workflow, joborder))
            self._nodes[step.id] = Node(whole, count)
        whole.expect(sum(node.expected for node in self._nodes.values()))
        yield from super().job(joborder, output_callback, runtimeContext)

    def try_make_job(
        self,
        step: WorkflowJobStep,
        final_output_callback: Callback,
        runtimeContext: RuntimeContext,  # noqa: N803
    ) -> Jobs:
        """A step's jobs; what it scatters over is counted as soon as it is known."""
        values = None if step.submitted else self._known(step)
        if values is not None:
            node = self._nodes[step.id]
            node.expect(step_leaves(step.step, values))
            place = Place(
                node=node,
                per_part=part_leaves(step.step, values),
                scattered=scattered(step.step),
            )
            runtimeContext = runtimeContext.copy()  # noqa: N806
            setattr(runtimeContext, PLACE, place)
        yield from super().try_make_job(step, final_output_callback, runtimeContext)

    def receive_output(
        self,
        step: WorkflowJobStep,
        outputparms: Any,
        final_output_callback: Callback,
        jobout: Any,
        processStatus: str,  # noqa: N803
    ) -> None:
        """A step has ended; its parts that were skipped count as done."""
        if processStatus in ("success", "skipped"):
            self._nodes[step.id].close()
        super().receive_output(step, outputparms, final_output_callback, jobout, processStatus)

    def _known(self, step: WorkflowJobStep) -> dict[str, Any] | None:
        """The step's values by short name, before its expressions; None when one is missing."""
        several = bool(self.workflow.get_requirement("MultipleInputFeatureRequirement")[0])
        values = object_from_state(self.state, step.tool["inputs"], False, several, "source")
        return None if values is None else {shortname(k): v for k, v in values.items()}


def maker(listener: Listener) -> Callable[[CommentedMap, LoadingContext], Process]:
    """What cwltool is to make its processes by."""
    kinds: dict[str, Any] = {
        "CommandLineTool": HeardTool,
        "ExpressionTool": HeardExpression,
        "Workflow": HeardWorkflow,
    }

    def make(document: CommentedMap, context: LoadingContext) -> Process:
        kind = kinds.get(str(document.get("class")))
        if kind is None:
            return default_make_tool(document, context)
        process: Process = kind(document, context)
        process.listener = listener  # type: ignore[attr-defined]
        return process

    return make
