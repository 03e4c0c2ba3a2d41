"""Which job starts next: cores, memory, priorities, limits of processes and workspaces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jupyter_ades.core.dispatcher import Dispatcher
from jupyter_ades.core.limits import Limits
from jupyter_ades.core.workspace import Workspace
from jupyter_ades.model import ExecuteRequest, FetchPolicy, Job, Process
from jupyter_ades.resources import ProcessRule, Resources, WorkspaceRule
from jupyter_ades.runners.base import Site
from jupyter_ades.testing import InlineLauncher
from tests.unit.test_dispatcher import FakeRunner, launcher, states, workspace

__all__ = ["launcher", "workspace"]
GIB = 2**30
Build = Callable[..., Dispatcher]


@pytest.fixture
def dispatch(workspace: Workspace, launcher: InlineLauncher, tmp_path: Path) -> Build:
    def make(*more: Workspace, **limits: Any) -> Dispatcher:
        return Dispatcher(
            [workspace, *more],
            launcher=launcher,
            runner=lambda name: FakeRunner(),  # type: ignore[arg-type,return-value]
            fetch=FetchPolicy(user_folder=str(tmp_path)),
            limits=Limits(**{"max_running_jobs": 100, **limits}),
            site=Site(),
        )

    return make


def submit(workspace: Workspace, name: str = "p", priority: int = 0, **needed: Any) -> str:
    """A job that runs until it is released, of a process with these needs."""
    process = Process(id=name, digest=f"d{needed}", runner="fake", resources=Resources(**needed))
    workspace.store.add_process(process, replace=True)
    folder = workspace.package_folder(process.digest, name) / "package"
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    number = sum(workspace.store.counts().values())
    job = Job(
        id=f"00000000-0000-0000-0000-{number:012}",
        process_id=name,
        process=process,
        request=ExecuteRequest(inputs={"outcome": "hold"}),
        created=now,
        updated=now,
    )
    workspace.store.add_job(job, idempotency_key=None, body_digest="", priority=priority)
    return job.id


def why(dispatcher: Dispatcher, workspace: Workspace, job_id: str) -> str:
    return dispatcher.why(workspace, workspace.store.job(job_id))


def test_ten_jobs_of_two_cores_do_not_start_on_two_cores(
    workspace: Workspace, dispatch: Build, launcher: InlineLauncher
) -> None:
    ids = [submit(workspace, cores=2) for _ in range(10)]
    dispatcher = dispatch(max_cores=2)
    for done in range(10):
        dispatcher.tick()
        assert states(workspace, *ids).count("running") == 1
        assert states(workspace, *ids).count("successful") == done
        launcher.release()
    dispatcher.tick()
    assert set(states(workspace, *ids)) == {"successful"}


def test_jobs_share_the_cores_that_there_are(workspace: Workspace, dispatch: Build) -> None:
    ids = [submit(workspace, "a", cores=3), *(submit(workspace) for _ in range(3))]
    dispatcher = dispatch(max_cores=4)
    dispatcher.tick()
    assert states(workspace, *ids) == ["running", "running", "accepted", "accepted"]
    assert why(dispatcher, workspace, ids[2]) == "waits for 1 cores; 0 of 4 are free"


def test_a_large_job_is_not_overtaken_by_small_ones(
    workspace: Workspace, dispatch: Build, launcher: InlineLauncher
) -> None:
    first = submit(workspace)
    large, small = submit(workspace, "large", cores=4), submit(workspace)
    dispatcher = dispatch(max_cores=4)
    dispatcher.tick()
    assert states(workspace, first, large, small) == ["running", "accepted", "accepted"]
    assert why(dispatcher, workspace, large) == "waits for 4 cores; 3 of 4 are free"
    launcher.release()
    dispatcher.tick()
    assert states(workspace, first, large, small) == ["successful", "running", "accepted"]


def test_not_by_those_of_another_workspace_either(
    workspace: Workspace, dispatch: Build, launcher: InlineLauncher, tmp_path: Path
) -> None:
    second = Workspace("second", tmp_path / "state", tmp_path / "results2")
    submit(workspace)
    large = submit(workspace, "large", cores=4)
    others = [submit(second) for _ in range(20)]
    dispatcher = dispatch(second, max_cores=4)
    for _ in range(4):
        dispatcher.tick()
        launcher.release()
    assert states(workspace, large) == ["running"] or states(workspace, large) == ["successful"]
    assert "accepted" in states(second, *others)
    second.close()


def test_memory_is_shared_too(workspace: Workspace, dispatch: Build) -> None:
    ids = [submit(workspace, memory=3 * GIB) for _ in range(2)]
    dispatcher = dispatch(max_memory_bytes=4 * GIB)
    dispatcher.tick()
    assert states(workspace, *ids) == ["running", "accepted"]
    expected = "waits for 3,072 MiB of memory; 1,024 MiB of 4,096 MiB are free"
    assert why(dispatcher, workspace, ids[1]) == expected


def test_a_job_that_asks_for_more_than_there_is_gets_all(
    workspace: Workspace, dispatch: Build
) -> None:
    job_id = submit(workspace, cores=64, memory=512 * GIB)
    dispatcher = dispatch(max_cores=2, max_memory_bytes=GIB)
    dispatcher.tick()
    assert states(workspace, job_id) == ["running"]
    order = workspace.job_dir(job_id).read_plan()
    assert order is not None
    assert (order.cores, order.resources.cores, order.resources.memory) == (2, 2, GIB)


def test_the_higher_priority_starts_sooner(
    workspace: Workspace, dispatch: Build, launcher: InlineLauncher
) -> None:
    low, usual, high = (submit(workspace, priority=each) for each in (-5, 0, 7))
    dispatcher = dispatch(max_running_jobs=1)
    for expected in (
        ["accepted", "accepted", "running"],
        ["accepted", "running", "successful"],
        ["running", "successful", "successful"],
    ):
        dispatcher.tick()
        assert states(workspace, low, usual, high) == expected
        launcher.release()


def test_a_process_at_its_limit_is_passed_over(workspace: Workspace, dispatch: Build) -> None:
    ids = [submit(workspace, name) for name in ("heavy-1", "heavy-1", "light", "heavy-1")]
    dispatcher = dispatch(process_limits={"heavy*": ProcessRule(running=1)})
    dispatcher.tick()
    assert states(workspace, *ids) == ["running", "accepted", "running", "accepted"]
    assert "as many jobs of heavy-1 run as may" in why(dispatcher, workspace, ids[1])


def test_a_workspace_at_its_limit_leaves_the_rest_to_others(
    workspace: Workspace, dispatch: Build, tmp_path: Path
) -> None:
    second = Workspace("second", tmp_path / "state", tmp_path / "results2")
    ids = [submit(workspace) for _ in range(3)]
    others = [submit(second) for _ in range(3)]
    dispatch(second, workspace_limits={workspace.name: WorkspaceRule(running=1)}).tick()
    assert states(workspace, *ids).count("running") == 1
    assert states(second, *others) == ["running"] * 3
    second.close()


def test_jobs_whose_steps_run_elsewhere_take_nothing_here(
    workspace: Workspace, dispatch: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeRunner, "elsewhere", lambda runner, site: True, raising=False)
    ids = [submit(workspace, cores=64, memory=512 * GIB) for _ in range(3)]
    dispatch(max_cores=1, max_memory_bytes=GIB).tick()
    assert states(workspace, *ids) == ["running"] * 3


def test_a_rule_bounds_time_and_memory(workspace: Workspace, dispatch: Build) -> None:
    job_id = submit(workspace, memory_limit=2 * GIB)
    rules = {"*": ProcessRule(seconds=60)}
    dispatch(process_limits=rules, job_memory_bytes=GIB).tick()
    order = workspace.job_dir(job_id).read_plan()
    assert order is not None
    assert replace(order.resources, cores=0) == Resources(memory_limit=GIB, seconds=60)


def test_a_new_job_is_held_up_where_none_can_start(workspace: Workspace, dispatch: Build) -> None:
    full = dispatch(max_running_jobs=1)
    submit(workspace)
    assert not full.held_up(workspace)
    full.tick()
    assert full.held_up(workspace)
    no_room = dispatch(min_free_bytes=2**62)
    submit(workspace)
    assert not no_room.held_up(workspace)
    no_room.tick()
    assert no_room.held_up(workspace)
