"""The store gives back what was put in, in the queue's order, and counts it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jupyter_ades.core.store import JobFilter, Store
from jupyter_ades.errors import DuplicatedProcess, NoSuchJob, NoSuchProcess
from jupyter_ades.model import ExecuteRequest, Input, Job, JobStatus, Process

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
PROCESS = Process(
    id="snuggs-0_3_0",
    alias="snuggs",
    version="0.3.0",
    inputs=(Input(id="a", schema={"type": "string"}),),
    digest="d1",
)


def make_job(number: int, process: Process = PROCESS) -> Job:
    moment = NOON + timedelta(seconds=number)
    return Job(
        id=f"job-{number}",
        process_id=process.id,
        process=process,
        request=ExecuteRequest(inputs={"a": f"value {number}"}, response="raw"),
        created=moment,
        updated=moment,
    )


def add(store: Store, job: Job, key: str | None = None) -> None:
    store.add_job(job, idempotency_key=key, body_digest="digest")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "ades.sqlite")
    opened.add_process(PROCESS)
    yield opened
    opened.close()


def test_a_process_is_found_by_id_and_alias(store: Store) -> None:
    newer = replace(PROCESS, id="snuggs-0_4_0", version="0.4.0", digest="d2")
    store.add_process(newer)
    assert store.find_process("snuggs-0_3_0") == PROCESS
    assert store.find_process("snuggs") == newer
    assert store.find_process("snugg") is None
    assert [each.id for each in store.processes(limit=10)] == ["snuggs-0_3_0", "snuggs-0_4_0"]
    assert store.count_processes() == 2


def test_an_id_is_taken_once_unless_replaced(store: Store) -> None:
    with pytest.raises(DuplicatedProcess, match="snuggs-0_3_0"):
        store.add_process(PROCESS)
    changed = replace(PROCESS, title="changed", digest="d2")
    store.add_process(changed, replace=True)
    assert store.find_process("snuggs-0_3_0") == changed


def test_undeploying_keeps_the_process_of_its_jobs(store: Store) -> None:
    add(store, make_job(1))
    store.remove_process("snuggs-0_3_0")
    assert store.job("job-1").process == PROCESS
    assert store.needs_package(PROCESS)
    store.change_job("job-1", status=JobStatus.SUCCESSFUL)
    assert not store.needs_package(PROCESS)
    with pytest.raises(NoSuchProcess):
        store.remove_process("snuggs-0_3_0")


def test_a_job_comes_back_as_it_was(store: Store) -> None:
    add(store, make_job(1))
    assert store.job("job-1") == make_job(1)
    with pytest.raises(NoSuchJob, match="job-2"):
        store.job("job-2")


def test_a_change_is_kept(store: Store) -> None:
    add(store, make_job(1))
    changed = store.change_job(
        "job-1", status=JobStatus.RUNNING, progress=40, message="2 of 4", started=NOON
    )
    assert (changed.status, changed.progress, changed.message) == ("running", 40, "2 of 4")
    assert changed.started == NOON
    assert store.job("job-1") == changed


def test_pages_go_on_where_the_last_ended(store: Store) -> None:
    for number in range(5):
        add(store, make_job(number))
    first = store.jobs(JobFilter(), limit=2)
    assert [job.id for _, job in first] == ["job-4", "job-3"]
    add(store, make_job(9))
    second = store.jobs(JobFilter(), limit=2, before=first[-1][0])
    assert [job.id for _, job in second] == ["job-2", "job-1"]


def test_filters_select(store: Store) -> None:
    other = replace(PROCESS, id="other", digest="d9")
    store.add_process(other)
    add(store, make_job(1))
    add(store, make_job(2, other))
    store.change_job("job-1", status=JobStatus.FAILED)

    def ids(selection: JobFilter) -> list[str]:
        return [job.id for _, job in store.jobs(selection, limit=10)]

    assert ids(JobFilter(process_ids=("other",))) == ["job-2"]
    assert ids(JobFilter(statuses=(JobStatus.FAILED,))) == ["job-1"]
    assert ids(JobFilter(process_ids=("other",), statuses=(JobStatus.FAILED,))) == []
    assert store.count_jobs(JobFilter(process_ids=("other",))) == 1
    assert store.count_jobs(JobFilter(statuses=(JobStatus.FAILED, JobStatus.RUNNING))) == 1


def test_counts_follow_every_change(store: Store) -> None:
    for number in range(3):
        add(store, make_job(number))
    store.change_job("job-0", status=JobStatus.RUNNING)
    store.change_job("job-1", progress=3)
    store.remove_job("job-2")
    assert {k: v for k, v in store.counts().items() if v} == {"accepted": 1, "running": 1}
    assert store.count_jobs(JobFilter()) == 2


def test_the_queue_is_in_order_of_acceptance(store: Store) -> None:
    for number in (3, 1, 2):
        add(store, make_job(number))
    queue = store.open_jobs(JobStatus.ACCEPTED)
    assert [job.id for job in queue] == ["job-3", "job-1", "job-2"]


def test_an_idempotency_key_names_one_job(store: Store) -> None:
    add(store, make_job(1), key="k")
    assert store.find_by_key("k") == ("job-1", "digest")
    assert store.find_by_key("x") is None
    with pytest.raises(sqlite3.IntegrityError):
        add(store, make_job(2), key="k")


def test_what_was_acknowledged_is_there_after_reopening(tmp_path: Path, store: Store) -> None:
    add(store, make_job(1))
    other = Store(tmp_path / "ades.sqlite")
    assert other.job("job-1") == make_job(1)
    other.close()
