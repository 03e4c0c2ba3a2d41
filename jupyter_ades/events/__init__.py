"""What Jupyter's event bus (``/api/events/subscribe``) is told of jobs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_ades.model import JSON, Job

SCHEMA_FILE = Path(__file__).with_name("job.yaml")
SCHEMA_ID = "https://schema.jupyter-ades.org/job/v1"


def announcement(workspace: str, job: Job) -> dict[str, JSON]:
    """A job's change, as ``job.yaml`` describes it."""
    return {
        "workspace": workspace,
        "jobID": job.id,
        "processID": job.process_id,
        "status": str(job.status),
        "progress": job.progress,
        "message": job.message,
    }
