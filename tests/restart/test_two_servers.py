"""Two servers on one workspace: one dispatches, both serve; one takes over from the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import notebook
from tests.restart.server import Server

SLOW = (
    "import time, pathlib",
    "pathlib.Path(gate + '.began').open('a').write('x')",
    "while not pathlib.Path(gate).exists(): time.sleep(0.05)",
)


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    """Each with a configuration and a user folder of its own, on one state."""
    (tmp_path / "second").mkdir()
    traits = {"max_running_jobs": 1, "min_free_bytes": 0, "results_url": tmp_path / "results"}
    first = Server(tmp_path, traits=traits)
    state = {"workspace_root": tmp_path / "state"}
    second = Server(tmp_path / "second", traits={**traits, **state})
    first.start()
    second.start()
    yield first, second
    for server in (first, second):
        if server.alive:
            server.stop()


def until(holds: Callable[[], Any], seconds: float = 60) -> float:
    """How many seconds it took."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() < begun + seconds, "it did not happen in time"
        time.sleep(0.02)
    return time.monotonic() - begun


def deploy(server: Server) -> None:
    headers = {"Content-Type": "application/x-ipynb+json"}
    body = notebook('gate: str = ""', SLOW)
    assert server.send("POST", "processes", data=body, headers=headers).status_code == 201


def execute(server: Server, gate: Path, **headers: str) -> str:
    body = {"inputs": {"gate": str(gate)}}
    answer = server.send("POST", "processes/small/jobs", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["jobID"])


def status(server: Server, job_id: str) -> str:
    return str(server.send("GET", f"jobs/{job_id}").json()["status"])


def dispatching(server: Server) -> bool:
    return bool(server.send("GET", "health").json()["dispatching"])


def test_the_second_serves_and_the_first_runs(
    servers: tuple[Server, Server], tmp_path: Path
) -> None:
    first, second = servers
    assert (dispatching(first), dispatching(second)) == (True, False)
    deploy(second)
    gate = tmp_path / "gate"
    job_id = execute(second, gate, **{"Idempotency-Key": "one"})
    assert execute(first, gate, **{"Idempotency-Key": "one"}) == job_id
    until(Path(f"{gate}.began").exists)
    # Dismissed through the one that does not run it; a waiting one, too.
    waiting = execute(second, tmp_path / "other")
    assert second.send("DELETE", f"jobs/{waiting}").json()["status"] == "dismissed"
    assert second.send("DELETE", f"jobs/{job_id}").json()["status"] == "dismissed"
    assert [status(first, each) for each in (waiting, job_id)] == ["dismissed"] * 2
    assert not Path(f"{tmp_path / 'other'}.began").exists()


def test_the_first_is_woken_from_its_rest(servers: tuple[Server, Server], tmp_path: Path) -> None:
    """It looks at the store at no time of its own: without the bell the job would wait for ever."""
    first, second = servers
    deploy(first)
    gate = tmp_path / "gate"
    gate.touch()
    warm = execute(first, gate)
    until(lambda: status(first, warm) == "successful")
    job_id = execute(second, gate)
    until(lambda: status(second, job_id) == "successful", 30)


@pytest.mark.parametrize("how", ["end", "kill"])
def test_the_second_takes_over(servers: tuple[Server, Server], tmp_path: Path, how: str) -> None:
    first, second = servers
    deploy(first)
    gate, later = tmp_path / "gate", tmp_path / "later"
    running = execute(first, gate)
    until(Path(f"{gate}.began").exists)
    waiting = execute(first, later)
    getattr(first, how)()
    until(lambda: dispatching(second))
    assert status(second, running) == "running"
    gate.touch()
    later.touch()
    for job_id in (running, waiting):
        until(lambda job_id=job_id: status(second, job_id) == "successful")
    assert [Path(f"{each}.began").read_text() for each in (gate, later)] == ["x", "x"]
    # The first comes back, and is the second one now.
    first.start()
    assert (dispatching(first), dispatching(second)) == (False, True)
    again = execute(first, gate)
    until(lambda: status(first, again) == "successful")
