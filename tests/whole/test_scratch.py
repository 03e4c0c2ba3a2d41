"""Scratch on a disk of its own: jobs run there, and leave nothing there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import notebook
from tests.restart.server import Server

WHERE = "import os, pathlib; pathlib.Path('where.txt').write_text(os.getcwd())"


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fast disk")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, scratch: Path) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("server"), traits={"scratch_root": scratch})
    started.start()
    parameters = "from pathlib import Path\ndata: Path\nn: int = 1"
    book = notebook(parameters, (WHERE, "1 / n", "data.read_text()"), id="where", version="")
    headers = {"Content-Type": "application/x-ipynb+json"}
    sent = started.send("POST", "processes", data=book, headers=headers)
    assert sent.status_code == 201, sent.text
    (started.user_folder / "a.txt").write_text("x" * 5000)
    yield started
    started.stop()


def ended(server: Server, n: int) -> dict[str, Any]:
    inputs = {"data": "a.txt", "n": n}
    job = server.send("POST", "processes/where/jobs", json={"inputs": inputs}).json()["jobID"]
    deadline = time.monotonic() + 90
    while True:
        status: dict[str, Any] = server.send("GET", f"jobs/{job}").json()
        if status["status"] in ("successful", "failed"):
            return status
        assert time.monotonic() < deadline, status
        time.sleep(0.05)


def test_a_job_runs_there_and_leaves_nothing(server: Server, scratch: Path) -> None:
    job = ended(server, 1)
    assert job["status"] == "successful", job
    where = server.send("GET", f"jobs/{job['jobID']}/files/wf-{job['jobID']}/where.txt").text
    assert where == str(scratch / "terradue" / job["jobID"] / "work")
    assert not (scratch / "terradue" / job["jobID"]).exists()


def test_what_a_failed_job_left_there_counts_and_goes_with_it(
    server: Server, scratch: Path
) -> None:
    job = ended(server, 0)
    left = scratch / "terradue" / job["jobID"]
    assert job["status"] == "failed", job
    assert (left / "work" / "where.txt").is_file()
    assert left.stat().st_mode & 0o777 == 0o700
    # The staged input is there.
    assert job["bytes"]["jobDirectory"] > 5000
    assert server.send("DELETE", f"jobs/{job['jobID']}").status_code == 200
    assert not left.exists()
