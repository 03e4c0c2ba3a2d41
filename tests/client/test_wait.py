"""Waiting: how often it looks, how long it bears a server that is away, what an interrupt does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_ades.client import Client, errors
from jupyter_ades.client.discovery import Found
from jupyter_ades.client.errors import Unavailable
from jupyter_ades.client.job_operations import LONGEST_LOOK, wait
from jupyter_ades.client.records import JobRecord
from jupyter_ades.client.site import Site
from jupyter_ades.client.steps import Call, Pause, Reply
from jupyter_ades.model import JobStatus
from tests.conftest import notebook
from tests.restart.server import Server

OPEN = JobRecord(id="j", status=JobStatus.RUNNING)


class Play:
    """Plays a server and a clock to a wait, step by step."""

    def __init__(self, answers: list[Any], **options: Any) -> None:
        self.now = 0.0
        self.pauses: list[float] = []
        self.seen: list[JobStatus] = []
        site = Site(Found(candidates=("http://h/a/wps3",)))
        options = {"timeout": None, **options}
        self.operation = wait(
            site,
            OPEN,
            seen=lambda job: self.seen.append(job.status),
            clock=lambda: self.now,
            **options,
        )
        self.answers = iter(answers)

    def run(self) -> JobRecord:
        try:
            step = next(self.operation)
            while True:
                step = self.reply(step)
        except StopIteration as stop:
            found: JobRecord = stop.value
            return found

    def reply(self, step: Call | Pause) -> Any:
        if isinstance(step, Pause):
            self.now += step.seconds
            self.pauses.append(step.seconds)
            return self.operation.send(None)
        self.now += 0.01
        answer = next(self.answers)
        if answer is None:
            return self.operation.throw(Unavailable("away"))
        body = f'{{"jobID": "j", "status": "{answer}"}}'.encode()
        headers = {"content-type": "application/json"}
        return self.operation.send(Reply(status=200, headers=headers, content=body))


def test_looks_get_rarer_up_to_a_limit() -> None:
    play = Play(["running"] * 30 + ["successful"])
    assert play.run().status is JobStatus.SUCCESSFUL
    assert play.pauses[0] == pytest.approx(0.1)
    assert play.pauses == sorted(play.pauses)
    assert play.pauses[-1] == LONGEST_LOOK
    assert play.seen == [JobStatus.RUNNING] * 31 + [JobStatus.SUCCESSFUL]


def test_a_server_that_is_away_for_a_while_is_borne() -> None:
    play = Play(["running", None, None, None, "running", "failed"], patience=60)
    assert play.run().status is JobStatus.FAILED


def test_a_server_that_stays_away_is_given_up() -> None:
    play = Play(["running", *[None] * 1000], patience=30)
    with pytest.raises(Unavailable):
        play.run()
    assert 30 <= play.now <= 40


def test_a_timeout_is_kept_and_says_that_the_job_goes_on() -> None:
    play = Play(["running"] * 1000, timeout=5.0)
    with pytest.raises(errors.WaitTimeout, match="running after 5 seconds; it goes on"):
        play.run()
    assert 5 <= play.now <= 5.2


# a real server that is killed and comes back


@pytest.fixture
def restarted(tmp_path: Path) -> Iterator[Server]:
    started = Server(tmp_path)
    started.start()
    yield started
    started.stop()


SLOW = (
    "import pathlib, time",
    "while not pathlib.Path(gate).exists(): time.sleep(0.05)",
    "pathlib.Path('result.txt').write_text('done')",
)


def test_a_wait_outlasts_a_restart_of_the_server(restarted: Server, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    (tmp_path / "slow.ipynb").write_bytes(notebook('gate: str = ""', SLOW))
    with Client(restarted.root, token="secret") as client:
        job = client.deploy(tmp_path / "slow.ipynb").execute(gate=str(gate))
        while job.refresh().progress == 0:
            assert job.record.status in ("accepted", "running")
        restarted.kill()
        back = threading.Timer(1.0, lambda: (restarted.start(), gate.touch()))
        back.start()
        try:
            assert job.wait(90, patience=60).status == "successful"
        finally:
            back.join()
        catalog = job.results()
        (item,) = catalog.get_items(recursive=True)
        assert "result" in item.assets
        assert {path.name for path in job.download(tmp_path / "got")} >= {"result.txt"}


INTERRUPTED = """
import sys, threading, os, signal
from jupyter_ades.client import Client
client = Client(sys.argv[1], token="secret")
job = client.execute("small", {"outcome": "hold"})
print(job.id, flush=True)
threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
job.wait()
"""


def test_an_interrupted_wait_leaves_the_job_and_says_how_to_find_it(
    server: Server, small: str, client: Client
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, server.root],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    job_id = done.stdout.strip()
    assert done.returncode == -signal.SIGINT
    assert f"The job goes on. Find it again by client.job('{job_id}')" in done.stderr
    assert f"jupyter ades status {job_id}" in done.stderr
    job = client.job(job_id)
    assert job.status == "running"
    job.dismiss()


def test_an_interrupted_command_has_its_own_exit_code(
    server: Server, small: str, client: Client
) -> None:
    command = subprocess.Popen(
        [sys.executable, "-m", "jupyter_ades.cli", "execute", "small", "outcome=hold", "--wait"],
        env={**os.environ, "ADES_URL": server.root, "ADES_TOKEN": "secret"},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    before = {each.id for each in client.jobs(limit=1)}
    while not (made := {each.id for each in client.jobs(limit=1)} - before):
        assert command.poll() is None
    (job_id,) = made
    while client.job(job_id).record.status != "running":
        assert command.poll() is None
    command.send_signal(signal.SIGINT)
    _, err = command.communicate(timeout=60)
    assert command.returncode == 130
    assert job_id in err
    assert "Traceback" not in err
    assert client.job(job_id).dismiss().status == "dismissed"
