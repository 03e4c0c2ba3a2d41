"""What one job leaves, or is, fails that job alone: the others go on, also after a restart."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_ades.core.launcher import ColdLauncher
from jupyter_ades.core.workspace import Workspace
from jupyter_ades.errors import StorageFull, Unavailable
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import JobStatus, Process
from jupyter_ades.testing import InlineLauncher
from tests.unit.test_dispatcher import Build, accept, build, launcher, states, workspace

__all__ = ["build", "launcher", "workspace"]

GARBAGE = [b"garbage", b"", b'{"status": "\xff"}', b"[" * 100_000, b"{}"]


def message(workspace: Workspace, job_id: str) -> str:
    return workspace.store.job(job_id).message


@pytest.mark.parametrize("garbage", GARBAGE, ids=["text", "none", "bytes", "deep", "empty"])
def test_a_status_that_cannot_be_read_fails_its_job(
    workspace: Workspace, build: Build, launcher: InlineLauncher, garbage: bytes
) -> None:
    bad, held = (accept(workspace, outcome="hold") for _ in range(2))
    dispatcher = build()
    dispatcher.tick()
    workspace.job_dir(bad).status.write_bytes(garbage)
    dispatcher.tick()
    assert states(workspace, bad, held) == ["running", "running"]
    launcher.kill(workspace.job_dir(bad))
    launcher.release()
    later = accept(workspace)
    dispatcher.tick()
    assert states(workspace, bad, held, later) == ["failed", "successful", "running"]
    assert "worker was lost" in message(workspace, bad)
    assert "status.json cannot be read: " in message(workspace, bad)


def test_a_living_worker_speaks_over_what_cannot_be_read(
    workspace: Workspace, build: Build, launcher: InlineLauncher
) -> None:
    job_id = accept(workspace, outcome="hold")
    dispatcher = build()
    dispatcher.tick()
    workspace.job_dir(job_id).status.write_text("garbage")
    dispatcher.tick()
    launcher.release()
    dispatcher.tick()
    assert states(workspace, job_id) == ["successful"]


def test_what_is_no_file_is_not_waited_for(
    workspace: Workspace, build: Build, launcher: InlineLauncher
) -> None:
    """A pipe would be read for ever."""
    job_id = accept(workspace, outcome="hold")
    dispatcher = build()
    dispatcher.tick()
    status = workspace.job_dir(job_id).status
    status.unlink()
    os.mkfifo(status)
    launcher.kill(workspace.job_dir(job_id))
    dispatcher.tick()
    assert "status.json cannot be read: it is no file." in message(workspace, job_id)


def test_a_restart_adopts_the_others(
    workspace: Workspace, build: Build, launcher: InlineLauncher
) -> None:
    bad, held, lost = (accept(workspace, outcome="hold") for _ in range(3))
    build(limit=3).tick()
    workspace.job_dir(bad).status.write_text("garbage")
    for job_id in (bad, lost):
        launcher.kill(workspace.job_dir(job_id))
    second = build(limit=3)
    second.adopt()
    second.tick()
    assert states(workspace, bad, held, lost) == ["failed", "running", "failed"]
    assert "status.json cannot be read" in message(workspace, bad)
    assert "It last said: held" in message(workspace, lost)


@pytest.mark.parametrize("name", ["plan.json", "results.json"])
def test_a_lost_job_is_not_run_again_by_what_cannot_be_read(
    workspace: Workspace, build: Build, launcher: InlineLauncher, name: str
) -> None:
    bad, other = (accept(workspace, outcome="hold") for _ in range(2))
    dispatcher = build(resume=True)
    dispatcher.tick()
    (workspace.job_dir(bad).root / name).write_text("garbage")
    launcher.kill(workspace.job_dir(bad))
    launcher.kill(workspace.job_dir(other))
    dispatcher.tick()
    assert states(workspace, bad, other) == ["failed", "running"]
    assert f"{name} cannot be read" in message(workspace, bad)


def test_a_plan_that_went_bad_while_its_job_waited_fails_that_job(
    workspace: Workspace, build: Build, launcher: InlineLauncher
) -> None:
    bad = accept(workspace, outcome="hold")
    dispatcher = build(limit=1, resume=True)
    dispatcher.tick()
    first = accept(workspace, outcome="hold")
    workspace.store.change_job(bad, status=JobStatus.ACCEPTED)
    workspace.job_dir(bad).plan.write_text("garbage")
    launcher.kill(workspace.job_dir(bad))
    second = build(resume=True)
    second.tick()
    assert states(workspace, bad, first) == ["failed", "running"]
    assert "could not be started: plan.json cannot be read" in message(workspace, bad)


def test_a_dismissal_needs_no_plan(
    workspace: Workspace, build: Build, launcher: InlineLauncher
) -> None:
    job_id = accept(workspace, outcome="hold")
    dispatcher = build()
    dispatcher.tick()
    for name in ("plan.json", "status.json"):
        (workspace.job_dir(job_id).root / name).write_text("garbage")
    dispatcher.dismiss(workspace, workspace.store.job(job_id))
    dispatcher.tick()
    dispatcher.tick()
    assert states(workspace, job_id) == ["dismissed"]


def test_results_are_hidden_as_often_as_it_takes(
    workspace: Workspace, build: Build, launcher: InlineLauncher
) -> None:
    """A job that is lost twice while it delivers, before anything was swept."""
    job_id = accept(workspace, outcome="hold")
    dispatcher = build(resume=True)
    for times in (1, 2):
        dispatcher.tick()
        partial = workspace.results / f".wf-{job_id}.partial"
        partial.mkdir(parents=True)
        (partial / "half").write_text("x")
        launcher.kill(workspace.job_dir(job_id))
        dispatcher.tick()
        assert (states(workspace, job_id), workspace.store.job(job_id).resumes) == (
            ["running"],
            times,
        )
        assert not partial.exists()
    workspace.sweep()
    assert list(workspace.results.iterdir()) == []


def test_what_was_hidden_twice_is_forgotten_by_the_next_start(workspace: Workspace) -> None:
    job_id = accept(workspace)
    for _ in range(2):
        workspace.make_job_dir(job_id).log.write_text("x")
        workspace.hide(workspace.job_dir(job_id).root)
    workspace.finish_removals()
    assert workspace.store.counts()["accepted"] == 0
    workspace.sweep()
    assert list(workspace.jobs.iterdir()) == []


class Broken(InlineLauncher):
    """Cannot say of some jobs whether they live."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error
        self.bad: set[Path] = set()

    def alive(self, job: JobDir) -> bool:
        if job.root in self.bad:
            raise self.error
        return super().alive(job)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    now = [time.monotonic()]
    monkeypatch.setattr("jupyter_ades.core.watching.time.monotonic", lambda: now[0])

    def pass_by(seconds: float) -> None:
        now[0] += seconds

    return pass_by


