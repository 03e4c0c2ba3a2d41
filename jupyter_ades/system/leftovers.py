"""What a job may have left running where no look at processes finds it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from jupyter_ades.errors import UnreadableRecord
from jupyter_ades.jobdir import JobDir, write_atomic
from jupyter_ades.orders import WorkOrder
from jupyter_ades.system.batch import end_batch_jobs
from jupyter_ades.system.containers import end_containers
from jupyter_ades.system.looking import in_a_thread

#: Seconds that a cluster's API has to remove pods.
ANSWER = 20.0
#: Seconds that it may take to empty a bucket and remove it, for who waits, and beside.
EMPTIED, BESIDE = 120.0, 3600.0
#: What the note of a job's pods holds from when the cluster has taken the job.
SUBMITTED = b"submitted"
#: Directories of removed jobs whose stores are being removed.
_ending: set[Path] = set()


def end_elsewhere(job: JobDir, *, wait: bool = True) -> None:
    """End a job's containers and pods, what it has in a queue, and what it has in a bucket.

    What finished steps made stays there where it is to be gone on with (``keep_steps``). A bucket
    may take minutes to be emptied: without ``wait`` that goes on beside.
    """
    end_containers(job.containers)
    end_batch_jobs(job.batch)
    if has_pods(job):
        _end_pods(job)
    if toil_run(job).exists() and _ran("end_toil_pods", str(toil_run(job))):
        toil_run(job).unlink(missing_ok=True)
    if toil_store(job).exists() and not _goes_on(job):
        _end_store(job, wait=wait)


def end_kept(job: JobDir) -> bool:
    """Whether a job that is removed keeps nothing elsewhere; what it keeps is removed beside."""
    if not toil_store(job).exists():
        return True
    if job.root not in _ending:
        _ending.add(job.root)
        in_a_thread(partial(_end_kept, job))
    return False


def toil_run(job: JobDir) -> Path:
    """Where the leader of a job's run of Toil notes which Jobs in Kubernetes are its own."""
    return job.batch / "toil-run.json"


def toil_store(job: JobDir) -> Path:
    """Where it stands which job store a run of Toil's has outside its job's directory."""
    return job.kept_elsewhere / "store"


def toil_done(job: JobDir) -> Path:
    """Where it stands which steps are done in that store."""
    return job.kept_elsewhere / "done"


def note_pods(job: JobDir, *, submitted: bool = False) -> None:
    """Say that a job is about to have pods in a cluster, or, when it is submitted, that it has."""
    job.batch.mkdir(exist_ok=True)
    write_atomic(job.batch / "pods", SUBMITTED if submitted else b"")


def was_submitted(job: JobDir) -> bool:
    """Whether a job's pods are, or were, in a cluster for certain."""
    return has_pods(job) and (job.batch / "pods").read_bytes() == SUBMITTED


def has_pods(job: JobDir) -> bool:
    """Whether a job may have pods in a cluster, which go on without its worker."""
    return (job.batch / "pods").exists()


def forget_pods(job: JobDir) -> None:
    """Say that it has none left."""
    (job.batch / "pods").unlink(missing_ok=True)


def _goes_on(job: JobDir) -> bool:
    """Whether what is done in a store elsewhere is kept for a run that goes on with it."""
    order = _order(job)
    done = toil_done(job)
    return order is not None and order.keep_steps and done.exists() and done.stat().st_size > 0


def _end_store(job: JobDir, *, wait: bool) -> None:
    order = _order(job)
    rights = order.job_environment if order is not None else {}
    end = partial(_ran, "end_toil_store", toil_store(job).read_text("utf-8"), rights=rights)
    if wait:
        if end(seconds=EMPTIED):
            shutil.rmtree(job.kept_elsewhere)
        return
    # By then there may be another run in this directory, with a store of its own.
    shutil.rmtree(job.kept_elsewhere)
    in_a_thread(partial(end, seconds=BESIDE))


def _end_kept(job: JobDir) -> None:
    try:
        _end_store(job, wait=True)
    finally:
        _ending.discard(job.root)


def _order(job: JobDir) -> WorkOrder | None:
    with suppress(UnreadableRecord):
        return job.read_plan()
    return None


def _end_pods(job: JobDir) -> None:
    if _ran("run_calrissian", str(job.root), "end"):
        forget_pods(job)


def _ran(
    program: str,
    *arguments: str,
    seconds: float = ANSWER,
    rights: Mapping[str, str] | None = None,
) -> bool:
    """Whether a program of ours did its work: one of its own, as the cluster's client is large."""
    with suppress(OSError, subprocess.TimeoutExpired):
        ended = subprocess.run(
            [sys.executable, "-P", "-m", f"jupyter_ades.programs.{program}", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **(rights or {})},
            timeout=seconds,
            check=False,
        )
        return ended.returncode == 0
    return False
