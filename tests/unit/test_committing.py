"""Calls that share a commit: each whole or nothing, none answered before it is certain."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_ades.core.committing import Outcome, carry
from jupyter_ades.core.store import Store
from jupyter_ades.core.store_jobs import JobFilter
from jupyter_ades.errors import NoSuchJob, StorageFull, TooManyJobs, Unavailable
from jupyter_ades.model import ExecuteRequest
from tests.unit.test_store import PROCESS, add, make_job


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "ades.sqlite")
    opened.add_process(PROCESS)
    yield opened
    opened.close()


@pytest.fixture
def commits(store: Store) -> list[str]:
    """Every statement that begins or ends a transaction, as SQLite runs it."""
    seen: list[str] = []
    store._db.set_trace_callback(
        lambda said: seen.append(said) if said.startswith(("BEGIN", "COMMIT", "ROLLBACK")) else None
    )
    return seen


def adding(store: Store, number: int, size: int = 1) -> Callable[[], bool]:
    job = replace(make_job(number), request=ExecuteRequest(inputs={"a": "x" * size}))
    return lambda: add(store, job)


def ids(path: Path) -> list[str]:
    """What another reader of the file sees: what was committed."""
    with closing(sqlite3.connect(path)) as db:
        return [row[0] for row in db.execute("SELECT id FROM jobs ORDER BY number")]


def kinds(outcomes: list[Outcome]) -> list[type | None]:
    return [type(each.error) if each.error else None for each in outcomes]


def test_calls_that_arrive_together_share_one_commit(
    store: Store, commits: list[str], tmp_path: Path
) -> None:
    outcomes = carry([adding(store, each) for each in range(5)], [store])
    assert [each.value for each in outcomes] == [True] * 5
    assert commits == ["BEGIN IMMEDIATE", "COMMIT"]
    assert ids(tmp_path / "ades.sqlite") == [f"job-{each}" for each in range(5)]


def test_calls_that_only_read_commit_nothing(store: Store, commits: list[str]) -> None:
    outcomes = carry([store.counts, store.count_processes], [store])
    assert (outcomes[1].value, commits) == (1, [])


def test_one_that_fails_leaves_nothing_and_takes_no_other_along(
    store: Store, tmp_path: Path
) -> None:
    def half() -> None:
        adding(store, 2)()
        raise TooManyJobs("no")

    told: list[str] = []

    def failing_with_a_follower() -> None:
        store.afterwards(lambda: told.append("of the one that failed"))
        raise TooManyJobs("no")

    def following() -> bool:
        store.afterwards(lambda: told.append(f"certain: {ids(tmp_path / 'ades.sqlite')}"))
        return adding(store, 3)()

    calls = [adding(store, 1), half, failing_with_a_follower, following]
    assert kinds(carry(calls, [store])) == [None, TooManyJobs, TooManyJobs, None]
    assert ids(tmp_path / "ades.sqlite") == ["job-1", "job-3"]
    assert store.counts() == {"accepted": 2}
    assert told == ["certain: ['job-1', 'job-3']"]


def test_one_that_has_no_room_fails_alone(store: Store, tmp_path: Path) -> None:
    """The store's file may grow by 20 pages: SQLite says, itself, that it is full."""
    (pages,) = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count = {pages + 20}")
    calls = [adding(store, 1), adding(store, 2, 400_000), adding(store, 3)]
    assert kinds(carry(calls, [store])) == [None, StorageFull, None]
    assert ids(tmp_path / "ades.sqlite") == ["job-1", "job-3"]
    with pytest.raises(NoSuchJob):
        store.job("job-2")


