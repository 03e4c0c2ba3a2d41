"""What the extension adds to a server's start, and what jobs hold; against the goals themselves."""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.benchmarks import api, jobs
from tests.benchmarks.http_client import together
from tests.benchmarks.table import Row
from tests.restart.server import Server

#: Starts of a server that are compared.
RUNS = int(os.environ.get("ADES_BENCH_RUNS", "5"))
WAITING = int(os.environ.get("ADES_BENCH_REQUESTS", "1600"))
MIB = 2**20
#: Imports what any Jupyter server does, then makes one that loads the extension, or not.
START = """
import sys, time, psutil
from jupyter_server.serverapp import ServerApp
enabled = sys.argv[1] == "with"
began = time.perf_counter()
app = ServerApp.instance()
app.jpserver_extensions = {"jupyter_ades": enabled}
app.initialize([
    "--port=0", "--no-browser", "--allow-root", "--ServerApp.log_level=ERROR",
    "--ServerApp.root_dir=" + sys.argv[2], "--ADES.workspace_root=" + sys.argv[2] + "/state",
], find_extensions=False)
print(time.perf_counter() - began, psutil.Process().memory_full_info().uss)
import os
os._exit(0)
"""
SLEEPING_CWL = """cwlVersion: v1.2
class: CommandLineTool
id: sleeping
baseCommand: [sleep, "600"]
inputs: {}
outputs: {}
"""


def measure() -> Iterator[Row]:
    """The rows of this subject."""
    yield from _start()
    yield from asyncio.run(_waiting())
    yield from _running()


def _start() -> Iterator[Row]:
    found: dict[str, list[tuple[float, float]]] = {"without": [], "with": []}
    for _ in range(max(RUNS, 3)):
        for which, seen in found.items():
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                command = [sys.executable, "-c", START, which, folder]
                told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
                seconds, held = told.split()
                seen.append((float(seconds), float(held)))

    def more(place: int) -> float:
        middle = {name: statistics.median(s[place] for s in seen) for name, seen in found.items()}
        return middle["with"] - middle["without"]

    yield goal("the extension: a server's start takes more", more(0) * 1e3, 50, "ms")
    yield goal("the extension: a server's start holds more", more(1) / MIB, 15, "MiB")


async def _waiting() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, api.ades(Path(folder, "a")) as it:
        process = psutil.Process(it.pid)
        # Fills what is bounded, such as the store's cache of pages: that is no job's.
        await together(it.origin, 8, WAITING, "POST", api.JOBS, api.BODY)
        before = process.memory_full_info().uss
        await together(it.origin, 8, 4 * WAITING, "POST", api.JOBS, api.BODY)
        held = (process.memory_full_info().uss - before) / (4 * WAITING) / 1024
    return [goal("memory of a waiting job", max(held, 0.0), 1, "KiB")]


def _running() -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="bench-") as made, jobs.ades(Path(made, "a")) as server:
        jobs.deploy(server, SLEEPING_CWL.encode(), "application/cwl+yaml", "sleeping")
        book = jobs.numpy_notebook().replace(b"print(", b"__import__('time').sleep(600) or print(")
        book = book.replace(b'"id": "numpy"', b'"id": "sleeping-book"')
        jobs.deploy(server, book, "application/x-ipynb+json", "sleeping-book")
        for process, most in (("sleeping", 25), ("sleeping-book", 60)):
            what = "CWL" if process == "sleeping" else "notebook"
            yield goal(f"memory of a running {what} job", _held(server, process) / MIB, most, "MiB")


def _held(server: Server, process: str) -> float:
    """Private bytes of all processes of a job, once they are no more."""
    body = server.send("POST", f"processes/{process}/jobs", json={"inputs": {}}).json()
    count, since = 0, time.monotonic()
    while time.monotonic() < since + 2:
        time.sleep(0.1)
        found = len(of_job(body["jobID"]))
        if found != count:
            count, since = found, time.monotonic()
    held = sum(each.memory_full_info().uss for each in of_job(body["jobID"]))
    server.send("DELETE", f"jobs/{body['jobID']}")
    return float(held)


def of_job(job_id: str) -> list[psutil.Process]:
    """The processes of a job."""
    from jupyter_ades.system.descendants import of_job as found

    return found(job_id)


def goal(what: str, ours: float, most: float, unit: str) -> Row:
    """A figure whose goal is a figure."""
    return Row(what=what, ours=ours, theirs=most, unit=unit, peer="the goal", bound=1)
