"""Jobs from their POST until a client sees that they are successful, against the commands alone.

Each measured job runs its command or kernel anew. The client waits by ``GET ...?wait=30``. Medians
of ``ADES_BENCH_RUNS`` runs (5).
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks.http_client import Connection
from tests.benchmarks.packages import CWL, numpy_notebook
from tests.benchmarks.peers import PEERS_TOO, Scheduler, jupyter_scheduler
from tests.benchmarks.table import Row
from tests.restart.server import Server

RUNS = int(os.environ.get("ADES_BENCH_RUNS", "5"))
#: Notebook jobs that are sent at once; 0 leaves that out.
MANY = int(os.environ.get("ADES_BENCH_MANY", "50"))
BIN = Path(sys.executable).parent


@contextmanager
def ades(folder: Path, **traits: object) -> Iterator[Server]:
    """A server whose workers are warm, with every package deployed."""
    folder.mkdir()
    running = {"max_running_jobs": os.cpu_count() or 1, "warm_workers": True}
    running["warm_at_start"] = True
    server = Server(folder, traits={**running, **traits})
    server.start()
    try:
        for name, package, _, _ in CWL:
            deploy(server, package.encode(), "application/cwl+yaml", name)
        deploy(server, numpy_notebook(), "application/x-ipynb+json", "numpy")
        asyncio.run(_warm(server))
        yield server
    finally:
        server.kill()


def deploy(server: Server, package: bytes, kind: str, name: str) -> None:
    """Deploy one."""
    sent = server.send("POST", "processes", data=package, headers={"Content-Type": kind})
    assert (sent.status_code, sent.json()["id"]) == (201, name), sent.text


async def _warm(server: Server) -> None:
    """Run jobs until one takes no longer than a warm one does."""
    deadline = time.monotonic() + 60
    while await run(server, "trivial", {"word": "x"}) > 0.5:
        assert time.monotonic() < deadline, "workers did not become warm"
        await asyncio.sleep(0.5)


async def run(server: Server, process: str, inputs: Any) -> float:
    """Seconds from the POST of a job until it is seen to be successful."""
    connection = Connection(server.origin)
    await connection.send("GET", "/api")
    began = time.perf_counter()
    job = await send(connection, process, inputs)
    await ended(connection, job)
    took = time.perf_counter() - began
    await connection.close()
    return took


async def send(connection: Connection, process: str, inputs: Any) -> str:
    """Ask for a job; its id."""
    body = {"inputs": inputs}
    status, answer = await connection.send("POST", f"/terradue/wps3/processes/{process}/jobs", body)
    assert status == 201, answer
    return str(json.loads(answer)["jobID"])


async def ended(connection: Connection, job: str) -> None:
    """Wait until a job is seen to be successful."""
    while True:
        _, answer = await connection.send("GET", f"/terradue/wps3/jobs/{job}?wait=30")
        told = json.loads(answer)
        if told["status"] == "successful":
            return
        assert told["status"] in ("accepted", "running"), told


async def at_once(server: Server, process: str, count: int) -> float:
    """Seconds until all of many jobs, sent at once, are successful."""
    connection = Connection(server.origin)
    began = time.perf_counter()
    jobs = [await send(connection, process, {}) for _ in range(count)]
    for job in jobs:
        await ended(connection, job)
    took = time.perf_counter() - began
    await connection.close()
    return took


def median(measure: Callable[[], float]) -> float:
    """The median of so many runs."""
    return statistics.median(measure() for _ in range(RUNS))


def command(*words: str, folder: Path) -> float:
    """Seconds that a command takes."""
    began = time.perf_counter()
    subprocess.run(words, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - began


def measure() -> Iterator[Row]:
    """The rows of this subject."""
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        folder = Path(made)
        with ades(folder / "warm") as server:
            yield from _cwl(server, folder)
            yield from _notebooks(server, folder)


def _cwl(server: Server, folder: Path) -> Iterator[Row]:
    names = {
        "trivial": "trivial CWL job",
        "steps": "two-step CWL job",
        "scatter": "scatter-of-8 CWL job",
        "script": "CWL job with InlineJavascript",
    }
    for name, package, inputs, bound in CWL:
        (folder / f"{name}.cwl").write_text(package)
        (folder / f"{name}.json").write_text(json.dumps(inputs))
        document = f"{name}.cwl" if "$graph" not in package else f"{name}.cwl#{name}"
        words = (str(BIN / "cwltool"), "--quiet", document, f"{name}.json")

        def ours(name: str = name, inputs: Any = inputs) -> float:
            return asyncio.run(run(server, name, inputs))

        def theirs(words: tuple[str, ...] = words) -> float:
            return command(*words, folder=folder)

        ours()
        yield Row(
            what=names[name],
            ours=median(ours) * 1e3,
            theirs=median(theirs) * 1e3,
            unit="ms",
            peer="cwltool command",
            bound=bound,
        )


def _notebooks(server: Server, folder: Path) -> Iterator[Row]:
    (folder / "numpy.ipynb").write_bytes(numpy_notebook())
    papermill = (str(BIN / "papermill"), "-k", "python3", "numpy.ipynb", "out.ipynb")
    theirs = median(lambda: command(*papermill, folder=folder)) * 1e3
    warm = _one_notebook(server)
    with ades(folder / "plain", warm_imports=[]) as plain:
        cold = _one_notebook(plain)
    titles = ("notebook job, numpy warm", "notebook job, numpy not warm")
    times = (warm, cold)
    for title, ours, bound in zip(titles, times, (0.12, 0.25), strict=True):
        yield Row(
            what=title, ours=ours, theirs=theirs, unit="ms", peer="papermill command", bound=bound
        )
    if not PEERS_TOO:
        return
    peer = "jupyter-scheduler"
    with jupyter_scheduler(folder / peer) as scheduler:
        (folder / peer / "numpy.ipynb").write_bytes(numpy_notebook())
        theirs = min(_scheduled(scheduler, 1)[0] for _ in range(2)) * 1e3
        for title, ours, bound in zip(titles, times, (0.05, 0.1), strict=True):
            yield Row(
                what=title,
                ours=ours,
                theirs=theirs,
                unit="ms",
                peer=peer,
                bound=bound,
            )
        if MANY:
            ours = asyncio.run(at_once(server, "numpy", MANY))
            theirs, lost = _scheduled(scheduler, MANY)
            yield Row(
                what=f"{MANY} notebook jobs at once",
                ours=ours,
                theirs=theirs,
                peer=f"{peer} (lost {lost})" if lost else peer,
                bound=0.08,
            )


def _one_notebook(server: Server) -> float:
    asyncio.run(run(server, "numpy", {}))
    return median(lambda: asyncio.run(run(server, "numpy", {}))) * 1e3


def _scheduled(scheduler: Scheduler, count: int) -> tuple[float, int]:
    """Seconds until so many jobs of the peer, sent at once, have ended; how many never did."""
    began = time.perf_counter()
    jobs = [scheduler.send("numpy.ipynb") for _ in range(count)]
    last, lost = scheduler.wait(jobs, 0.02 if count == 1 else 0.5)
    return last - began, lost
