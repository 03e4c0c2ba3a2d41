"""Engines through the service against the engines alone: Toil, and a scatter by cwltool.

Medians of ``ADES_BENCH_RUNS`` runs (3), the two sides in turns.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.benchmarks.table import Row
from tests.engines.packages import SCATTER
from tests.restart.server import Server

RUNS = int(os.environ.get("ADES_BENCH_RUNS", "3"))
WORDS = {"words": list("abcd")}
MANY = {"words": [f"word{n:03}" for n in range(100)]}
BIN = Path(sys.executable).parent
#: Seconds that one run may take.
PATIENCE = 300.0


def measure() -> Iterator[Row]:
    """What the service adds to Toil; how a scatter of 100 compares with ``cwltool --parallel``."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = Server(folder, traits={"warm_workers": True})
        server.start()
        server.warm_up()
        try:
            toil = _sides(
                lambda: _job(server, "toil", SCATTER, WORDS),
                lambda: _toil(_side(folder), SCATTER, WORDS),
            )
            wide = _sides(
                lambda: _job(server, "cwltool", SCATTER, MANY),
                lambda: _cwltool(_side(folder), SCATTER, MANY),
            )
        finally:
            server.stop()
    alone = "toil-cwl-runner alone"
    yield Row(what="four steps by Toil", ours=toil[0], theirs=toil[1], bound=1.05, peer=alone)
    yield Row(
        what="what the service adds to it", ours=toil[0] - toil[1], theirs=1, bound=1, peer="1 s"
    )
    yield Row(
        what="a scatter of 100", ours=wide[0], theirs=wide[1], bound=0.5, peer="cwltool --parallel"
    )


def _sides(ours: Callable[[], float], theirs: Callable[[], float]) -> tuple[float, float]:
    ours()
    pairs = [(ours(), theirs()) for _ in range(RUNS)]
    return (
        statistics.median(each for each, _ in pairs),
        statistics.median(each for _, each in pairs),
    )


def _side(folder: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=folder))


def _job(server: Server, runner: str, package: str, inputs: object) -> float:
    """Seconds from the POST until the job is successful; the process is deployed before."""
    headers = {"Content-Type": "application/cwl+yaml"}
    server.send("DELETE", "processes/main")
    server.send("POST", "processes", data=package, headers=headers)
    began = time.perf_counter()
    body = {"inputs": inputs, "runner": runner}
    job_id = server.send("POST", "processes/main/jobs", json=body).json()["jobID"]
    while time.perf_counter() - began < PATIENCE:
        job = server.send("GET", f"jobs/{job_id}?wait=30").json()
        if job["status"] not in ("accepted", "running"):
            assert job["status"] == "successful", job
            return time.perf_counter() - began
    raise TimeoutError(job_id)


def _toil(folder: Path, package: str, inputs: object) -> float:
    options = ["--jobStore", str(folder / "store"), "--disableProgress"]
    return _by_hand("toil-cwl-runner", options, folder, package, inputs)


def _cwltool(folder: Path, package: str, inputs: object) -> float:
    return _by_hand("cwltool", ["--parallel"], folder, package, inputs)


def _by_hand(program: str, options: list[str], folder: Path, package: str, inputs: object) -> float:
    """Seconds that a command takes for the same package and inputs."""
    (folder / "app.cwl").write_text(package)
    (folder / "order.json").write_text(json.dumps(inputs))
    began = time.perf_counter()
    subprocess.run(
        [BIN / program, *options, "--no-container", "--outdir", "out", "app.cwl", "order.json"],
        cwd=folder,
        env={**os.environ, "PATH": os.pathsep.join([str(BIN), os.environ["PATH"]])},
        capture_output=True,
        check=True,
        timeout=PATIENCE,
    )
    return time.perf_counter() - began
