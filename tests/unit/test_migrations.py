"""Stores of earlier versions become today's, with all that is in them."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from jupyter_ades.core.store import Store
from jupyter_ades.core.store_jobs import JobFilter
from jupyter_ades.core.store_schema import SCHEMA_VERSION, STEPS
from jupyter_ades.model import JobStatus
from tests.unit.test_store import PROCESS, add, make_job

#: The SHA-256 of each step as it was released: stores that have been through it are out there.
RELEASED = (
    "ecbce9672d57e4585f95395c8640fb9f38881f045a75bb7adf96683c20d657e0",
    "2000887e26bbab547cb901c1845a74d7423bffdc37eb39288f0aa5d96a02aa27",
    "2dc814d819035a7c15e52687948019ee1ecb1e0cc09211a0cc54aa9953dafc4c",
    "dbd7c21dba9802b82ca958f2e78d065952ff9e875d51abd53037f9db61d3fa2c",
    "5f5b74a55959c5a68dd4a5958349e3d5af3049ccc8876ae6396cb5f558628230",
    "a7d891922993949d0b08246804fee88f8dbfd4c88257ea6408140de760d2ea2b",
    "28918b5353e8ebe20e9251ea33f5947fc683a745eab5940f87fff31a37f97c2a",
)


def test_a_released_step_is_never_edited() -> None:
    """A change of the tables is a step of its own, with its digest added here."""
    found = tuple(hashlib.sha256(step.encode()).hexdigest() for step in STEPS)
    assert found == RELEASED


def test_a_file_of_version_1_is_brought_to_now(tmp_path: Path) -> None:
    """As that version left it, with a finished job: nothing is lost, and new filters see it."""
    path = tmp_path / "old.sqlite"
    old = sqlite3.connect(path)
    old.executescript(STEPS[0])
    old.execute("PRAGMA user_version = 1")
    old.execute(
        "INSERT INTO packages VALUES (?, ?, ?)",
        (PROCESS.digest, PROCESS.id, msgspec.json.encode(PROCESS)),
    )
    old.execute(
        "INSERT INTO jobs (id, process_id, digest, status, message, progress, created, updated,"
        " started, finished, request) VALUES ('old', ?, ?, 'successful', 'Done', 100,"
        " '2026-05-01T12:00:00.000000+00:00', '2026-05-01T12:00:09.000000+00:00',"
        " '2026-05-01T12:00:01.000000+00:00', '2026-05-01T12:00:09.000000+00:00', ?)",
        (PROCESS.id, PROCESS.digest, b"{}"),
    )
    old.commit()
    old.close()
    store = Store(path)
    found = [job.id for _, job in store.jobs(JobFilter(shortest=7.9, longest=8.1), limit=10)]
    assert found == ["old"]
    assert store.count_jobs(JobFilter()) == 1
    assert not store.job("old").unlisted
    add(store, make_job(1))
    assert [job.id for _, job in store.jobs(JobFilter(), limit=10)] == ["job-1", "old"]
    store.close()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
def test_each_earlier_version_is_brought_to_now(tmp_path: Path, version: int) -> None:
    """With its jobs, its counts, and the tables and indexes that a new file has."""
    path = tmp_path / "old.sqlite"
    old = sqlite3.connect(path)
    for step in STEPS[:version]:
        old.executescript(step)
    old.execute(f"PRAGMA user_version = {version}")
    old.execute(
        "INSERT INTO packages VALUES (?, ?, ?)",
        (PROCESS.digest, PROCESS.id, msgspec.json.encode(PROCESS)),
    )
    for status in ("accepted", "running", "failed"):
        old.execute(
            "INSERT INTO jobs (id, process_id, digest, status, message, progress, created, updated,"
            " request) VALUES (?, ?, ?, ?, '', 0, '2026-05-01T12:00:00.000000+00:00',"
            " '2026-05-01T12:00:00.000000+00:00', ?)",
            (f"a-{status}", PROCESS.id, PROCESS.digest, status, b"{}"),
        )
    old.commit()
    old.close()
    store = Store(path)
    assert store.count_jobs(JobFilter(process_ids=(PROCESS.id,))) == 3
    assert store.counts() == {"accepted": 1, "running": 1, "failed": 1}
    store.change_job("a-accepted", status=JobStatus.RUNNING)
    running = JobFilter(statuses=(JobStatus.RUNNING,))
    assert [job.id for _, job in store.jobs(running, limit=9)] == ["a-running", "a-accepted"]
    assert store.count_jobs(running) == 2
    new = Store(tmp_path / "new.sqlite")
    schema = "SELECT type, name FROM sqlite_schema ORDER BY 1, 2"
    assert store._run(schema).fetchall() == new._run(schema).fetchall()
    store.close()
    new.close()
