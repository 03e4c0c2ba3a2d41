"""A worker that a killed server had ordered begins late: one worker is on a job, and no other."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from jupyter_ades.core.fork_server import Forked, ForkServer
from jupyter_ades.core.handing_over import without_worker
from jupyter_ades.core.launcher import ColdLauncher, job_environment
from jupyter_ades.core.warm_launcher import can_fork, has_ended
from jupyter_ades.core.workspace import Workspace
from jupyter_ades.errors import Overtaken
from jupyter_ades.jobdir import JobDir, read_record
from jupyter_ades.model import FetchPolicy, JobStatus
from jupyter_ades.orders import Plan, WorkOrder
from jupyter_ades.system.identity import Worker
from jupyter_ades.worker import __main__ as worker
from tests.worker.support import CWL, until
from tests.worker.test_spare import end, spare

pytestmark = pytest.mark.skipif(not can_fork(), reason="workers are forked on Linux only")
JOB = "8d0a1f7c"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = Workspace("terradue", tmp_path / "state", tmp_path / "results")
    yield opened
    opened.close()


@pytest.fixture
def lay_out(workspace: Workspace, tmp_path: Path) -> Callable[[], JobDir]:
    """A job that marks that it began, then waits for its gate."""
    marks, gate = tmp_path / "marks", tmp_path / "gate"
    script = f"echo began >> {marks}; while [ ! -e {gate} ]; do sleep 0.05; done; exit 7"

    def made() -> JobDir:
        folder = workspace.make_job_dir(JOB)
        folder.package.mkdir()
        folder.write_plan(
            WorkOrder(
                job_id=JOB,
                process=CWL,
                plan=Plan(runner="cwltool", argv=("sh", "-c", script)),
                fetch=FetchPolicy(user_folder=str(tmp_path)),
                results_folder=str(workspace.results),
                created=datetime.now(UTC),
            )
        )
        return folder

    return made


def ordered_late(folder: JobDir) -> tuple[psutil.Process, Forked]:
    """A worker that has its order and does not know it yet; the server that gave it is gone."""
    server = ForkServer(job_environment(""))
    until(lambda: server.ready)
    waiting = spare(server)
    waiting.suspend()
    forked = server.fork(folder.root, job_environment(JOB))
    server.close()
    assert forked.pid == waiting.pid
    return waiting, forked


def began(folder: JobDir) -> int:
    return int(until(lambda: read_record(folder.worker, Worker)).pid)


def test_one_that_finds_another_in_its_place_leaves_it_alone(
    lay_out: Callable[[], JobDir], tmp_path: Path
) -> None:
    late, forked = ordered_late(lay_out())
    folder = lay_out()
    launcher = ColdLauncher()
    launcher.start(folder)
    pid = began(folder)
    late.resume()
    until(lambda: has_ended(forked.handle))
    os.close(forked.handle)
    assert (began(folder), launcher.alive(folder)) == (pid, True)
    (tmp_path / "gate").touch()
    until(lambda: not launcher.alive(folder))
    status = folder.read_status()
    assert status is not None
    assert status.status is JobStatus.FAILED
    assert "exit code 7" in status.message
    assert (tmp_path / "marks").read_text() == "began\n"


def test_one_that_has_begun_keeps_its_directory(
    lay_out: Callable[[], JobDir], tmp_path: Path
) -> None:
    folder = lay_out()
    late, forked = ordered_late(folder)
    late.resume()
    assert began(folder) == late.pid
    with pytest.raises(Overtaken):
        lay_out()
    (tmp_path / "gate").touch()
    assert end(forked, folder) is JobStatus.FAILED
    status = folder.read_status()
    assert status is not None
    assert "exit code 7" in status.message


def test_one_that_began_and_ended_unseen_has_had_the_job(
    lay_out: Callable[[], JobDir], tmp_path: Path
) -> None:
    """After a server looked whether it had begun, and before that started another."""
    folder = lay_out()
    late, forked = ordered_late(folder)
    late.resume()
    (tmp_path / "gate").touch()
    assert end(forked, folder) is JobStatus.FAILED
    with pytest.raises(Overtaken):
        lay_out()
    with pytest.raises(Overtaken), without_worker(folder):
        pass
    # Nor does one that a server had launched already.
    launcher = ColdLauncher()
    launcher.start(folder)
    until(lambda: not launcher.alive(folder))
    assert "another worker has begun" in folder.log.read_text()
    assert (tmp_path / "marks").read_text() == "began\n"


@pytest.mark.parametrize("anew", [True, False])
def test_one_whose_directory_is_replaced_while_it_begins_goes(
    lay_out: Callable[[], JobDir],
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    anew: bool,
) -> None:
    folder = lay_out()
    real, replaced = worker.lock_now, []

    def replace_first(handle: int) -> bool | None:
        if not replaced:
            replaced.append(lay_out() if anew else workspace.hide(folder.root))
        return real(handle)

    monkeypatch.setattr(worker, "lock_now", replace_first)
    assert worker.main(str(folder.root)) == (3 if anew else 2)
    assert folder.read_status() is None
    assert not folder.worker.exists()


def test_one_that_finds_a_directory_before_its_plan_says_nothing(
    lay_out: Callable[[], JobDir], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = lay_out()
    real = worker.lock_now

    def without_plan(handle: int) -> bool | None:
        folder.plan.unlink()
        return real(handle)

    monkeypatch.setattr(worker, "lock_now", without_plan)
    assert worker.main(str(folder.root)) == 2
    assert folder.read_status() is None


def test_what_was_replaced_is_swept_and_its_job_kept(workspace: Workspace) -> None:
    """A server was killed while it removed the directory."""
    left = workspace.jobs / f".replaced-{JOB}.0badcafe"
    left.mkdir()
    workspace.finish_removals()
    workspace.sweep()
    assert not left.exists()
