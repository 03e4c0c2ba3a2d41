"""A workspace with many jobs, written before its server starts."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jupyter_ades.core.store import Store
from jupyter_ades.model import ExecuteRequest, Job, JobStatus, Process

#: Jobs in the long list; one in ten has failed.
MANY = 1_000


def add_jobs(workspace: Path, count: int) -> None:
    """Record finished jobs of one process, a minute apart."""
    workspace.mkdir(parents=True)
    store = Store(workspace / "ades.sqlite")
    process = Process(id="many-1", alias="many", title="Many", kind="notebook", runner="papermill")
    store.add_process(process, replace=False)
    begin = datetime.now(UTC) - timedelta(minutes=count)
    with store.group():
        for place in range(count):
            time = begin + timedelta(minutes=place)
            failed = place % 10 == 0
            job = Job(
                id=str(uuid.UUID(int=place)),
                process_id=process.id,
                process=process,
                request=ExecuteRequest(),
                status=JobStatus.FAILED if failed else JobStatus.SUCCESSFUL,
                message=f"ValueError in cell {place}" if failed else "Done",
                progress=30 if failed else 100,
                created=time,
                updated=time,
                started=time,
                finished=time + timedelta(seconds=9),
            )
            store.add_job(job, idempotency_key=None, body_digest="")
    store.close()
