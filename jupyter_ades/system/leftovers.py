"""What a job may have left running where no look at processes finds it."""

from __future__ import annotations

from jupyter_ades.jobdir import JobDir
from jupyter_ades.system.batch import end_batch_jobs
from jupyter_ades.system.containers import end_containers


def end_elsewhere(job: JobDir) -> None:
    """End a job's containers, and what it has in a batch system's queue."""
    end_containers(job.containers)
    end_batch_jobs(job.batch)
