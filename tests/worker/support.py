"""Job directories and real workers for tests."""

from __future__ import annotations

import os
import signal
import sys
import textwrap
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import psutil

from jupyter_ades.core.fork_server import ForkServer
from jupyter_ades.costs import Statistics
from jupyter_ades.jobdir import JobDir, read_record
from jupyter_ades.model import FetchPolicy, JobStatus
from jupyter_ades.model import Process as Described
from jupyter_ades.orders import Plan, Results, WorkerStatus, WorkOrder
from jupyter_ades.runners.base import Site
from jupyter_ades.runners.registry import runner
from jupyter_ades.system.descendants import of_job
from tests.worker.launching import Process, start_worker

KERNEL = {
    "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
    "env": {},
    "display_name": "Python",
    "language": "python",
    "interrupt_mode": "signal",
    "metadata": {"supported_encryption": ["curve"]},
    "resource_dir": "/nonexistent",
}
#: Seconds that anything in a test may take.
PATIENCE = 60.0


def until(condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Poll until a condition is true; what it gave."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {condition}"
        time.sleep(0.02)
    return value


@dataclass(kw_only=True)
class Running:
    """A job directory, its worker, and what the worker has said so far."""

    job: JobDir
    order: WorkOrder
    process: Process
    said: list[WorkerStatus] = field(default_factory=list)

    def status(self) -> WorkerStatus | None:
        """What the worker last said, remembered."""
        status = self.job.read_status()
        if status is not None and (not self.said or self.said[-1] != status):
            self.said.append(status)
        return status

    def progress(self) -> int:
        """How far the worker says to be; -1 before its first word."""
        status = self.status()
        return -1 if status is None else status.progress

    def wait(self) -> WorkerStatus:
        """The last status, once the worker has ended."""
        try:
            until(lambda: self.status() and self.process.poll() is not None)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
        status = self.status()
        assert status is not None
        assert status.status.final, self.log()
        return status

    def dismiss(self) -> None:
        """Ask the worker to end."""
        self.process.send_signal(signal.SIGTERM)

    def log(self) -> str:
        """The job's log."""
        return self.job.log.read_text() if self.job.log.exists() else ""

    def parts(self) -> list[str]:
        """What the job was at, one after the other; what it says itself may be over too soon."""
        statistics = read_record(self.job.statistics, Statistics)
        assert statistics is not None
        return [each.name for each in statistics.steps]

    def results(self) -> Results:
        """What was delivered."""
        results = self.job.read_results()
        assert results is not None
        return results

    def delivered(self, name: str) -> Path:
        """A delivered file."""
        return Path(self.order.results_folder, f"wf-{self.order.job_id}", name)

    def left(self) -> list[psutil.Process]:
        """Processes of the job that still run."""
        return of_job(self.order.job_id)


@dataclass(kw_only=True)
class Bench:
    """Makes job directories below a folder, and starts workers on them."""

    root: Path
    #: A fork server to fork workers from, given whether they have a stand-in for stage-out; None
    #: to start them anew.
    server: Callable[[bool], ForkServer | None] = lambda stand_in: None
    started: list[Running] = field(default_factory=list)

    @property
    def home(self) -> Path:
        """The user folder."""
        folder = self.root / "home"
        folder.mkdir(exist_ok=True)
        return folder

    def order(self, process: Described, plan: Plan, **changes: Any) -> WorkOrder:
        """A work order, not written yet."""
        number = len(self.started)
        order = WorkOrder(
            job_id=f"job-{os.getpid()}-{self.root.name}-{number}",
            process=process,
            plan=plan,
            fetch=FetchPolicy(user_folder=str(self.home), timeout=5, attempts=2),
            results_folder=str(self.root / "results"),
            cores=2,
            created=datetime.now(UTC),
        )
        return replace(order, **changes)

    def start(
        self,
        process: Described,
        files: Mapping[str, bytes | str],
        *,
        name: str = "",
        stand_in: bool = True,
        **changes: Any,
    ) -> Running:
        """Plan a job of a package with these files, and start its worker."""
        job = JobDir(self.root / (name or f"job {len(self.started)} +#%41é"))
        job.root.mkdir()
        for path, data in files.items():
            target = job.package / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data.encode() if isinstance(data, str) else data)
        site = Site(cores=2, kernel_specs=lambda: {"python3": KERNEL, "other": KERNEL})
        plan = changes.pop("plan", None) or runner(process.runner).plan(process, job, site)
        order = self.order(process, plan, **changes)
        job.write_plan(order)
        worker = self.worker(job, order.job_id, stand_in=stand_in)
        running = Running(job=job, order=order, process=worker)
        self.started.append(running)
        return running

    def worker(self, job: JobDir, job_id: str, *, stand_in: bool = True) -> Process:
        """Start one on a job directory that holds a plan."""
        return start_worker(job, job_id, stand_in=stand_in, server=self.server(stand_in))

    def run(self, process: Described, files: Mapping[str, bytes | str], **changes: Any) -> Running:
        """The same, waited for."""
        running = self.start(process, files, **changes)
        running.wait()
        return running

    def close(self) -> None:
        """End what a failed test left."""
        for running in self.started:
            if running.process.poll() is None:
                running.process.kill()
                running.process.wait()
            for each in running.left():
                each.kill()


def notebook(*cells: str, tags: Mapping[int, str] | None = None, parameters: str = "") -> bytes:
    """A notebook of a heading, a parameters cell when there is one, and code cells."""
    book = nbformat.v4.new_notebook()
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "x", "language": "python"}
    book.cells = [nbformat.v4.new_markdown_cell("# Title")]
    if parameters:
        book.cells.append(nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
    for number, source in enumerate(cells):
        if source.startswith("\n    "):
            source = textwrap.dedent(source).strip("\n")
        cell = nbformat.v4.new_code_cell(source)
        if tags and number in tags:
            cell.metadata["tags"] = [tags[number]]
        book.cells.append(cell)
    return nbformat.writes(book).encode()


NOTEBOOK = Described(
    id="small", kind="notebook", runner="papermill", entry="a.ipynb", details={"kernel": "python3"}
)
CWL = Described(
    id="small", kind="cwl", runner="cwltool", entry="app.cwl", details={"workflow": "main"}
)


def assert_monotone(running: Running) -> None:
    """Progress never goes back, and says 100 only at a good end."""
    values = [status.progress for status in running.said]
    assert values == sorted(values)
    assert all(value < 100 for value in values[:-1])
    last = running.said[-1]
    assert (last.progress == 100) == (last.status is JobStatus.SUCCESSFUL)
