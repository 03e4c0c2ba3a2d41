"""Fakes above the seams, for people who test dialects, runners or clients of this service."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import Begin, JobStatus
from jupyter_ades.orders import Ran, Results, WorkerStatus, WorkOrder


class InlineLauncher:
    """Carries jobs in the server's own process, with no worker: an input says how each ends.

    The input ``outcome`` of the process is read: ``successful`` (also when it is not given)
    delivers a catalog that holds the inputs, ``failed`` fails, ``hold`` runs until it is stopped
    or until :meth:`release` is called, ``stubborn`` runs until it is killed, ``lost`` ends without
    a word, ``undelivered`` fails in its stage-out and delivers when that is run again.
    """

    def __init__(self) -> None:
        self._held: dict[Path, str] = {}

    def start(self, job: JobDir, document: str = "") -> None:
        """Carry the job, or hold it."""
        order = job.read_plan()
        assert order is not None
        outcome = order.inputs.get("outcome", "successful")
        if order.begin is Begin.STAGE_OUT:
            self._deliver(job, order)
        elif outcome in ("hold", "stubborn"):
            self._held[job.root] = outcome
            _say(job, JobStatus.RUNNING, "held", 50)
        elif outcome == "failed":
            job.log.write_text("one line\nthe last line\n")
            _say(job, JobStatus.FAILED, "cell 2 failed: the last line", 50)
        elif outcome == "undelivered":
            now = datetime.now(UTC)
            job.work.mkdir()
            job.write_ran(Ran(started=now, finished=now))
            _say(job, JobStatus.FAILED, "The results could not be delivered", 90)
        elif outcome != "lost":
            self._deliver(job, order)

    def alive(self, job: JobDir) -> bool:
        """Whether the job is held."""
        return job.root in self._held

    def pid(self, job: JobDir) -> int | None:
        """None: there is no process."""
        return None

    def stop(self, job: JobDir) -> None:
        """Let a held job end as dismissed, unless it is stubborn."""
        if self._held.get(job.root) == "hold":
            self.kill(job)

    def kill(self, job: JobDir) -> None:
        """End a held job at once."""
        self._held.pop(job.root, None)

    def bury(self, job: JobDir) -> None:
        """The same: it has nothing elsewhere."""
        self.kill(job)

    def warm_up(self) -> None:
        """There is nothing to do."""

    def close(self) -> None:
        """There is nothing to end."""

    def release(self) -> None:
        """Let all held jobs end as successful."""
        for root in list(self._held):
            job = JobDir(root)
            order = job.read_plan()
            assert order is not None
            self._deliver(job, order)
            del self._held[root]

    def _deliver(self, job: JobDir, order: WorkOrder) -> None:
        folder = Path(order.results_folder) / f"wf-{order.job_id}"
        folder.mkdir(parents=True)
        catalog = {"type": "Catalog", "id": order.job_id, "inputs": order.inputs}
        (folder / "catalog.json").write_text(json.dumps(catalog))
        job.log.write_text("carried inline\n")
        job.write_results(Results(catalog=f"{folder.name}/catalog.json"))
        _say(job, JobStatus.SUCCESSFUL, "Done", 100)


def _say(job: JobDir, status: JobStatus, message: str, progress: int) -> None:
    now = datetime.now(UTC)
    job.write_status(
        WorkerStatus(
            status=status,
            message=message,
            progress=progress,
            updated=now,
            started=now,
            finished=now if status.final else None,
        )
    )
