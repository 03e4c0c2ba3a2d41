"""The seam that papermill, cwltool and every other engine stand behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import JSON, Process
from jupyter_ades.orders import Plan

#: A line of a command's output that starts so carries a :class:`Step` as JSON, not for the log.
STEP_PREFIX = "::ades-step "


@dataclass(frozen=True, kw_only=True)
class Step:
    """How far a command is."""

    #: Parts that have ended, and parts in all as known now.
    done: int
    total: int
    #: What runs or ended last, for people: ``cell 3 of 7``, ``2 of 4: ndvi``.
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Site:
    """What the server knows and a plan may need."""

    #: Cores that one job may use.
    cores: int = 1
    #: Bytes of memory that this machine has for jobs; 0 where that is not known.
    memory: int = 0
    #: Kernel specs that the server's own manager knows: name to ``kernel.json`` with its
    #: ``resource_dir``. Asked only for notebooks: it reads folders.
    kernel_specs: Callable[[], Mapping[str, Mapping[str, JSON]]] = dict
    #: The container engine that works here: ``docker``, ``podman``, or empty for none. Asked only
    #: for packages that name an image: the first answer may take a second.
    container_engine: Callable[[], str] = lambda: ""
    #: Image to the folder of an environment (conda's or venv's) that tools run in instead.
    image_environments: Mapping[str, str] = field(default_factory=dict)
    #: The image that notebooks run in as tools of a runner of CWL; empty for none.
    notebook_image: str = ""
    #: Where pods of Kubernetes run and what they mount (``c.ADES.kubernetes``).
    kubernetes: Mapping[str, JSON] = field(default_factory=dict)
    #: Runners whose jobs move their data by steps of their workflow, and the image of those steps.
    stage_steps: tuple[str, ...] = ()
    stage_image: str = ""
    #: Options of toil-cwl-runner that the operator gives.
    toil_options: tuple[str, ...] = ()
    #: The image of Toil's workers in pods, which has this package; empty for Toil's own.
    toil_image: str = ""
    #: The nodes of Slurm's cluster, each with ``cores`` and ``memory_mib``, and whether Slurm
    #: answers at all.
    nodes: Callable[[], Sequence[Any]] = tuple
    cluster_answers: Callable[[], bool] = lambda: False
    #: Those of Kubernetes, likewise; none where they may not be asked, or become more on demand.
    pod_nodes: Callable[[], Sequence[Any]] = tuple
    #: Kind of process to the runner of its jobs, where neither request nor deploy names one.
    default_runners: Mapping[str, str] = field(default_factory=dict)


class Runner(Protocol):
    """Turns a process and its inputs into a command, and reads what it tells and leaves.

    One may have besides ``check(process, site)``, which raises an AdesError for a process that
    cannot run here, and ``missing(site)``, which says in words what it lacks to be used at all, or
    nothing, which are asked before a job is accepted; and ``elsewhere(site)``, whether steps run on
    other machines: such jobs take no cores or memory of the server's from others; and
    ``keeps_steps(site)``, whether what its steps made is in the job's directory anyway; and
    ``document(process, package)``, the URL of what a fork server may read once for all jobs of a
    package that is deployed in this folder.
    """

    #: The name in plans, traits and entry points.
    name: str
    #: The kinds of processes that it carries: ``cwl``, ``notebook``.
    kinds: tuple[str, ...]

    def plan(self, process: Process, job: JobDir, site: Site) -> Plan:
        """The command for a job. Server side, pure; raises an AdesError when it cannot run here."""

    def prepare(self, job: JobDir, inputs: Mapping[str, JSON], process: Process) -> None:
        """Write what the command reads, once the inputs are staged in. Worker side."""

    def read_step(self, line: str) -> Step | None:
        """The progress that a line of the command's output tells, or None for a line of the log."""

    def collect(self, job: JobDir, process: Process) -> dict[str, JSON]:
        """The outputs by id; a file is ``{"class": "File" | "Directory", "path": absolute, ...}``.

        Called after success, and after a failure for what is worth keeping (a notebook with its
        failing cell): a runner gives what there is.
        """

    def explain(self, job: JobDir, exit_code: int, last_lines: Sequence[str]) -> str:
        """Why a command that did not exit with 0 failed, in a sentence or two for people."""
