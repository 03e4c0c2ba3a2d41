"""Counters for Jupyter's ``/metrics``, in Prometheus's default registry."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from jupyter_ades.model import Job

ACCEPTED = Counter("ades_jobs_accepted", "Jobs accepted.", ["workspace", "dialect"])
ENDED = Counter("ades_jobs_ended", "Jobs ended.", ["workspace", "status"])
RUNNING = Gauge("ades_jobs_running", "Jobs that run now.")
SECONDS = Histogram(
    "ades_job_seconds",
    "Seconds from a job's start to its end.",
    ["workspace"],
    buckets=(0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200, 86400),
)
CALLBACKS = Counter("ades_callbacks", "Messages to subscribers.", ["outcome"])


def count(workspace: str, job: Job) -> None:
    """Count a job's change."""
    if not job.status.final:
        return
    ENDED.labels(workspace, str(job.status)).inc()
    if job.started and job.finished:
        SECONDS.labels(workspace).observe((job.finished - job.started).total_seconds())
