"""The store gives back what was put in, in the queue's order, and counts it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jupyter_ades.core.store import Store
from jupyter_ades.core.store_jobs import Cursor, JobFilter, count_query, cut, page_query
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


def add(store: Store, job: Job, key: str | None = None) -> bool:
    return store.add_job(job, idempotency_key=key, body_digest="digest")


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
    store.change_job("job-1", status=JobStatus.SUCCESSFUL, finished=NOON)
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
    second = store.jobs(JobFilter(), limit=2, cursor=Cursor(before=first[-1][0]))
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
    assert not add(store, make_job(2), key="k")
    assert store.count_jobs(JobFilter()) == 1


def test_what_was_acknowledged_is_there_after_reopening(tmp_path: Path, store: Store) -> None:
    add(store, make_job(1))
    other = Store(tmp_path / "ades.sqlite")
    assert other.job("job-1") == make_job(1)
    other.close()


def test_filters_by_time_and_length(store: Store) -> None:
    for number in range(4):
        add(store, make_job(number))
    for number, seconds in ((1, 5), (2, 50)):
        moment = NOON + timedelta(seconds=number)
        store.change_job(
            f"job-{number}",
            status=JobStatus.SUCCESSFUL,
            started=moment,
            finished=moment + timedelta(seconds=seconds),
        )
    # Running since long ago.
    store.change_job("job-3", status=JobStatus.RUNNING, started=NOON)

    def ids(**fields: Any) -> list[str]:
        selection = JobFilter(**fields)
        found = [job.id for _, job in store.jobs(selection, limit=10)]
        assert store.count_jobs(selection) == len(found)
        return found

    assert ids(since=NOON + timedelta(seconds=2)) == ["job-3", "job-2"]
    assert ids(until=NOON) == ["job-0"]
    assert ids(shortest=5) == ["job-3", "job-2", "job-1"]
    assert ids(shortest=51) == ["job-3"]
    assert ids(longest=10) == ["job-1"]
    assert ids(shortest=10, longest=60) == ["job-2"]


def test_pages_lead_back_as_they_led_on(store: Store) -> None:
    for number in range(5):
        add(store, make_job(number))

    def page(cursor: Cursor) -> tuple[list[str], int | None, int | None]:
        found, older, newer = cut(store.jobs(JobFilter(), limit=3, cursor=cursor), 2, cursor)
        return [job.id for _, job in found], older, newer

    first, older, newer = page(Cursor())
    assert (first, newer) == (["job-4", "job-3"], None)
    second, older, newer = page(Cursor(before=older))
    assert second == ["job-2", "job-1"]
    add(store, make_job(9))
    back, _, newest = page(Cursor(after=newer))
    assert back == ["job-4", "job-3"]
    assert page(Cursor(after=newest))[0] == ["job-9"]
    assert page(Cursor(after=newest))[2] is None
    last, oldest, _ = page(Cursor(before=older))
    assert (last, oldest) == (["job-0"], None)


def test_an_unlisted_job_is_in_no_list_and_no_count(store: Store) -> None:
    add(store, make_job(1))
    add(store, replace(make_job(2), unlisted=True))
    assert [job.id for _, job in store.jobs(JobFilter(), limit=10)] == ["job-1"]
    assert store.count_jobs(JobFilter()) == store.count_jobs(JobFilter(since=NOON)) == 1
    assert [job.id for job in store.unlisted()] == ["job-2"]
    # A client waits for it, so it is the first to be started.
    assert [job.id for job in store.open_jobs(JobStatus.ACCEPTED)] == ["job-2", "job-1"]


@pytest.mark.parametrize(
    "selection",
    [
        JobFilter(),
        JobFilter(statuses=(JobStatus.FAILED,)),
        JobFilter(process_ids=("a", "b")),
        JobFilter(since=NOON),
        JobFilter(until=NOON),
        JobFilter(shortest=3.0),
        JobFilter(longest=3.0),
        JobFilter(process_ids=("a",), statuses=(JobStatus.FAILED,), since=NOON, longest=9),
    ],
)
def test_every_filter_is_answered_from_an_index(tmp_path: Path, selection: JobFilter) -> None:
    """With many jobs, as SQLite plans it: no page reads a table from its one end to the other."""
    path = tmp_path / "ades.sqlite"
    store = Store(path)
    store.add_process(PROCESS)
    for number in range(50):
        add(store, make_job(number))
    store.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("ANALYZE")
        for query, parameters in (
            page_query(selection, Cursor(before=40), NOON, limit=10),
            page_query(selection, Cursor(), NOON, limit=10),
        ):
            steps = plan_of(db, query, parameters)
            # By the primary key, newest first, it stops at the page's end.
            assert all("SEARCH" in step or step == "SCAN jobs" for step in steps if "jobs" in step)
            if selection.plain or "SCAN jobs" in steps:
                assert not any("TEMP B-TREE" in step for step in steps)
        counted, parameters = count_query(selection, NOON)
        steps = plan_of(db, counted, parameters)
        if selection.plain:
            assert all("listed" in step and "jobs" not in step for step in steps)
        assert all(
            "SEARCH" in each or "MULTI" in each or "INDEX" in each or "listed" in each
            for each in steps
        )


def plan_of(db: sqlite3.Connection, query: str, parameters: Any) -> list[str]:
    return [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {query}", parameters)]


def test_what_each_request_and_tick_asks_reads_no_ended_job(store: Store) -> None:
    """Every statement of theirs, as SQLite plans it."""
    for number in range(50):
        add(store, make_job(number), key=f"key {number}")
        store.change_job(f"job-{number}", status=JobStatus.SUCCESSFUL, finished=NOON)
    asked: list[str] = []
    store._db.set_trace_callback(asked.append)
    store.find_by_key("key 7")
    store.counts()
    store.find_process(PROCESS.id)
    store.open_jobs(JobStatus.ACCEPTED, limit=1)
    store.dismissing()
    store.unlisted()
    store.unlisted(before=NOON)
    store.needs_package(PROCESS)
    store.tidings(NOON, limit=8)
    store.next_tiding()
    store.expired(days=1, count=None, size=None, limit=100)
    store._db.set_trace_callback(None)
    assert len(asked) == 12
    for query in asked:
        steps = plan_of(store._db, query, ())
        scans = [step for step in steps if step.startswith("SCAN jobs")]
        # Indexes of the few that have not ended, or that no list shows, may be read as a whole.
        assert set(scans) <= {
            f"SCAN jobs USING INDEX jobs_{name}" for name in ("started", "unlisted")
        }, query


def test_lists_of_a_process_are_counted_without_reading_them(store: Store) -> None:
    other = replace(PROCESS, id="other", digest="d9")
    store.add_process(other)
    for number in range(4):
        add(store, make_job(number, other if number == 3 else PROCESS))
    add(store, replace(make_job(4), unlisted=True))
    mine = JobFilter(process_ids=(PROCESS.id,))
    assert (store.count_jobs(mine), store.count_jobs(JobFilter())) == (3, 4)
    store.change_job("job-4", unlisted=False)
    store.change_job("job-0", status=JobStatus.FAILED)
    store.remove_job("job-1")
    failed = replace(mine, statuses=(JobStatus.FAILED,))
    assert (store.count_jobs(mine), store.count_jobs(failed)) == (3, 1)
    assert store.count_jobs(JobFilter(process_ids=("other", "none"))) == 1


def test_a_list_of_several_states_is_in_the_order_of_all(store: Store) -> None:
    states = (JobStatus.FAILED, JobStatus.SUCCESSFUL, JobStatus.DISMISSED)
    for number in range(9):
        add(store, make_job(number))
        store.change_job(f"job-{number}", status=states[number % 3])
    wanted = JobFilter(statuses=states[:2], process_ids=(PROCESS.id, "other"))
    first = store.jobs(wanted, limit=4)
    assert [job.id for _, job in first] == ["job-7", "job-6", "job-4", "job-3"]
    cursor = Cursor(before=first[-1][0])
    assert [job.id for _, job in store.jobs(wanted, limit=4, cursor=cursor)] == ["job-1", "job-0"]
    cursor = Cursor(after=first[-1][0])
    newer = [job.id for _, job in store.jobs(wanted, limit=2, cursor=cursor)]
    assert newer == ["job-6", "job-4"]
    # Of more processes than parts of one query.
    many = replace(wanted, process_ids=(PROCESS.id, *(f"p{each}" for each in range(80))))
    assert store.jobs(many, limit=4) == first
