"""What a job may have left running where no look at processes finds it."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress

from jupyter_ades.jobdir import JobDir
from jupyter_ades.system.batch import end_batch_jobs
from jupyter_ades.system.containers import end_containers

#: Seconds that a cluster's API has to remove pods.
ANSWER = 20.0


def end_elsewhere(job: JobDir) -> None:
    """End a job's containers and pods, and what it has in a batch system's queue."""
    end_containers(job.containers)
    end_batch_jobs(job.batch)
    if (job.batch / "pods").exists():
        _end_pods(job)


def note_pods(job: JobDir) -> None:
    """Say that a job is about to have pods in a cluster."""
    job.batch.mkdir(exist_ok=True)
    (job.batch / "pods").touch()


def forget_pods(job: JobDir) -> None:
    """Say that it has none left."""
    (job.batch / "pods").unlink(missing_ok=True)


def _end_pods(job: JobDir) -> None:
    """By a program of its own: the cluster's client is a large library."""
    program = [sys.executable, "-P", "-m", "jupyter_ades.programs.run_calrissian"]
    with suppress(OSError, subprocess.TimeoutExpired):
        ended = subprocess.run(
            [*program, str(job.root), "end"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=ANSWER,
            check=False,
        )
        if ended.returncode == 0:
            forget_pods(job)
