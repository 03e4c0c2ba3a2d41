"""A list page and a POST with a million jobs in the store, against the same with a hundred."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tests.benchmarks import api
from tests.benchmarks.http_client import together
from tests.benchmarks.table import Row

FEW, MANY = 100, int(os.environ.get("ADES_BENCH_STORED", "1000000"))
REQUESTS = 200
LIST = "/terradue/wps3/jobs?limit=20"


def measure() -> Iterator[Row]:
    """The rows of this subject."""
    few, many = (_times(count) for count in (FEW, MANY))
    for what, ours, theirs in zip(("list page of 20", "POST -> 201"), many, few, strict=True):
        yield Row(
            what=f"{what} with {MANY:,} jobs, p50",
            ours=ours * 1e3,
            theirs=theirs * 1e3,
            unit="ms",
            peer=f"the same with {FEW}",
            bound=1.5,
        )


def _times(count: int) -> tuple[float, float]:
    """Seconds that a page and a POST take with so many jobs that have ended."""
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        folder = Path(made, "ades")
        with api.ades(folder) as server:
            assert server.send("POST", "processes/trivial/jobs", json=api.BODY).status_code == 201
        fill(folder / "state" / "terradue" / "ades.sqlite", count)
        server.start()
        try:
            return asyncio.run(_asked(server.origin))
        finally:
            server.kill()


async def _asked(origin: str) -> tuple[float, float]:
    found = []
    for method, path, body in (("GET", LIST, None), ("POST", api.JOBS, api.BODY)):
        await together(origin, 1, 20, method, path, body)
        _, took = await together(origin, 1, REQUESTS, method, path, body)
        found.append(statistics.median(took))
    return found[0], found[1]


def fill(store: Path, count: int) -> None:
    """Put copies of the store's one job into it, as jobs that have ended."""
    with closing(sqlite3.connect(store)) as db, db:
        names = [row[1] for row in db.execute("PRAGMA table_info(jobs)")]
        kept = [name for name in names if name not in ("number", "id", "idempotency_key")]
        ended = {"status": "'successful'", "progress": "100", "finished": "updated"}
        given = ", ".join(ended.get(name, name) for name in kept)
        db.execute("PRAGMA synchronous = OFF")
        db.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
            f" INSERT INTO jobs (id, {', '.join(kept)})"
            f" SELECT lower(hex(randomblob(16))), {given}"
            " FROM n, (SELECT * FROM jobs LIMIT 1)"
        )
        db.commit()
        # Else the first requests pay for what was filled in.
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
