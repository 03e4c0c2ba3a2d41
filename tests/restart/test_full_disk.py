"""A disk that is full at each step: a true answer, nothing acknowledged lost, and on it goes."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import notebook
from tests.restart.server import Server

SIZE = 6 * 2**20
HEADERS = {"Content-Type": "application/x-ipynb+json"}
WRITER = (
    "import pathlib, time",
    "while not pathlib.Path(gate).exists(): time.sleep(0.02)",
    "pathlib.Path('big.bin').write_bytes(b'x' * size)",
)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    if os.getuid() != 0 or not shutil.which("mount") or subprocess.run(mount).returncode:
        pytest.skip("needs: root, to mount a small file system (run the tests by sudo)")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def server(tmp_path: Path, disk: Path) -> Iterator[Server]:
    started = Server(tmp_path, traits={"workspace_root": disk / "state", "min_free_bytes": 0})
    started.start()
    yield started
    started.stop()


def fill(disk: Path) -> Path:
    """Leave no byte of it."""
    ballast = disk / "ballast"
    with open(ballast, "wb", buffering=0) as file:
        for block in (65536, 4096, 1):
            try:
                while file.write(b"x" * block):
                    pass
            except OSError:
                continue
    return ballast


def until(holds: Callable[[], Any], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def job_status(server: Server, job_id: str) -> dict[str, Any]:
    body: dict[str, Any] = server.send("GET", f"jobs/{job_id}").json()
    return body


def test_deploy_and_execute_say_that_the_disk_is_full(server: Server, disk: Path) -> None:
    book = notebook('gate: str = ""\nsize: int = 1', ("1 + 1",))
    ballast = fill(disk)
    refused = server.send("POST", "processes", data=book, headers=HEADERS)
    assert (refused.status_code, "no space left" in refused.json()["detail"]) == (507, True)
    listed = server.send("GET", "processes").json()["processes"]
    assert [each["id"] for each in listed] == ["echo"]
    ballast.unlink()
    assert server.send("POST", "processes", data=book, headers=HEADERS).status_code == 201

    accepted, refused_too = [], 0
    ballast = fill(disk)
    # The store may have a few free pages, so that the first ones still fit.
    for _ in range(200):
        answer = server.send("POST", "processes/small/jobs", json={"inputs": {"gate": "x" * 9000}})
        if answer.status_code == 201:
            accepted.append(answer.json()["jobID"])
        else:
            assert (answer.status_code, answer.json()["status"]) == (507, 507)
            refused_too += 1
            break
    assert refused_too
    ballast.unlink()
    # What was accepted has one job each, with a true final state.
    for job_id in accepted:
        until(
            lambda job_id=job_id: job_status(server, job_id)["status"] in ("successful", "failed")
        )
    assert server.send("GET", "jobs").json()["numberTotal"] == len(accepted)
    after = server.send("POST", "processes/small/jobs", json={"inputs": {}}).json()["jobID"]
    until(lambda: job_status(server, after)["status"] not in ("accepted", "running"))
    assert job_status(server, after)["status"] == "successful"


def test_a_job_that_fills_the_disk_fails_with_that_reason(server: Server, disk: Path) -> None:
    gate = disk / "gate"
    book = notebook('gate: str = ""\nsize: int = 1', WRITER)
    server.send("POST", "processes", data=book, headers=HEADERS)
    inputs = {"gate": str(gate), "size": 2 * SIZE}
    job_id = server.send("POST", "processes/small/jobs", json={"inputs": inputs}).json()["jobID"]
    until(lambda: "cell" in job_status(server, job_id)["message"])
    gate.touch()
    until(lambda: job_status(server, job_id)["status"] not in ("accepted", "running"))
    ended = job_status(server, job_id)
    assert ended["status"] == "failed"
    assert "No space left on device" in ended["message"]
    assert shutil.disk_usage(disk).free > SIZE // 2
    again = server.send("POST", "processes/small/jobs", json={"inputs": {"gate": str(gate)}})
    until(lambda: job_status(server, again.json()["jobID"])["status"] == "successful")


def test_a_job_on_a_full_disk_ends_with_a_true_state(server: Server, disk: Path) -> None:
    gate = disk / "gate"
    book = notebook('gate: str = ""\nsize: int = 1', WRITER)
    server.send("POST", "processes", data=book, headers=HEADERS)
    inputs = {"gate": str(gate), "size": 1}
    job_id = server.send("POST", "processes/small/jobs", json={"inputs": inputs}).json()["jobID"]
    until(lambda: "cell" in job_status(server, job_id)["message"])
    gate.touch()
    ballast = fill(disk)
    until(lambda: server.workers() == [])
    ballast.unlink()
    until(lambda: job_status(server, job_id)["status"] not in ("accepted", "running"))
    ended = job_status(server, job_id)
    # It may have ended before the disk was full; what it says is so either way.
    delivered = server.user_folder / "ades-results" / "terradue" / f"wf-{job_id}"
    successful = ended["status"] == "successful"
    assert successful == (delivered / "catalog.json").exists()
    assert successful or "space" in ended["message"] or "worker was lost" in ended["message"]


def test_results_that_had_no_room_are_delivered_by_a_rerun_of_the_stage_out(
    tmp_path: Path, disk: Path
) -> None:
    server = Server(tmp_path, traits={"results_url": disk / "results", "min_free_bytes": 0})
    server.start()
    try:
        book = notebook('gate: str = ""\nsize: int = 1', (WRITER[0], WRITER[2]))
        server.send("POST", "processes", data=book, headers=HEADERS)
        ballast = fill(disk)
        inputs = {"size": 3 * 2**20}
        body = server.send("POST", "processes/small/jobs", json={"inputs": inputs}).json()
        job_id = body["jobID"]
        until(lambda: job_status(server, job_id)["status"] not in ("accepted", "running"))
        failed = job_status(server, job_id)
        assert (failed["status"], "No space left on device" in failed["message"]) == (
            "failed",
            True,
        )
        assert list(disk.rglob("wf-*")) == []

        ballast.unlink()
        answer = server.send("POST", f"jobs/{job_id}/rerun", json={"from": "stage-out"})
        assert (answer.status_code, answer.json()["jobID"]) == (200, job_id)
        until(lambda: job_status(server, job_id)["status"] not in ("accepted", "running"))
        assert job_status(server, job_id)["status"] == "successful"
        big = disk / "results" / f"wf-{job_id}" / "big.bin"
        assert big.read_bytes() == b"x" * 3 * 2**20
    finally:
        server.stop()
