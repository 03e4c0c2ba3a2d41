"""A failed job whose command ended well waits again, for its stage-out alone."""

from __future__ import annotations

import shutil

import pytest

from jupyter_ades.core.resuming import is_ordered
from jupyter_ades.core.workspace import Workspace
from jupyter_ades.errors import NothingToDeliver
from jupyter_ades.model import TRANSITIONS, JobStatus
from jupyter_ades.testing import InlineLauncher
from tests.unit.test_dispatcher import Build, accept, build, launcher, states, workspace

__all__ = ["build", "launcher", "workspace"]


def failed(workspace: Workspace, build: Build, outcome: str = "undelivered") -> str:
    job_id = accept(workspace, outcome=outcome)
    dispatcher = build()
    dispatcher.tick()
    dispatcher.tick()
    assert states(workspace, job_id) == ["failed"]
    return job_id


def test_the_same_job_ends_successful(workspace: Workspace, build: Build) -> None:
    job_id = failed(workspace, build)
    before = workspace.store.job(job_id)
    dispatcher = build()
    waiting = dispatcher.stage_out_again(workspace, before)
    assert (waiting.id, waiting.status, waiting.finished) == (job_id, JobStatus.ACCEPTED, None)
    assert dispatcher.busy
    dispatcher.tick()
    dispatcher.tick()
    after = workspace.store.job(job_id)
    assert (after.status, after.progress, after.message) == (JobStatus.SUCCESSFUL, 100, "Done")
    # It is still the execution that it was.
    assert after.started == before.started
    assert after.finished is not None
    assert before.finished is not None
    assert after.finished > before.finished
    assert workspace.delivered(job_id).is_dir()


def test_it_waits_its_turn(workspace: Workspace, build: Build, launcher: InlineLauncher) -> None:
    first, second = failed(workspace, build), failed(workspace, build)
    held = accept(workspace, outcome="hold")
    dispatcher = build(limit=1)
    dispatcher.tick()
    for job_id in (first, second):
        dispatcher.stage_out_again(workspace, workspace.store.job(job_id))
    dispatcher.tick()
    assert states(workspace, held, first, second) == ["running", "accepted", "accepted"]
    launcher.release()
    for _ in range(4):
        dispatcher.tick()
    assert states(workspace, held, first, second) == ["successful"] * 3


def test_it_can_be_dismissed_while_it_waits(workspace: Workspace, build: Build) -> None:
    job_id = failed(workspace, build)
    dispatcher = build()
    waiting = dispatcher.stage_out_again(workspace, workspace.store.job(job_id))
    assert dispatcher.dismiss(workspace, waiting).status is JobStatus.DISMISSED
    dispatcher.tick()
    assert not workspace.delivered(job_id).exists()


def test_a_server_that_dies_at_any_moment_loses_nothing(workspace: Workspace, build: Build) -> None:
    """Between the plan, the store, the old status and the start."""
    job_id = failed(workspace, build)
    build().stage_out_again(workspace, workspace.store.job(job_id))
    folder = workspace.job_dir(job_id)
    # The plan was written, the store was not: the job is failed as it was, and can be asked again.
    workspace.store.change_job(job_id, status=JobStatus.FAILED)
    build().adopt()
    assert states(workspace, job_id) == ["failed"]
    build().stage_out_again(workspace, workspace.store.job(job_id))
    # The start was recorded, the old status gone, no worker there.
    workspace.store.change_job(job_id, status=JobStatus.RUNNING)
    folder.status.unlink()
    second = build()
    second.adopt()
    assert states(workspace, job_id) == ["accepted"]
    assert is_ordered(folder)
    assert folder.read_ran() is not None
    second.tick()
    second.tick()
    assert states(workspace, job_id) == ["successful"]


def test_it_goes_to_where_results_go_now(workspace: Workspace, build: Build) -> None:
    job_id = failed(workspace, build)
    workspace.results = workspace.results.with_name("elsewhere")
    dispatcher = build()
    dispatcher.stage_out_again(workspace, workspace.store.job(job_id))
    dispatcher.tick()
    dispatcher.tick()
    assert (workspace.results / f"wf-{job_id}" / "catalog.json").is_file()


@pytest.mark.parametrize(
    ("outcome", "words"),
    [("failed", "left nothing to deliver"), ("successful", "is successful; only a failed one")],
)
def test_what_has_nothing_to_deliver_is_refused(
    workspace: Workspace, build: Build, outcome: str, words: str
) -> None:
    job_id = accept(workspace, outcome=outcome)
    dispatcher = build()
    dispatcher.tick()
    dispatcher.tick()
    before = workspace.store.job(job_id)
    with pytest.raises(NothingToDeliver, match=words):
        dispatcher.stage_out_again(workspace, before)
    assert workspace.store.job(job_id) == before


def test_scratch_that_is_gone_is_refused(workspace: Workspace, build: Build) -> None:
    job_id = failed(workspace, build)
    shutil.rmtree(workspace.job_dir(job_id).work)
    with pytest.raises(NothingToDeliver, match="removed since"):
        build().stage_out_again(workspace, workspace.store.job(job_id))


def test_the_table_has_this_one_way_out_of_an_end() -> None:
    ways = {status: after for status, after in TRANSITIONS.items() if status.final and after}
    assert ways == {JobStatus.FAILED: frozenset({JobStatus.ACCEPTED})}
