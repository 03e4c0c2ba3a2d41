"""What a worker says, and how often."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import JobStatus
from jupyter_ades.orders import WorkerStatus
from jupyter_ades.worker import report as module
from jupyter_ades.worker.report import Report


@pytest.fixture
def job(tmp_path: Path) -> JobDir:
    return JobDir(tmp_path)


def status(job: JobDir) -> WorkerStatus:
    found = job.read_status()
    assert found is not None
    return found


def test_progress_never_goes_back_and_is_whole_only_at_a_good_end(job: JobDir) -> None:
    report = Report(job)
    report.say("a", 50)
    report.say("b", 30)
    report.say("c", 200.0)
    report.say("d")
    report.end(JobStatus.SUCCESSFUL, "Done")
    assert (status(job).progress, status(job).message) == (100, "Done")
    assert status(job).finished is not None
    assert status(job).started == report.started


@pytest.mark.parametrize("end", [JobStatus.FAILED, JobStatus.DISMISSED])
def test_another_end_keeps_the_progress_and_is_the_last_word(job: JobDir, end: JobStatus) -> None:
    report = Report(job)
    report.say("a", 200)
    report.end(end, "x" * 5000)
    report.end(JobStatus.SUCCESSFUL, "Done")
    report.say("later", 5)
    assert (status(job).status, status(job).progress) == (end, 99)
    assert len(status(job).message) < 2100


def test_a_burst_is_thinned_out_and_its_last_state_written(
    job: JobDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    write = JobDir.write_status
    monkeypatch.setattr(
        JobDir, "write_status", lambda self, s: (written.append(s.message), write(self, s))
    )
    monkeypatch.setattr(module, "EVERY", 0.05)
    report = Report(job)
    for number in range(1000):
        report.say(f"{number}", number / 20)
    deadline = time.monotonic() + 10
    while "999" not in written:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert written[0] == "0"
    assert len(written) < 50


def test_progress_may_be_lost_on_a_full_disk_but_not_the_last_word(
    job: JobDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    job.work.mkdir()
    write = JobDir.write_status

    def full(self: JobDir, said: WorkerStatus) -> None:
        if job.work.exists():
            raise OSError(28, "No space left on device")
        write(self, said)

    monkeypatch.setattr(JobDir, "write_status", full)
    report = Report(job)
    report.say("a", 50)
    report.end(JobStatus.FAILED, "the reason")
    assert (status(job).status, status(job).message) == (JobStatus.FAILED, "the reason")
