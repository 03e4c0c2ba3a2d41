"""Workspaces that share ``c.ADES.results_url`` do not share results."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jupyter_ades.core.dispatcher import Dispatcher
from jupyter_ades.core.limits import Limits
from jupyter_ades.core.retention import Retention
from jupyter_ades.core.service import Service
from jupyter_ades.core.workspace import Workspace
from jupyter_ades.errors import NoSuchFile, NoSuchJob
from jupyter_ades.keep import Keep
from jupyter_ades.model import FetchPolicy, JobStatus
from jupyter_ades.orders import Results
from jupyter_ades.runners.base import Site
from jupyter_ades.s3.address import S3Address
from jupyter_ades.settings.results import Places, places
from jupyter_ades.testing import InlineLauncher
from tests.unit.test_dispatcher import PROCESS
from tests.unit.test_store import make_job

HOME = Path("/home/jane")


@pytest.mark.parametrize(
    ("url", "alone", "expected"),
    [
        ("", True, Places(folder=HOME / "ades-results/a")),
        ("", False, Places(folder=HOME / "ades-results/a")),
        ("out", True, Places(folder=HOME / "out", earlier=HOME / "out/a")),
        ("/data", False, Places(folder=Path("/data/a"), earlier=Path("/data"))),
        (
            "s3://buck/p/",
            True,
            Places(
                folder=HOME / "ades-results/a", bucket="s3://buck/p", earlier_bucket="s3://buck/p/a"
            ),
        ),
        (
            "s3://buck",
            False,
            Places(
                folder=HOME / "ades-results/a", bucket="s3://buck/a", earlier_bucket="s3://buck"
            ),
        ),
    ],
)
def test_where_results_go(url: str, alone: bool, expected: Places) -> None:
    assert places(url, HOME, "a", alone=alone) == expected


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Workspace, Workspace]]:
    shared = tmp_path / "results"
    opened = [
        Workspace(name, tmp_path / "state", shared / name, earlier=shared) for name in ("a", "b")
    ]
    for each in opened:
        each.store.add_process(PROCESS)
    yield opened[0], opened[1]
    for each in opened:
        each.close()


def serving(workspace: Workspace) -> Service:
    policy = FetchPolicy(user_folder="/")
    dispatcher = Dispatcher(
        [workspace],
        launcher=InlineLauncher(),
        runner=lambda name: None,  # type: ignore[arg-type,return-value]
        fetch=policy,
        limits=Limits(),
        site=Site(),
    )
    return Service(workspace, dispatcher, fetch=policy, limits=Limits())


def ended(workspace: Workspace, results: Path) -> str:
    """A successful job that delivered one file."""
    now = datetime.now(UTC)
    job = replace(
        make_job(1),
        id=str(uuid.uuid4()),
        process=PROCESS,
        process_id=PROCESS.id,
        status=JobStatus.SUCCESSFUL,
        finished=now,
    )
    workspace.store.add_job(job, idempotency_key=None, body_digest="")
    (results / f"wf-{job.id}").mkdir(parents=True)
    (results / f"wf-{job.id}" / "x.txt").write_text(f"{workspace.name}'s")
    return job.id


@pytest.mark.parametrize("kept", [True, False])
def test_a_workspace_serves_its_own_results_alone(
    two: tuple[Workspace, Workspace], kept: bool
) -> None:
    a, b = two
    job_id = ended(a, a.results)
    if not kept:
        a.forget(a.store.job(job_id), results=False)
    path = f"wf-{job_id}/x.txt"
    assert serving(a).file(job_id, path).read_text() == "a's"  # type: ignore[union-attr]
    with pytest.raises((NoSuchFile, NoSuchJob)):
        serving(b).file(job_id, path)
    with pytest.raises((NoSuchFile, NoSuchJob)):
        serving(b).file(job_id, f"../a/{path}")


def test_what_was_delivered_before_is_its_jobs(two: tuple[Workspace, Workspace]) -> None:
    a, b = two
    assert a.earlier is not None
    job_id = ended(a, a.earlier)
    path = f"wf-{job_id}/x.txt"
    assert serving(a).file(job_id, path).read_text() == "a's"  # type: ignore[union-attr]
    found = serving(a).finder(a.store.job(job_id), Results())(path)
    assert found == a.earlier.resolve() / path
    with pytest.raises((NoSuchFile, NoSuchJob)):
        serving(b).file(job_id, path)
    a.forget(a.store.job(job_id), results=True)
    a.sweep()
    assert [each.name for each in a.earlier.iterdir()] == []


def test_what_was_delivered_before_is_kept_as_long(two: tuple[Workspace, Workspace]) -> None:
    a, b = two
    assert a.earlier is not None
    mine, others = ended(a, a.earlier), ended(b, a.earlier)
    b.store.change_job(others, pinned=True)
    retention = Retention([a, b], jobs=Keep(), results=Keep(count=0))
    retention.expire_results(retention.old_results())
    assert not (a.earlier / f"wf-{mine}").exists()
    assert (a.earlier / f"wf-{others}").exists()


def test_a_bucket_is_shared_no_more_than_a_folder(tmp_path: Path) -> None:
    opened = Workspace(
        "b", tmp_path / "state", tmp_path / "r", "s3://results/b", earlier_bucket="s3://results"
    )
    unknown = "76d50612-513d-11ed-888e-32db482e8b42"
    assert serving(opened).file(unknown, f"wf-{unknown}/x") == S3Address(
        bucket="results", key=f"b/wf-{unknown}/x"
    )
    assert opened.bucket is not None
    assert opened.bucket.delivered("1") == [
        S3Address(bucket="results", key="b/wf-1/"),
        S3Address(bucket="results", key="wf-1/"),
    ]
    opened.close()
