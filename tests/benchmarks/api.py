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
from tests.benchmarks.peers import PEERS_TOO
from tests.benchmarks.pygeoapi import BODY as HELLO
from tests.benchmarks.pygeoapi import EXECUTE, pygeoapi
from tests.benchmarks.table import Row
from tests.restart.server import Server, _free_port

#: Requests of each measurement.
COUNT = int(os.environ.get("ADES_BENCH_REQUESTS", "1600"))
CONNECTIONS = 32
#: How often the two sides of a rate are measured, one after the other.
TURNS = 3
BODY = {"inputs": {"word": "hello"}}
JOBS = "/terradue/wps3/processes/trivial/jobs"


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


def measure() -> Iterator[Row]:
    """The rows of this subject."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        ades(Path(folder, "ades")) as server,
    ):
        with bare(Path(folder, "bare")) as origin:
            rows = asyncio.run(_measure(server, origin))
        yield from rows
        if PEERS_TOO:
            yield from _beside_pygeoapi(server, Path(folder))


def _beside_pygeoapi(server: Server, folder: Path) -> Iterator[Row]:
    """What it accepts while it runs them, as it always does, and when it is kept from that."""
    for paused, what, least in ((False, "", 5), (True, ", its jobs not started", None)):
        with pygeoapi(folder / f"pygeoapi{paused}", paused=paused) as origin:
            ours, theirs = asyncio.run(_accepted(server, origin))
        yield Row(
            what=f"jobs accepted at {CONNECTIONS} connections",
            ours=ours,
            theirs=theirs,
            unit="/s",
            peer=f"pygeoapi with PostgreSQL{what}",
            least=least,
        )


async def _accepted(server: Server, origin: str) -> tuple[float, float]:
    sides = ((server.origin, JOBS, BODY), (origin, EXECUTE, HELLO))
    for address, path, body in sides:
        await together(address, 1, 50, "POST", path, body)
    return await _in_turns(*sides)


async def _in_turns(*sides: tuple[str, str, object]) -> tuple[float, float]:
    """Requests in a second of two sides: medians, as other programs take the machine at times."""
    ours, theirs = [], []
    for _ in range(TURNS):
        for rates, (address, path, body) in zip((ours, theirs), sides, strict=True):
            rates.append((await together(address, CONNECTIONS, COUNT, "POST", path, body))[0])
    return statistics.median(ours), statistics.median(theirs)


async def _measure(server: Server, origin: str) -> list[Row]:
    for address, path in ((origin, "/bare"), (server.origin, JOBS)):
        await together(address, 1, 100, "POST", path, BODY)
    _, theirs = await together(origin, 1, COUNT // 4, "POST", "/bare", BODY)
    _, ours = await together(server.origin, 1, COUNT // 4, "POST", JOBS, BODY)
    our_rate, their_rate = await _in_turns((server.origin, JOBS, BODY), (origin, "/bare", BODY))
    key = json.loads((await once(origin, "POST", "/bare", BODY))[1])["jobID"]
    job = json.loads((await once(server.origin, "POST", JOBS, BODY))[1])["jobID"]
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
