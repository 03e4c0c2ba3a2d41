"""Runs CWL by Toil: on this machine, or through a batch system such as Slurm's."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from jupyter_ades.errors import Unavailable
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import Process
from jupyter_ades.orders import Plan
from jupyter_ades.resources import mebibytes
from jupyter_ades.runners.base import Site
from jupyter_ades.runners.cwltool import CwltoolRunner, environment, told_environments
from jupyter_ades.runners.needs import needs_of, refuse_without_node
from jupyter_ades.runners.staged import stages

LOCAL, SLURM, KUBERNETES = "single_machine", "slurm", "kubernetes"
#: Batch system to the program that submits to it, where Toil uses one.
SUBMITTERS = {"slurm": "sbatch", "grid_engine": "qsub", "lsf": "bsub", "torque": "qsub"}
#: Batch systems whose workers run in an image, in which nothing of this service is, unless the
#: operator says so (``c.ADES.toil_image``).
IMAGES = (KUBERNETES, "mesos", "aws_batch")
#: In a plan's environment, which Toil reads: the image of such workers. The server's own may name
#: one, too; of a plan's it is known that this service is in it.
IMAGE = "TOIL_APPLIANCE_SELF"
#: Why Toil's pods could not work: of the server's folders they mount one alone.
NO_STORE = (
    "c.ADES.toil_options name kubernetes, and its pods would see no job store: name one in a bucket"
    " (--jobStore), or the folder of the jobs (--workDir) and where nodes have it"
    " (--kubernetesHostPath)."
)
#: What Toil needs for job stores in buckets: by the kind of store, a package that its extra has.
CLIENTS = {"aws": "mypy-boto3-s3", "google": "google-cloud-storage"}
#: Characters that the name of a store in a bucket may have: Toil allows 56, of which a job's id
#: and the number of the try take 37.
LONGEST_STORE = 19
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
        lacking = _missing_for_store(own_store(site.toil_options))
        return lacking or (_missing_for_pods(site.toil_options) if system == KUBERNETES else "")

    def elsewhere(self, site: Site) -> bool:
        """Whether steps run where the batch system puts them."""
        return not is_local(site.toil_options)

    def keeps_steps(self, site: Site) -> bool:
        """Whether jobs have their job stores in their directories."""
        return not own_store(site.toil_options)

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
                **({IMAGE: site.toil_image} if site.toil_image else {}),
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


def _missing_for_store(store: str) -> str:
    """What Toil lacks to have job stores there."""
    kind, name = _kind(store), store.rpartition(":")[2]
    if not kind:
        gone = store and not Path(name).is_dir()
        return f"c.ADES.toil_options name the job store {store}, which is no folder." * bool(gone)
    try:
        version(CLIENTS[kind])
    except PackageNotFoundError:
        return f"Toil has no client for job stores in buckets: pip install 'toil[{kind}]'."
    if len(name) > LONGEST_STORE:
        return (
            f"c.ADES.toil_options name the job store {store}: its name may have {LONGEST_STORE}"
            " characters, as each job adds its own."
        )
    return ""


def _missing_for_pods(options: Sequence[str]) -> str:
    """What Toil lacks to have pods: the cluster's client, or a job store that they see."""
    try:
        version("kubernetes")
    except PackageNotFoundError:
        return "Toil has no client of Kubernetes: pip install 'jupyter_ades[kubernetes]'."
    mounted = has_option(options, "--kubernetesHostPath") and has_option(options, "--workDir")
    return "" if mounted or own_store(options) else NO_STORE


def _refuse_unseen(job: JobDir, options: Sequence[str]) -> None:
    """Raise Unavailable when a job lies where its pods do not see it."""
    folder = _named(options, "--workDir")
    if batch_system(options) != KUBERNETES or own_store(options) or not folder:
        return
    for each in (job.root, job.scratch):
        if not each.is_relative_to(folder):
            raise Unavailable(
                f"Toil's pods see {folder} (--workDir), and the job's folder is {each}: choose"
                " another c.ADES.workspace_root or c.ADES.scratch_root."
            )


def own_store(options: Sequence[str]) -> str:
    """The job store that options name for a job; empty where it is in the job's folder."""
    return _named(options, "--jobStore")


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


def in_images(options: Sequence[str]) -> bool:
    """Whether workers run in an image, and not in the Python of this server."""
    return batch_system(options) in IMAGES


def _less_environments(site: Site) -> Site:
    """The site, without environments in the places of images where workers have none of them."""
    return replace(site, image_environments={}) if in_images(site.toil_options) else site


def _options(options: Sequence[str], job_id: str) -> tuple[str, ...]:
    """The operator's options, with what is a job's own in them.

    For Slurm that is the comment by which it is found in the queue; where the operator names a job
    store, a store below that name, as no two runs may share one.
    """
    taken = _changed(options, "--jobStore", lambda named: _below(named, job_id))
    if batch_system(options) != SLURM:
        return taken
    ours = SLURM_ARGS.format(job_id)
    if not has_option(taken, "--slurmArgs"):
        return (*taken, f"--slurmArgs={ours}")
    return _changed(taken, "--slurmArgs", lambda said: f"{said} {ours}")


def for_try(options: Sequence[str], number: int) -> str:
    """The store that options name for a job that runs again; that of the lost run may be there."""
    store = own_store(options)
    return f"{store}-{number}" if store and number else store


def in_store(options: Sequence[str], store: str) -> tuple[str, ...]:
    """Options with a job store, whatever they named before."""
    if not own_store(options):
        return (*options, "--jobStore", store)
    return _changed(options, "--jobStore", lambda _: store)


def _changed(options: Sequence[str], name: str, change: Callable[[str], str]) -> tuple[str, ...]:
    """Options, with another value of one of them, in both ways to write it."""
    taken = list(options)
    for place, word in enumerate(options):
        if word.startswith(f"{name}="):
            taken[place] = f"{name}={change(word.partition('=')[2])}"
        elif word == name and place + 1 < len(options):
            taken[place + 1] = change(options[place + 1])
    return tuple(taken)


def _below(store: str, job_id: str) -> str:
    """The locator of a job's own store: names of buckets are letters, digits and single hyphens."""
    return f"{store}-{job_id.replace('-', '')}" if _kind(store) else f"{store}/{job_id}"


def _kind(store: str) -> str:
    """``aws`` or ``google``; empty for a folder."""
    kind = store.partition(":")[0]
    return kind if kind in CLIENTS else ""