class TestWhatNobodyExpected:
    @pytest.fixture
    def launcher(self) -> Broken:
        return Broken(RuntimeError("this cannot happen"))

    @pytest.mark.parametrize("dismissing", [False, True])
    def test_ends_its_job_after_a_while_in_words(
        self,
        workspace: Workspace,
        build: Build,
        launcher: Broken,
        clock: Callable[[float], None],
        caplog: pytest.LogCaptureFixture,
        dismissing: bool,
    ) -> None:
        bad, held = (accept(workspace, outcome="hold") for _ in range(2))
        dispatcher = build()
        dispatcher.tick()
        launcher.bad.add(workspace.job_dir(bad).root)
        if dismissing:
            dispatcher.dismiss(workspace, workspace.store.job(bad))
        with caplog.at_level(logging.ERROR):
            dispatcher.tick()
            clock(4.0)
            dispatcher.tick()
        assert states(workspace, bad, held) == ["running", "running"]
        (record,) = caplog.records
        assert record.exc_info is not None
        assert record.getMessage().startswith(bad)
        clock(2.0)
        dispatcher.tick()
        dispatcher.tick()
        assert states(workspace, bad, held) == ["dismissed" if dismissing else "failed", "running"]
        assert (
            message(workspace, bad)
            == "The job was ended, as the service cannot see how it is: RuntimeError: this cannot"
            " happen"
        )
        # Its worker was ended with it.
        assert not InlineLauncher.alive(launcher, workspace.job_dir(bad))

    def test_is_forgotten_once_it_works_again(
        self,
        workspace: Workspace,
        build: Build,
        launcher: Broken,
        clock: Callable[[float], None],
    ) -> None:
        job_id = accept(workspace, outcome="hold")
        dispatcher = build()
        dispatcher.tick()
        root = workspace.job_dir(job_id).root
        for _ in range(3):
            launcher.bad.add(root)
            dispatcher.tick()
            clock(4.0)
            launcher.bad.clear()
            dispatcher.tick()
        assert states(workspace, job_id) == ["running"]

    def test_keeps_no_other_from_being_adopted(
        self, workspace: Workspace, build: Build, launcher: Broken
    ) -> None:
        bad, unstarted = (accept(workspace, outcome="hold") for _ in range(2))
        build().tick()
        for job_id in (bad, unstarted):
            workspace.job_dir(job_id).status.unlink()
        launcher.kill(workspace.job_dir(unstarted))
        launcher.bad.add(workspace.job_dir(bad).root)
        second = build()
        second.adopt()
        assert states(workspace, bad, unstarted) == ["running", "accepted"]
        assert second.running == 1


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), StorageFull("full")])
def test_a_full_disk_ends_no_job(
    workspace: Workspace,
    build: Build,
    launcher: InlineLauncher,
    clock: Callable[[float], None],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    job_id = accept(workspace, outcome="hold")
    dispatcher = build(resume=True)
    dispatcher.tick()
    launcher.kill(workspace.job_dir(job_id))

    def full(*_: Any) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(JobDir, "write_plan", full)
        for _ in range(3):
            dispatcher.tick()
            clock(60.0)
    assert states(workspace, job_id) == ["running"]
    dispatcher.tick()
    assert (states(workspace, job_id), workspace.store.job(job_id).resumes) == (["running"], 1)


def test_a_store_that_cannot_be_used_ends_no_job(
    workspace: Workspace,
    build: Build,
    clock: Callable[[float], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job_id = accept(workspace, outcome="failed")
    dispatcher = build()
    dispatcher.tick()

    def held(*_: Any, **__: Any) -> None:
        raise Unavailable("another server writes to it")

    with monkeypatch.context() as patch:
        patch.setattr(workspace.store, "change_job", held)
        for _ in range(2):
            with pytest.raises(Unavailable):
                dispatcher.tick()
            clock(60.0)
    dispatcher.tick()
    assert message(workspace, job_id) == "cell 2 failed: the last line"


def test_a_start_that_fails_as_nobody_expected_fails_its_job(
    workspace: Workspace, build: Build, launcher: InlineLauncher, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = (accept(workspace, outcome="hold") for _ in range(2))
    start = launcher.start

    def odd(job: JobDir, document: str = "") -> None:
        if job.root.name == bad:
            raise ZeroDivisionError("oh")
        start(job, document)

    monkeypatch.setattr(launcher, "start", odd)
    build().tick()
    assert states(workspace, bad, good) == ["failed", "running"]
    assert message(workspace, bad) == "The job could not be started: ZeroDivisionError: oh"


def test_a_runner_that_is_gone_stops_no_other_job(
    workspace: Workspace, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Process(id="g", digest="d", runner="gone")
    workspace.store.add_process(gone)
    shutil.copytree(workspace.package_folder("d", "p"), workspace.package_folder("d", "g"))
    bad, good = accept(workspace, gone), accept(workspace)
    dispatcher = build()
    fake = dispatcher._runner

    def runner(name: str) -> Any:
        if name == "gone":
            raise Unavailable("There is no runner called 'gone' here.")
        return fake(name)

    dispatcher._runner = runner
    object.__setattr__(dispatcher._starter, "runner", runner)
    dispatcher.tick()
    assert states(workspace, bad, good) == ["failed", "running"]
    assert "no runner called 'gone'" in message(workspace, bad)


@pytest.mark.parametrize("pointer", [b"", b".", b"/", b"{there}", b"\0/a", b"{there}/j"])
def test_a_pointer_to_scratch_removes_nothing_else(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pointer: bytes
) -> None:
    there = tmp_path / "there"
    there.mkdir()
    (there / "mine").touch()
    monkeypatch.chdir(there)
    removed: list[Path] = []
    monkeypatch.setattr(shutil, "rmtree", lambda path, **_: removed.append(Path(path)))
    folder = workspace.make_job_dir("j")
    removed.clear()
    folder.elsewhere.write_bytes(pointer.replace(b"{there}", os.fsencode(there)))
    JobDir(folder.root).remove_scratch()
    named = {"inputs", "work", "outputs", "steps", "delivery", "kept"}
    assert {each.name for each in removed} == (named | {"j"} if b"/j" in pointer else named)


def test_who_the_worker_is_may_be_unreadable(tmp_path: Path) -> None:
    folder = JobDir(tmp_path / "one")
    folder.root.mkdir()
    folder.worker.write_text("garbage")
    cold = ColdLauncher()
    assert (cold.alive(folder), cold.pid(folder)) == (False, None)
    handle = os.open(folder.lock, os.O_RDWR | os.O_CREAT)
    fcntl.flock(handle, fcntl.LOCK_EX)
    assert cold.alive(folder)
    os.close(handle)
