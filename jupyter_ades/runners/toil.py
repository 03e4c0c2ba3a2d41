"""Runs CWL by Toil: on this machine, or through a batch system such as Slurm's."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

from jupyter_ades.errors import Unavailable
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import Plan, Process
from jupyter_ades.resources import mebibytes
from jupyter_ades.runners.base import Site
from jupyter_ades.runners.cwltool import CwltoolRunner, environment, told_environments
from jupyter_ades.runners.needs import needs_of, refuse_without_node
from jupyter_ades.runners.staged import stages

#: In what a job keeps: Toil's job store, and beside it the names of the steps that are done.
STORE, DONE = "store", "done"
LOCAL, SLURM, KUBERNETES = "single_machine", "slurm", "kubernetes"
#: Batch system to the program that submits to it, where Toil uses one.
SUBMITTERS = {"slurm": "sbatch", "grid_engine": "qsub", "lsf": "bsub", "torque": "qsub"}
#: Batch systems whose workers run in an image of their own: nothing of this service is there.
IMAGES = (KUBERNETES, "mesos", "aws_batch")
#: Why Toil's pods could not work: of the server's folders they mount one alone.
NO_STORE = (
    "c.ADES.toil_options name kubernetes, and its pods would see no job store: name one in a bucket"
    " (--jobStore), or the folder of the jobs (--workDir) and where nodes have it"
    " (--kubernetesHostPath)."
)
#: How jobs in Slurm's queue are known (:mod:`jupyter_ades.system.batch`), and that Slurm leaves it
#: to Toil to run those of a lost node again: it would let them wait for two minutes.
SLURM_ARGS = "--comment=ades:{} --no-requeue"


class ToilRunner(CwltoolRunner):
    """Carries what cwltool carries, through whatever Toil submits to."""

    name = "toil"

    def missing(self, site: Site) -> str:
        """Toil, or the program that submits to the batch system of ``c.ADES.toil_options``."""
        try:
            version("toil")
        except PackageNotFoundError:
            return "Toil is not installed: pip install 'jupyter_ades[toil]'."
        system = batch_system(site.toil_options)
        submitter = SUBMITTERS.get(system)
        if submitter and shutil.which(submitter) is None:
            return f"c.ADES.toil_options name {system}, and there is no {submitter} on PATH."
        if system == SLURM and not site.cluster_answers():
            return "Slurm does not answer (sinfo)."
        return _missing_for_pods(site.toil_options) if system == KUBERNETES else ""

    def elsewhere(self, site: Site) -> bool:
        """Whether steps run where the batch system puts them."""
        return not is_local(site.toil_options)

    def check(self, process: Process, site: Site) -> None:
        """Raise Unavailable when a step asks for more than any node has."""
        site = _less_environments(site)
        super().check(process, site)
        system = batch_system(site.toil_options)
        if system == LOCAL:
            _refuse_without_room(process, site)
        elif system == SLURM:
            refuse_without_node(process, site.nodes())
        elif system == KUBERNETES:
            refuse_without_node(process, site.pod_nodes())

    def plan(self, process: Process, job: JobDir, site: Site) -> Plan:
        """The command for a job; raises Unavailable as :meth:`check` does."""
        if any(each.isspace() for each in str(job.scratch)):
            raise Unavailable(
                f"Toil cannot work in a folder whose path has spaces ({job.scratch}): choose"
                " another c.ADES.workspace_root or c.ADES.scratch_root."
            )
        _refuse_unseen(job, site.toil_options)
        site = _less_environments(site)
        program = (sys.executable, "-P", "-m", "jupyter_ades.programs.run_toil")
        engine = self._engine(process, site) or "none"
        options = _options(site.toil_options, job.root.name)
        return Plan(
            runner=self.name,
            argv=(*program, str(job.root), engine, *options),
            env={
                **environment(site),
                **told_environments(process, site),
                **stages(self.name, site),
            },
            stop_signal="SIGTERM",
            # Toil asks its batch system to end what runs, and waits for that.
            grace=30.0,
        )


def _refuse_without_room(process: Process, site: Site) -> None:
    for need in needs_of(process):
        if need.cores > site.cores:
            raise Unavailable(
                f"{need.of(process)}; a job here has {site.cores} (c.ADES.job_cores)."
            )
        if site.memory and need.memory > site.memory:
            raise Unavailable(f"{need.of(process)}; this machine has {mebibytes(site.memory)}.")


def _missing_for_pods(options: Sequence[str]) -> str:
    """What Toil lacks to have pods: the cluster's client, or a job store that they see."""
    try:
        version("kubernetes")
    except PackageNotFoundError:
        return "Toil has no client of Kubernetes: pip install 'jupyter_ades[kubernetes]'."
    mounted = has_option(options, "--kubernetesHostPath") and has_option(options, "--workDir")
    return "" if mounted or has_option(options, "--jobStore") else NO_STORE


def _refuse_unseen(job: JobDir, options: Sequence[str]) -> None:
    """Raise Unavailable when a job lies where its pods do not see it."""
    folder = _named(options, "--workDir")
    if batch_system(options) != KUBERNETES or has_option(options, "--jobStore") or not folder:
        return
    for each in (job.root, job.scratch):
        if not each.is_relative_to(folder):
            raise Unavailable(
                f"Toil's pods see {folder} (--workDir), and the job's folder is {each}: choose"
                " another c.ADES.workspace_root or c.ADES.scratch_root."
            )


def has_option(options: Sequence[str], name: str) -> bool:
    """Whether one of Toil's options is given, ``--name value`` or ``--name=value``."""
    return any(each == name or each.startswith(f"{name}=") for each in options)


def batch_system(options: Sequence[str]) -> str:
    """The batch system that options name; this machine when they name none."""
    return _named(options, "--batchSystem") or LOCAL


def partition(options: Sequence[str]) -> str:
    """The partition of Slurm's that options name; empty for none."""
    return _named(options, "--slurmPartition")


def _named(options: Sequence[str], name: str) -> str:
    words = " ".join(options).replace("=", " ").split()
    found = [words[n + 1] for n, word in enumerate(words[:-1]) if word == name]
    return found[-1] if found else ""


def is_local(options: Sequence[str]) -> bool:
    """Whether steps run on this machine."""
    return batch_system(options) == LOCAL


def runs_ours(options: Sequence[str]) -> bool:
    """Whether workers run in the Python of this server, and so have this package."""
    return batch_system(options) not in IMAGES


def _less_environments(site: Site) -> Site:
    """The site, without environments in the places of images where workers have none of them."""
    return site if runs_ours(site.toil_options) else replace(site, image_environments={})


def _options(options: Sequence[str], job_id: str) -> tuple[str, ...]:
    """The operator's options, and for Slurm the comment that a job is found in the queue by."""
    if batch_system(options) != SLURM:
        return tuple(options)
    ours, taken = SLURM_ARGS.format(job_id), list(options)
    for place, word in enumerate(taken):
        if word.startswith("--slurmArgs="):
            taken[place] = f"{word} {ours}"
            return tuple(taken)
        if word == "--slurmArgs" and place + 1 < len(taken):
            taken[place + 1] = f"{taken[place + 1]} {ours}"
            return tuple(taken)
    return (*taken, f"--slurmArgs={ours}")