def test_when_the_commit_has_no_room_the_others_get_one_of_their_own(
    store: Store, tmp_path: Path
) -> None:
    """SQLite may find only at the end that the disk is full."""

    class Full:
        """The connection, whose disk has no room for a commit with job 2."""

        def __init__(self, db: sqlite3.Connection) -> None:
            self._db = db

        def __getattr__(self, name: str) -> object:
            return getattr(self._db, name)

        def execute(self, statement: str, parameters: object = ()) -> sqlite3.Cursor:
            if statement == "COMMIT" and any("job-2" in each for each in self._jobs()):
                error = sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorcode = sqlite3.SQLITE_FULL
                raise error
            return self._db.execute(statement, parameters)  # type: ignore[arg-type]

        def _jobs(self) -> list[str]:
            return [row[0] for row in self._db.execute("SELECT id FROM jobs")]

    store._db = Full(store._db)  # type: ignore[assignment]
    calls = [adding(store, 1), adding(store, 2), store.counts, adding(store, 3)]
    outcomes = carry(calls, [store])
    assert kinds(outcomes) == [None, StorageFull, None, None]
    assert ids(tmp_path / "ades.sqlite") == ["job-1", "job-3"]
    assert outcomes[2].value == {"accepted": 1}


def test_stores_fail_by_themselves(store: Store, tmp_path: Path) -> None:
    other = Store(tmp_path / "other.sqlite")
    other.add_process(PROCESS)
    (pages,) = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count = {pages + 20}")
    calls = [adding(store, 1, 400_000), adding(other, 1), adding(other, 2, 400_000)]
    assert kinds(carry(calls, [store, other])) == [StorageFull, None, None]
    assert ids(tmp_path / "other.sqlite") == ["job-1", "job-2"]
    assert store.count_jobs(JobFilter()) == 0
    other.close()


def test_a_store_that_another_server_holds_is_told_as_that(store: Store, tmp_path: Path) -> None:
    store._db.execute("PRAGMA busy_timeout = 1")
    with closing(sqlite3.connect(tmp_path / "ades.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        (outcome,) = carry([adding(store, 1)], [store])
        other.execute("ROLLBACK")
    assert isinstance(outcome.error, Unavailable)
    assert "another server" in outcome.error.detail
    assert kinds(carry([adding(store, 1)], [store])) == [None]


@pytest.fixture
def no_growth(store: Store, tmp_path: Path) -> Iterator[Callable[[], None]]:
    """Lets no file grow from when it is called: SQLite rolls back by itself what it cannot spill.

    Beforehand the store is given jobs that a list has to read, and then a cache that is too small
    for them beside what was written.
    """
    for number in range(100, 130):
        adding(store, number, 100_000)()
    store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def stop() -> None:
        store._db.execute("PRAGMA cache_size = 50")
        grown = (tmp_path / "ades.sqlite-wal").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (grown, before[1]))

    yield stop
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def free(limit: tuple[int, int]) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, limit)


@pytest.mark.parametrize("forgiving", [False, True], ids=["told", "and writes on"])
def test_what_a_reader_made_sqlite_give_up_is_written_again(
    store: Store, no_growth: Callable[[], None], tmp_path: Path, forgiving: bool
) -> None:
    """A list that has no room in the cache makes SQLite write out what others have inserted.

    When that fails, all of the transaction is gone, though the one that failed wrote nothing.
    """
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    failures: list[Exception] = []

    def read() -> int:
        if not failures:
            no_growth()
        try:
            return len(store.jobs(JobFilter(), limit=100))
        except Unavailable as error:
            failures.append(error)
            free(limit)
            if not forgiving:
                raise
            return adding(store, 3)()

    outcomes = carry([adding(store, 1, 700_000), read, adding(store, 2)], [store])
    assert len(failures) == 1
    assert kinds(outcomes) == [None, None, None]
    assert [each.value for each in outcomes] == [True, 31, True]
    there = [each for each in ids(tmp_path / "ades.sqlite") if len(each) == len("job-1")]
    assert there == ["job-1", "job-2"]


def test_what_sqlite_gives_up_while_the_disk_is_full_is_refused(
    store: Store, no_growth: Callable[[], None], tmp_path: Path
) -> None:
    stopped: list[None] = []

    def read() -> int:
        if not stopped:
            stopped.append(no_growth())
        return len(store.jobs(JobFilter(), limit=100))

    outcomes = carry([adding(store, 1, 700_000), read], [store])
    assert kinds(outcomes) == [Unavailable, None]
    assert "job-1" not in ids(tmp_path / "ades.sqlite")
    assert outcomes[1].value == 30
