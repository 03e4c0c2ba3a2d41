"""What is kept of jobs that have ended, and what a crash in between leaves."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jupyter_ades.core.retention import BATCH, Retention
from jupyter_ades.core.workspace import Workspace
from jupyter_ades.errors import NoSuchJob
from jupyter_ades.hiding import REMOVED
from jupyter_ades.keep import Keep
from jupyter_ades.model import ExecuteRequest, Job, JobStatus, Process
from jupyter_ades.system import leftovers
from tests.worker.support import until

PROCESS = Process(id="p", digest="d", runner="fake")
NOW = datetime.now(UTC)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = Workspace("terradue", tmp_path / "state", tmp_path / "results")
    opened.store.add_process(PROCESS)
    yield opened
    opened.close()


def ended(workspace: Workspace, *, days: float = 0, size: int = 0, **changes: Any) -> str:
    """A job that ended so many days ago, with its directory and its results."""
    job = Job(
        id=str(uuid.uuid4()),
        process_id="p",
        process=PROCESS,
        request=ExecuteRequest(),
        created=NOW,
        updated=NOW,
    )
    workspace.store.add_job(job, idempotency_key=None, body_digest="")
    finished = NOW - timedelta(days=days)
    final = {"status": JobStatus.SUCCESSFUL, "finished": finished, "job_bytes": size}
    workspace.store.change_job(job.id, **{**final, **changes})
    workspace.job_dir(job.id).root.mkdir()
    delivered = workspace.delivered(job.id)
    delivered.mkdir(parents=True)
    (delivered / "catalog.json").write_bytes(b"x" * size)
    os.utime(delivered, (finished.timestamp(), finished.timestamp()))
    return job.id


def known(workspace: Workspace, *ids: str) -> list[bool]:
    """Whether each job is there, whole: with its record, or without any of it."""
    found = []
    for job_id in ids:
        try:
            workspace.store.job(job_id)
            found.append(True)
        except NoSuchJob:
            found.append(False)
        assert workspace.job_dir(job_id).root.exists() == found[-1]
    return found


def expire(workspace: Workspace, jobs: Keep = Keep(), results: Keep = Keep()) -> None:  # noqa: B008
    retention = Retention([workspace], jobs=jobs, results=results)
    while retention.expire_jobs():
        continue
    retention.expire_results(retention.old_results())


@pytest.mark.parametrize(
    ("keep", "left"),
    [
        (Keep(), [True, True, True, True]),
        (Keep(days=5), [False, True, True, True]),
        (Keep(count=2), [False, False, True, True]),
        (Keep(bytes=250), [False, False, True, True]),
        (Keep(bytes=300), [False, True, True, True]),
        (Keep(days=0.5, count=3), [False, False, False, True]),
        (Keep(count=0), [False, False, False, False]),
    ],
)
def test_jobs_go_by_age_number_and_bytes_and_their_results_stay(
    workspace: Workspace, keep: Keep, left: list[bool]
) -> None:
    jobs = [ended(workspace, days=days, size=100) for days in (9, 3, 1, 0)]
    expire(workspace, jobs=keep)
    assert known(workspace, *jobs) == left
    assert all(workspace.delivered(each).exists() for each in jobs)


def test_pinned_and_open_jobs_stay(workspace: Workspace) -> None:
    pinned = ended(workspace, days=9, pinned=True)
    running = ended(workspace, status=JobStatus.RUNNING, finished=None)
    expire(workspace, jobs=Keep(count=0), results=Keep(count=0))
    assert known(workspace, pinned, running) == [True, True]
    assert workspace.delivered(pinned).exists()
    assert workspace.delivered(running).exists()


def test_more_than_a_batch_goes_in_several(workspace: Workspace) -> None:
    jobs = [ended(workspace) for _ in range(BATCH + 5)]
    retention = Retention([workspace], jobs=Keep(count=0), results=Keep())
    assert retention.expire_jobs()
    assert sum(known(workspace, *jobs)) == 5
    assert not retention.expire_jobs()
    assert not any(known(workspace, *jobs))


@pytest.mark.parametrize("keep", [Keep(days=5), Keep(count=1), Keep(bytes=150)])
def test_results_go_with_their_jobs(workspace: Workspace, keep: Keep) -> None:
    old, new = ended(workspace, days=9, size=100), ended(workspace, size=100)
    orphan = ended(workspace, days=10, size=100)
    workspace.forget(workspace.store.job(orphan), results=False)
    expire(workspace, results=keep)
    assert known(workspace, old, new) == [False, True]
    folders = [workspace.delivered(each).exists() for each in (orphan, old, new)]
    assert folders == [False, False, True]


def test_only_folders_that_jobs_delivered_are_removed(workspace: Workspace) -> None:
    mine = workspace.results / "wf-notes"
    mine.mkdir(parents=True)
    os.utime(mine, (0, 0))
    expire(workspace, results=Keep(days=1, count=0, bytes=0))
    assert mine.exists()


def test_results_in_a_shared_folder_belong_to_their_own_workspace(
    workspace: Workspace, tmp_path: Path
) -> None:
    other = Workspace("other", tmp_path / "state", tmp_path / "results")
    other.store.add_process(PROCESS)
    pinned = ended(other, days=9, pinned=True)
    retention = Retention([workspace, other], jobs=Keep(), results=Keep(count=0))
    retention.expire_results(retention.old_results())
    assert other.delivered(pinned).exists()
    other.close()


def test_a_removal_that_a_crash_cut_short_is_finished(workspace: Workspace) -> None:
    cut, whole = ended(workspace), ended(workspace)
    workspace.hide(workspace.job_dir(cut).root)
    workspace.finish_removals()
    workspace.sweep()
    assert known(workspace, cut, whole) == [False, True]
    assert not list(workspace.jobs.glob(f"{REMOVED}*"))


def test_packages_that_nobody_reads_any_more_are_swept(workspace: Workspace) -> None:
    """A server that is killed while it reads one leaves it; another one may be reading now."""
    left, now = (workspace.packages / f".reading-{name}" for name in ("left", "now"))
    for folder in (left, now):
        folder.mkdir()
        (folder / "original").write_text("x")
    long_ago = time.time() - 2 * 3600
    os.utime(left, (long_ago, long_ago))
    workspace.sweep()
    assert (left.exists(), now.exists()) == (False, True)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"weeks": 1}, "'weeks' is not one of days, count, bytes"),
        ({"days": -1}, "days: a number that is not negative"),
        ({"count": "all"}, "count: a number that is not negative"),
        ({"bytes": True}, "bytes: a number that is not negative"),
    ],
)
def test_a_rule_that_cannot_be_understood(said: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Keep.read(said)


def test_a_removed_job_is_hidden_until_its_store_elsewhere_is_gone(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service of the bucket may be away for a while."""
    answers, asked = iter([False, True]), []

    def end(program: str, store: str, **_: Any) -> bool:
        asked.append((program, store))
        return next(answers)

    monkeypatch.setattr(leftovers, "_ran", end)
    job_id = ended(workspace, status=JobStatus.FAILED)
    store = leftovers.toil_store(workspace.job_dir(job_id))
    store.parent.mkdir(parents=True)
    store.write_text("aws:eu-west-1:toil")
    workspace.forget(workspace.store.job(job_id), results=True)
    (hidden,) = workspace.jobs.glob(f"{REMOVED}{job_id}*")
    workspace.sweep()
    until(lambda: len(asked) == 1 and hidden not in leftovers._ending)
    assert hidden.is_dir()

    def swept() -> bool:
        workspace.sweep()
        return not hidden.exists()

    until(swept)
    assert asked == [("end_toil_store", "aws:eu-west-1:toil")] * 2
