"""Requests, against a bare handler in a Jupyter server of its own, with the same client."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.benchmarks.http_client import once, together
from tests.benchmarks.packages import TRIVIAL
from tests.benchmarks.table import Row
from tests.restart.server import Server, _free_port

#: Requests of each measurement.
COUNT = int(os.environ.get("ADES_BENCH_REQUESTS", "1600"))
CONNECTIONS = 32
BODY = {"inputs": {"word": "hello"}}


@contextmanager
def ades(folder: Path, **traits: object) -> Iterator[Server]:
    """A server with the trivial package, whose jobs are accepted and never start."""
    folder.mkdir()
    server = Server(folder, traits={"min_free_bytes": 2**60, **traits})
    server.start()
    try:
        headers = {"Content-Type": "application/cwl+yaml"}
        sent = server.send("POST", "processes", data=TRIVIAL, headers=headers)
        assert sent.status_code == 201, sent.text
        yield server
    finally:
        server.kill()


@contextmanager
def bare(folder: Path) -> Iterator[str]:
    """The bare server's address."""
    folder.mkdir()
    port = _free_port()
    command = [sys.executable, "-m", "tests.benchmarks.bare", str(port), str(folder)]
    with open(folder / "log", "wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as it:
        origin = f"http://127.0.0.1:{port}"
        try:
            deadline = time.monotonic() + 60
            while not asyncio.run(_answers(origin)):
                assert time.monotonic() < deadline, (folder / "log").read_text()
                time.sleep(0.1)
            yield origin
        finally:
            it.kill()


async def _answers(origin: str) -> bool:
    with suppress(OSError):
        return (await once(origin, "GET", "/api"))[0] == 200
    return False


def measure() -> list[Row]:
    """The rows of this subject."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        bare(Path(folder, "bare")) as origin,
        ades(Path(folder, "ades")) as server,
    ):
        return asyncio.run(_measure(server, origin))


async def _measure(server: Server, origin: str) -> list[Row]:
    jobs = "/terradue/wps3/processes/trivial/jobs"
    for address, path in ((origin, "/bare"), (server.origin, jobs)):
        await together(address, 1, 100, "POST", path, BODY)
    _, theirs = await together(origin, 1, COUNT // 4, "POST", "/bare", BODY)
    _, ours = await together(server.origin, 1, COUNT // 4, "POST", jobs, BODY)
    their_rate, _ = await together(origin, CONNECTIONS, COUNT, "POST", "/bare", BODY)
    our_rate, _ = await together(server.origin, CONNECTIONS, COUNT, "POST", jobs, BODY)
    key = json.loads((await once(origin, "POST", "/bare", BODY))[1])["jobID"]
    job = json.loads((await once(server.origin, "POST", jobs, BODY))[1])["jobID"]
    gets, _ = await together(origin, 8, COUNT, "GET", f"/bare/{key}")
    own, _ = await together(server.origin, 8, COUNT, "GET", f"/terradue/wps3/jobs/{job}")
    who = "bare handler"
    return [
        Row(
            what="POST -> 201, one after the other, p50",
            ours=statistics.median(ours) * 1e3,
            theirs=statistics.median(theirs) * 1e3,
            unit="ms",
            peer=who,
            bound=2,
        ),
        Row(
            what="POST -> 201, one after the other, p99",
            ours=statistics.quantiles(ours, n=100)[98] * 1e3,
            theirs=statistics.quantiles(theirs, n=100)[98] * 1e3,
            unit="ms",
            peer=who,
            bound=10,
        ),
        Row(
            what="jobs accepted at 32 connections",
            ours=our_rate,
            theirs=their_rate,
            unit="/s",
            peer=who,
            least=0.7,
        ),
        Row(what="status GET", ours=own, theirs=gets, unit="/s", peer=who, least=0.8),
    ]
