"""Jobs whose worker was lost: which run again, how often, from where, and what others leave."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from jupyter_ades.core.dispatcher import Dispatcher
from jupyter_ades.core.watching import TAKERS
from jupyter_ades.core.workspace import Workspace
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import Begin, JobStatus
from jupyter_ades.orders import Ran, Results
from jupyter_ades.system.leftovers import note_pods
from jupyter_ades.testing import InlineLauncher
from tests.unit.test_dispatcher import PROCESS, Build, accept, build, launcher, states, workspace

__all__ = ["build", "launcher", "workspace"]


@pytest.fixture
def resuming(build: Build, workspace: Workspace) -> Build:
    """A dispatcher that runs interrupted jobs again, twice at the most."""

    def make() -> Dispatcher:
        return build(resume=True)

    return make


def lose(workspace: Workspace, launcher: InlineLauncher, job_id: str) -> JobDir:
    """As if its worker were killed while it ran."""
    folder = workspace.job_dir(job_id)
    launcher.kill(folder)
    return folder


def test_an_interrupted_job_runs_again_so_many_times(
    workspace: Workspace, resuming: Build, launcher: InlineLauncher
) -> None:
    job_id = accept(workspace, outcome="hold")
    dispatcher = resuming()
    for times in (1, 2):
        dispatcher.tick()
        lose(workspace, launcher, job_id)
        dispatcher._watch.read_back()
        job = workspace.store.job(job_id)
        assert (job.status, job.resumes) == (JobStatus.ACCEPTED, times)
        assert f"({times} of at most 2 times)" in job.message
    dispatcher.tick()
    lose(workspace, launcher, job_id)
    dispatcher.tick()
    job = workspace.store.job(job_id)
    assert (job.status, job.resumes) == (JobStatus.FAILED, 2)
    assert "worker was lost" in job.message


@pytest.mark.parametrize(
    ("said", "wanted", "again"),
    [(None, False, False), (None, True, True), (True, False, True), (False, True, False)],
)
def test_the_package_says_else_the_operator(
    workspace: Workspace,
    build: Build,
    launcher: InlineLauncher,
    said: bool | None,
    wanted: bool,
    again: bool,
) -> None:
    details = {} if said is None else {"resume": said}
    process = replace(PROCESS, details=details)
    workspace.store.add_process(process, replace=True)
    job_id = accept(workspace, process, outcome="hold")
    dispatcher = build(resume=wanted)
    dispatcher.tick()
    lose(workspace, launcher, job_id)
    dispatcher._watch.read_back()
    assert states(workspace, job_id) == ["accepted" if again else "failed"]


def test_what_was_computed_is_delivered_and_not_computed_again(
    workspace: Workspace, resuming: Build, launcher: InlineLauncher
) -> None:
    job_id = accept(workspace, outcome="hold")
    dispatcher = resuming()
    dispatcher.tick()
    folder = lose(workspace, launcher, job_id)
    now = datetime.now(UTC)
    folder.work.mkdir()
    folder.write_ran(Ran(started=now, finished=now))
    started = workspace.store.job(job_id).started
    dispatcher.tick()
    order = folder.read_plan()
    assert order is not None
    assert (order.begin, order.resumes) == (Begin.STAGE_OUT, 1)
    dispatcher.tick()
    job = workspace.store.job(job_id)
    assert (job.status, job.started) == (JobStatus.SUCCESSFUL, started)


def test_one_that_had_delivered_all_was_successful(
    workspace: Workspace, build: Build, launcher: InlineLauncher
) -> None:
    job_id = accept(workspace, outcome="hold")
    dispatcher = build()
    dispatcher.tick()
    folder = lose(workspace, launcher, job_id)
    folder.write_results(Results(catalog=f"wf-{job_id}/catalog.json"))
    dispatcher.tick()
    job = workspace.store.job(job_id)
    assert (job.status, job.progress, job.message) == (JobStatus.SUCCESSFUL, 100, "Done")


def test_half_of_a_lost_jobs_results_is_not_left(
    workspace: Workspace, build: Build, launcher: InlineLauncher
) -> None:
    job_id = accept(workspace, outcome="hold")
    dispatcher = build()
    dispatcher.tick()
    partial = workspace.results / f".wf-{job_id}.partial"
    partial.mkdir(parents=True)
    lose(workspace, launcher, job_id)
    dispatcher.tick()
    workspace.sweep()
    assert list(workspace.results.iterdir()) == []


def test_one_that_never_began_and_is_to_end_ends(
    workspace: Workspace, build: Build, launcher: InlineLauncher
) -> None:
    job_id = accept(workspace)
    workspace.store.change_job(job_id, status=JobStatus.RUNNING, dismissing=True)
    dispatcher = build()
    dispatcher.adopt()
    dispatcher.tick()
    job = workspace.store.job(job_id)
    assert (job.status, job.dismissing) == (JobStatus.DISMISSED, False)


def test_a_clock_that_is_set_back_makes_no_job_that_ends_before_it_starts(
    workspace: Workspace, build: Build, launcher: InlineLauncher
) -> None:
    job_id = accept(workspace, outcome="hold")
    workspace.store.change_job(job_id, created=datetime(2040, 1, 1, tzinfo=UTC))
    dispatcher = build()
    dispatcher.tick()
    launcher.release()
    dispatcher.tick()
    job = workspace.store.job(job_id)
    assert job.status is JobStatus.SUCCESSFUL
    assert job.started is not None
    assert job.finished is not None
    assert job.created <= job.started <= job.finished


def in_cluster(folder: JobDir) -> None:
    """As a job leaves it whose command runs in a cluster."""
    folder.staged.write_text("{}")
    note_pods(folder, submitted=True)


def test_a_job_that_runs_on_in_a_cluster_is_taken_up(
    workspace: Workspace, build: Build, launcher: InlineLauncher
) -> None:
    """Whether or not jobs may run again: it never ceased to."""
    job_id = accept(workspace, outcome="hold")
    dispatcher = build()
    dispatcher.tick()
    for _ in range(TAKERS):
        folder = lose(workspace, launcher, job_id)
        in_cluster(folder)
        dispatcher.tick()
        assert launcher.alive(folder)
        job = workspace.store.job(job_id)
        assert (job.status, job.resumes) == (JobStatus.RUNNING, 0)
    # One that loses each of them is not taken up for ever.
    lose(workspace, launcher, job_id)
    dispatcher.tick()
    assert workspace.store.job(job_id).status is JobStatus.FAILED


def test_a_dismissed_job_in_a_cluster_is_not_taken_up(
    workspace: Workspace, build: Build, launcher: InlineLauncher
) -> None:
    job_id = accept(workspace, outcome="hold")
    dispatcher = build()
    dispatcher.tick()
    folder = lose(workspace, launcher, job_id)
    in_cluster(folder)
    dispatcher.dismiss(workspace, workspace.store.job(job_id))
    dispatcher.tick()
    assert not launcher.alive(folder)
    assert workspace.store.job(job_id).status is JobStatus.DISMISSED
