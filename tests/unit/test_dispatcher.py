"""The dispatcher carries every job to one true final state, within the limit, over restarts."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jupyter_ades.core import space
from jupyter_ades.core.dispatcher import Dispatcher
from jupyter_ades.core.limits import Limits
from jupyter_ades.core.workspace import Workspace
from jupyter_ades.errors import InvalidRequest, StorageFull
from jupyter_ades.jobdir import JobDir, write_record
from jupyter_ades.model import ExecuteRequest, FetchPolicy, Job, JobStatus, Process
from jupyter_ades.orders import Plan, WorkerStatus
from jupyter_ades.runners.base import Site
from jupyter_ades.system.identity import this_worker
from jupyter_ades.testing import InlineLauncher

PROCESS = Process(id="p", digest="d", runner="fake")


class FakeRunner:
    """Plans nothing; refuses what it is told to refuse."""

    name = "fake"

    def plan(self, process: Process, job: JobDir, site: Site) -> Plan:
        if process.details.get("refuse"):
            raise InvalidRequest("it needs an engine that is not here")
        return Plan(runner="fake", argv=("true",), grace=0.0)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = Workspace("terradue", tmp_path / "state", tmp_path / "results")
    opened.store.add_process(PROCESS)
    (opened.package_folder("d", "p") / "package").mkdir(parents=True)
    yield opened
    opened.close()


@pytest.fixture
def launcher() -> InlineLauncher:
    return InlineLauncher()


Build = Callable[..., Dispatcher]


@pytest.fixture
def build(workspace: Workspace, launcher: InlineLauncher, tmp_path: Path) -> Build:
    def make(
        workspaces: list[Workspace] | None = None,
        limit: int = 2,
        free: int = 0,
        resume: bool = False,
    ) -> Dispatcher:
        return Dispatcher(
            workspaces or [workspace],
            launcher=launcher,
            runner=lambda name: FakeRunner(),  # type: ignore[arg-type,return-value]
            fetch=FetchPolicy(user_folder=str(tmp_path)),
            limits=Limits(
                max_running_jobs=limit,
                min_free_bytes=free,
                resume_interrupted=resume,
                max_resumes=2,
            ),
            site=Site(),
        )

    return make


def accept(workspace: Workspace, process: Process = PROCESS, **inputs: Any) -> str:
    now = datetime.now(UTC)
    job = Job(
        id=str(uuid.uuid4()),
        process_id=process.id,
        process=process,
        request=ExecuteRequest(inputs=inputs),
        created=now,
        updated=now,
    )
    workspace.store.add_job(job, idempotency_key=None, body_digest="")
    return job.id


def states(workspace: Workspace, *ids: str) -> list[str]:
    return [workspace.store.job(each).status for each in ids]


def test_a_job_goes_from_accepted_to_successful(workspace: Workspace, build: Build) -> None:
    job_id = accept(workspace)
    dispatcher = build()
    assert dispatcher.busy
    dispatcher.tick()
    dispatcher.tick()
    job = workspace.store.job(job_id)
    assert (job.status, job.progress, job.message) == (JobStatus.SUCCESSFUL, 100, "Done")
    assert job.started is not None
    assert job.finished is not None
    assert job.created <= job.started <= job.finished
    assert not dispatcher.busy


def test_no_more_run_than_may_and_the_rest_wait_in_order(
    workspace: Workspace, build: Build, launcher: InlineLauncher
) -> None:
    ids = [accept(workspace, outcome="hold") for _ in range(4)]
    dispatcher = build(limit=2)
    dispatcher.tick()
    assert states(workspace, *ids) == ["running", "running", "accepted", "accepted"]
    dispatcher.tick()
    assert workspace.store.job(ids[0]).progress == 50
    launcher.release()
    dispatcher.tick()
    assert states(workspace, *ids) == ["successful", "successful", "running", "running"]


def test_workspaces_take_turns(workspace: Workspace, build: Build, tmp_path: Path) -> None:
    second = Workspace("second", tmp_path / "state", tmp_path / "results2")
    second.store.add_process(PROCESS)
    (second.package_folder("d", "p") / "package").mkdir(parents=True)
    first_ids = [accept(workspace, outcome="hold") for _ in range(3)]
    (other,) = [accept(second, outcome="hold")]
    build([workspace, second], limit=2).tick()
    assert states(second, other) == ["running"]
    assert states(workspace, *first_ids).count("running") == 1
    second.close()


def test_a_failure_keeps_its_reason(workspace: Workspace, build: Build) -> None:
    job_id = accept(workspace, outcome="failed")
    dispatcher = build()
    dispatcher.tick()
    dispatcher.tick()
    job = workspace.store.job(job_id)
    assert (job.status, job.message) == (JobStatus.FAILED, "cell 2 failed: the last line")


def test_a_worker_that_ends_without_a_word_is_told(workspace: Workspace, build: Build) -> None:
    job_id = accept(workspace, outcome="lost")
    dispatcher = build()
    dispatcher.tick()
    dispatcher.tick()
    job = workspace.store.job(job_id)
    assert job.status is JobStatus.FAILED
    assert "worker was lost" in job.message


def test_a_lost_worker_is_told_with_what_it_last_said(
    workspace: Workspace, build: Build, launcher: InlineLauncher
) -> None:
    job_id = accept(workspace, outcome="hold")
    dispatcher = build()
    dispatcher.tick()
    launcher.kill(workspace.job_dir(job_id))
    dispatcher.tick()
    job = workspace.store.job(job_id)
    assert job.status is JobStatus.FAILED
    assert "It last said: held" in job.message


def test_a_plan_that_cannot_be_made_fails_the_job_with_its_reason(
    workspace: Workspace, build: Build
) -> None:
    refused = Process(id="r", digest="d", runner="fake", details={"refuse": True})
    workspace.store.add_process(refused)
    shutil.copytree(workspace.package_folder("d", "p"), workspace.package_folder("d", "r"))
    job_id = accept(workspace, refused)
    build().tick()
    job = workspace.store.job(job_id)
    assert job.status is JobStatus.FAILED
    assert "needs an engine" in job.message


def test_a_package_that_is_gone_fails_the_job(workspace: Workspace, build: Build) -> None:
    shutil.rmtree(workspace.package_folder("d", "p"))
    job_id = accept(workspace)
    build().tick()
    assert workspace.store.job(job_id).status is JobStatus.FAILED


def test_a_waiting_job_is_dismissed_at_once(workspace: Workspace, build: Build) -> None:
    job_id = accept(workspace)
    dispatcher = build()
    job = dispatcher.dismiss(workspace, workspace.store.job(job_id))
    assert job.status is JobStatus.DISMISSED
    dispatcher.tick()
    assert states(workspace, job_id) == ["dismissed"]
    assert not workspace.job_dir(job_id).root.exists()


@pytest.mark.parametrize("outcome", ["hold", "stubborn"])
def test_a_running_job_is_dismissed_when_nothing_of_it_is_left(
    workspace: Workspace, build: Build, outcome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jupyter_ades.core.watching.PATIENCE", 0.0)
    job_id = accept(workspace, outcome=outcome)
    dispatcher = build()
    dispatcher.tick()
    job = dispatcher.dismiss(workspace, workspace.store.job(job_id))
    assert (job.status, job.dismissing) == (JobStatus.RUNNING, True)
    for _ in range(4):
        dispatcher.tick()
    job = workspace.store.job(job_id)
    assert (job.status, job.dismissing) == (JobStatus.DISMISSED, False)
    assert dispatcher.running == 0


def test_a_job_that_ends_while_it_is_dismissed_leaves_nothing(
    workspace: Workspace, build: Build, launcher: InlineLauncher
) -> None:
    job_id = accept(workspace, outcome="stubborn")
    dispatcher = build()
    dispatcher.tick()
    dispatcher.dismiss(workspace, workspace.store.job(job_id))
    launcher.release()
    dispatcher.tick()
    assert states(workspace, job_id) == ["dismissed"]
    assert not workspace.delivered(job_id).exists()


def test_a_new_server_adopts_every_state(
    workspace: Workspace, build: Build, launcher: InlineLauncher
) -> None:
    alive, ended, lost, unstarted, waiting, dismissing = (
        accept(workspace, outcome=outcome)
        for outcome in ("hold", "hold", "hold", "hold", "hold", "hold")
    )
    first = build(limit=5)
    for job_id in (waiting,):
        workspace.store.change_job(job_id, status=JobStatus.DISMISSED)
    first.tick()
    workspace.store.change_job(waiting, status=JobStatus.ACCEPTED)
    first.dismiss(workspace, workspace.store.job(dismissing))
    # What happened while no server was there: one job ended, one worker and one start were lost.
    ended_dir, lost_dir = workspace.job_dir(ended), workspace.job_dir(lost)
    held = dict(launcher._held)
    launcher._held = {ended_dir.root: "hold"}
    launcher.release()
    launcher._held = {
        root: kind for root, kind in held.items() if root not in (ended_dir.root, lost_dir.root)
    }
    workspace.job_dir(unstarted).status.unlink()
    launcher.kill(workspace.job_dir(unstarted))

    second = build(limit=5)
    second.adopt()
    assert states(workspace, unstarted, waiting) == ["accepted", "accepted"]
    second.tick()
    second.tick()
    assert states(workspace, alive, ended, lost) == ["running", "successful", "failed"]
    assert states(workspace, unstarted, waiting) == ["running", "running"]
    assert states(workspace, dismissing) == ["dismissed"]


@pytest.mark.parametrize("outcome", ["successful", "failed", "lost"])
def test_an_end_that_could_not_be_recorded_is_recorded_once_there_is_room(
    workspace: Workspace, build: Build, monkeypatch: pytest.MonkeyPatch, outcome: str
) -> None:
    job_id = accept(workspace, outcome=outcome)
    dispatcher = build()
    dispatcher.tick()
    with monkeypatch.context() as full:
        full.setattr(workspace.store, "change_job", no_space)
        dispatcher.tick()
        dispatcher.tick()
        assert (states(workspace, job_id), dispatcher.running) == (["running"], 1)
    dispatcher.tick()
    assert states(workspace, job_id) == ["successful" if outcome == "successful" else "failed"]
    assert dispatcher.running == 0


def test_a_start_that_failed_on_a_full_disk_is_told_once_there_is_room(
    workspace: Workspace, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(workspace.package_folder("d", "p"))
    job_id = accept(workspace)
    dispatcher = build()
    change = workspace.store.change_job

    def only_the_start(job_id: str, **changes: Any) -> Job:
        return change(job_id, **changes) if "started" in changes else no_space()

    with monkeypatch.context() as full:
        full.setattr(workspace.store, "change_job", only_the_start)
        dispatcher.tick()
        assert states(workspace, job_id) == ["running"]
    dispatcher.tick()
    job = workspace.store.job(job_id)
    assert job.status is JobStatus.FAILED
    assert "could not be started" in job.message


def test_the_queue_pauses_while_there_is_little_space(
    workspace: Workspace, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = accept(workspace)
    dispatcher = build(free=10 * 2**20)
    sizes = [5 * 2**20, 50 * 2**20]
    monkeypatch.setattr(space, "free_bytes", lambda folder: sizes[0])
    dispatcher.tick()
    assert states(workspace, job_id) == ["accepted"]
    assert "has 5 MiB free, jobs start from 10 MiB" in dispatcher.pause(workspace)
    del sizes[0]
    dispatcher.tick()
    assert (states(workspace, job_id), dispatcher.pause(workspace)) == (["running"], "")


def test_a_pause_ends_with_the_last_waiting_job(workspace: Workspace, build: Build) -> None:
    job_id = accept(workspace)
    dispatcher = build(free=2**62)
    dispatcher.tick()
    assert dispatcher.pause(workspace)
    dispatcher.dismiss(workspace, workspace.store.job(job_id))
    dispatcher.tick()
    assert not dispatcher.pause(workspace)


def no_space(*_: Any, **__: Any) -> Job:
    raise StorageFull("no space left")


def test_what_jobs_hold_is_for_the_user_alone(tmp_path: Path, launcher: InlineLauncher) -> None:
    before = os.umask(0)
    try:
        opened = Workspace("open", tmp_path / "s", tmp_path / "r", scratch=tmp_path / "fast")
        folder = opened.make_job_dir("j")
        folders = (opened.root, opened.jobs, opened.packages, folder.root, folder.scratch)
        assert {path.stat().st_mode & 0o777 for path in folders} == {0o700}
        assert (opened.root / "ades.lock").stat().st_mode & 0o077 == 0
        opened.close()
    finally:
        os.umask(before)


def test_a_job_on_which_a_worker_is_already_is_watched(
    workspace: Workspace,
    build: Build,
    launcher: InlineLauncher,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An earlier server ordered it and was killed; it began after this one had looked."""
    job_id = accept(workspace)
    folder = workspace.make_job_dir(job_id)
    write_record(folder.worker, this_worker())
    dispatcher = build()
    monkeypatch.setattr(launcher, "alive", lambda job: job.root == folder.root)
    dispatcher.tick()
    assert states(workspace, job_id) == ["running"]
    now = datetime.now(UTC)
    said = WorkerStatus(status=JobStatus.FAILED, message="late", started=now, updated=now)
    folder.write_status(said)
    dispatcher.tick()
    job = workspace.store.job(job_id)
    assert (job.status, job.message) == (JobStatus.FAILED, "late")
