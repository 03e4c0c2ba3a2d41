"""Stage-out against boto3's own transfer of the same files; stage-in against plain parallel HTTP.

Every run is a process of its own: its time is that of the transfer, without imports, against a
service that takes 10 ms for each answer (ADES_BENCH_LATENCY), and its memory the most that it had
more than before. Runs of both sides alternate; the least of each counts.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.table import Row
from tests.s3.ports import free_port

RUNS = int(os.environ.get("ADES_BENCH_RUNS", "3"))
BOUND = 1.1
#: Seconds that each answer of the service takes.
LATENCY = os.environ.get("ADES_BENCH_LATENCY", "0.01")
MIB = 2**20
KEYS = {
    "AWS_ACCESS_KEY_ID": "AK",
    "AWS_SECRET_ACCESS_KEY": "SK",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
#: Name, files, bytes of each.
OUT = (
    ("stage-out of 1,000 files of 20 KB", 1000, 20_000),
    ("stage-out of one 2 GB file", 1, 2 * 2**30),
)
IN = (
    ("stage-in of 400 assets of 200 KB", 400, 200_000),
    ("stage-in of 16 assets of 64 MB", 16, 64 * MIB),
)


def measure() -> list[Row]:
    """The rows of this subject."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=memory()) as folder, sink() as endpoint:
        rows: list[Row] = []
        for (name, count, size), ours, theirs in [
            *((each, "deliver", "boto3") for each in OUT),
            *((each, "stage_in", "plain") for each in IN),
        ]:
            place = Path(folder, f"{ours}-{count}")
            place.mkdir()
            if ours == "deliver":
                make_files(place / "left", count, size)
            best: dict[str, list[float]] = {}
            for _ in range(RUNS):
                for side in (theirs, ours):
                    seconds, grown = run(side, place, count, size, endpoint)
                    before = best.get(side, [seconds, 0.0])
                    best[side] = [min(before[0], seconds), max(before[1], grown)]
            shutil.rmtree(place)
            rows.append(Row(what=name, ours=best[ours][0], theirs=best[theirs][0], bound=BOUND))
            if size > MIB:
                rows.append(
                    Row(
                        what="  memory, of 100 MiB",
                        ours=best[ours][1],
                        theirs=100,
                        unit="M",
                        bound=1,
                    )
                )
        return rows


def memory() -> str | None:
    """A folder in memory where there is room: a disk is slow for whoever comes second."""
    roomy = os.path.isdir("/dev/shm") and shutil.disk_usage("/dev/shm").free > 6 * 2**30
    return "/dev/shm" if roomy else None


def run(side: str, place: Path, count: int, size: int, endpoint: str) -> tuple[float, float]:
    """Seconds, and MiB of memory, of one side in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.transfer_sides"]
    done = subprocess.run(
        [*command, side, str(place), str(count), str(size), endpoint],
        env={**os.environ, **KEYS},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    return found["seconds"], found["mebibytes"]


def make_files(folder: Path, count: int, size: int) -> None:
    """Files of so many random bytes each; a large one is one random MiB again and again."""
    folder.mkdir()
    block = os.urandom(min(size, MIB))
    for number in range(count):
        with open(folder / f"{number}.bin", "wb") as file:
            for _ in range(max(1, size // len(block))):
                file.write(block)


@contextmanager
def sink() -> Iterator[str]:
    """The endpoint of a running sink."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.benchmarks.sink", str(port), LATENCY])
    endpoint = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(f"{endpoint}/zeros/1/x", timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield endpoint
    finally:
        process.terminate()
        process.wait()
