"""Jobs through the API, their steps in a real Slurm's queue, on two nodes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import JobStatus
from jupyter_ades.runners.base import Site
from jupyter_ades.runners.toil import ToilRunner
from tests.engines.packages import SCATTER
from tests.engines.slurm import Slurm
from tests.restart.asking import deploy_cwl, ended, log_of, status
from tests.restart.server import Server
from tests.restart.weather import kill_whole
from tests.worker.support import CWL, Bench, until

#: Seconds that a workflow may take: Toil asks Slurm once a second, and starts a Python per step.
LONG = 100.0
pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def server(slurm: Slurm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    traits = {
        "toil_options": ["--batchSystem", "slurm", "--defaultMemory", "100Mi"],
        "default_runners": {"cwl": "toil"},
    }
    folder = tmp_path_factory.mktemp("server")
    (folder / "jupyter_server_config.json").write_text(json.dumps({"ADES": traits}))
    started = Server(folder, traits={"max_running_jobs": 2})
    started.start()
    deploy_cwl(started, SCATTER)
    yield started
    started.stop()


def execute(server: Server, process: str = "main", **inputs: Any) -> str:
    sent = server.send("POST", f"processes/{process}/jobs", json={"inputs": inputs})
    assert sent.status_code == 201, sent.text
    assert sent.json()["runner"] == "toil"
    job_id: str = sent.json()["jobID"]
    return job_id


def meanwhile(server: Server, job_id: str, holds: Callable[[], Any]) -> None:
    """Wait for something while a job runs."""

    def seen() -> Any:
        now = status(server, job_id)
        assert now["status"] in ("accepted", "running"), log_of(server, job_id)
        return holds()

    until(seen, LONG)


def said(server: Server, job_id: str, name: str) -> list[str]:
    text = server.send("GET", f"jobs/{job_id}/files/wf-{job_id}/{name}").text
    return text.splitlines()


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    return tmp_path / "gate"


def test_a_scatter_over_two_nodes_outlives_the_server(
    server: Server, slurm: Slurm, gate: Path
) -> None:
    """Twenty parts; the server is killed while they run, and the next one tells how they end."""
    words = [f"word{n}" for n in range(20)]
    job_id = execute(server, words=words, gate=str(gate))
    meanwhile(server, job_id, lambda: slurm.running_on("n1") and slurm.running_on("n2"))
    assert re.fullmatch(r"1 of 21: say \d+", status(server, job_id)["message"])
    server.kill()
    assert slurm.running_on("n1")
    gate.touch()
    server.start()
    seen = set()

    def told() -> bool:
        now = status(server, job_id)
        seen.add(now["progress"])
        return now["status"] != "running"

    until(told, LONG)
    assert status(server, job_id)["status"] == "successful", log_of(server, job_id)
    assert len(seen) > 3
    lines = [line.split() for line in said(server, job_id, "all.txt")]
    assert [word for word, _ in lines] == words
    assert {node for _, node in lines} == {"n1", "n2"}
    names = ["said.txt", *(f"said_{n}.txt" for n in range(2, 21))]
    assert [said(server, job_id, name)[0].split()[0] for name in names] == words
    assert "say 20: about to say word19" in log_of(server, job_id)
    assert slurm.queue() == []


def test_a_dismissal_empties_the_queue(server: Server, slurm: Slurm, gate: Path) -> None:
    job_id = execute(server, words=[f"w{n}" for n in range(12)], gate=str(gate))
    meanwhile(server, job_id, lambda: slurm.running_on("n1") and "PENDING" in str(slurm.queue()))
    answer = server.send("DELETE", f"jobs/{job_id}")
    assert (answer.status_code, answer.json()["status"]) == (200, "dismissed")
    until(lambda: slurm.queue() == [], 20)


def test_what_a_lost_worker_had_in_the_queue_is_cancelled(
    server: Server, slurm: Slurm, gate: Path
) -> None:
    """Of a worker that was killed with its Toil nobody else would."""
    job_id = execute(server, words=["a", "b"], gate=str(gate))
    meanwhile(server, job_id, lambda: len(slurm.queue()) == 2)
    told = server.folder / "state" / "terradue" / "jobs" / job_id / "worker.json"
    kill_whole(json.loads(told.read_text())["pid"])
    assert ended(server, job_id)["status"] == "failed"
    until(lambda: slurm.queue() == [], 20)


def test_a_node_that_goes_down_is_gone_around(server: Server, slurm: Slurm, gate: Path) -> None:
    """What ran on it runs again elsewhere."""
    job_id = execute(server, words=list("abcdef"), gate=str(gate))
    meanwhile(server, job_id, lambda: slurm.running_on("n1") and slurm.running_on("n2"))
    slurm.ask("scontrol", "update", "nodename=n2", "state=down", "reason=test")
    try:
        until(lambda: slurm.running_on("n2") == 0, 30)
        gate.touch()
        found = ended(server, job_id)
        assert found["status"] == "successful", log_of(server, job_id)
        nodes = [line.split()[1] for line in said(server, job_id, "all.txt")]
        assert len(nodes) == 6
        assert "was lost with its node" in log_of(server, job_id)
    finally:
        slurm.ask("scontrol", "update", "nodename=n2", "state=resume")


def test_a_node_that_is_killed_is_gone_around(server: Server, slurm: Slurm, gate: Path) -> None:
    """With all that ran on it; Slurm finds out by itself, as the node says nothing any more."""
    job_id = execute(server, words=list("abcdef"), gate=str(gate))
    meanwhile(server, job_id, lambda: slurm.running_on("n1") and slurm.running_on("n2"))
    slurm.kill_node("n2")
    try:
        until(lambda: slurm.running_on("n2") == 0, 60)
        gate.touch()
        found = ended(server, job_id)
        assert found["status"] == "successful", log_of(server, job_id)
        nodes = [line.split()[1] for line in said(server, job_id, "all.txt")]
        assert nodes == ["n1"] * 6
        assert "was lost with its node" in log_of(server, job_id)
    finally:
        slurm.start_node("n2")
        until(lambda: slurm.states() == {"idle"}, 60)


def test_a_failed_step_is_explained_and_the_run_goes_on_from_there(
    server: Server, slurm: Slurm, gate: Path
) -> None:
    gate.touch()
    job_id = execute(server, words=list("abc"), gate=str(gate), fail="b")
    found = ended(server, job_id)
    assert found["status"] == "failed"
    assert found["message"] == (
        "step say 2 failed with exit code 3: about to say b\nno such band"
    ), log_of(server, job_id)
    gate.with_name("gate.mended").touch()
    sent = server.send("POST", f"jobs/{job_id}/rerun", json={"from": "unfinished-steps"})
    assert sent.status_code == 201, sent.text
    again = sent.json()["jobID"]
    assert ended(server, again)["status"] == "successful", log_of(server, again)
    assert [line.split()[0] for line in said(server, again, "all.txt")] == list("abc")
    assert "about to say b" in log_of(server, again)
    assert "about to say a" not in log_of(server, again)


def test_more_than_any_node_has_is_refused_at_once(server: Server) -> None:
    package = SCATTER.replace("coresMin: 1", "coresMin: 64").replace("id: main", "id: wide")
    headers = {"Content-Type": "application/cwl+yaml"}
    process = server.send("POST", "processes", data=package, headers=headers).json()["id"]
    refused = server.send("POST", f"processes/{process}/jobs", json={"inputs": {"words": ["a"]}})
    assert refused.status_code == 503
    assert refused.json()["detail"] == (
        "A step of wide asks for 64 cores and 64 MiB (ResourceRequirement), and no node has them:"
        " the largest of 2 has 4 cores and 4,000 MiB."
    )


def test_a_queue_that_refuses_is_the_reason(slurm: Slurm, tmp_path: Path) -> None:
    options = ("--batchSystem", "slurm", "--slurmPartition", "nowhere")
    job, process = JobDir(tmp_path / "job"), replace(CWL, runner="toil")
    plan = ToilRunner().plan(process, job, Site(toil_options=options))
    bench = Bench(root=tmp_path)
    try:
        inputs = {"words": ["a"]}
        running = bench.start(process, {"app.cwl": SCATTER}, name="job", plan=plan, inputs=inputs)
        status = running.wait()
    finally:
        bench.close()
    assert status.status is JobStatus.FAILED
    assert status.message == (
        "the queue refuses the job's steps: invalid partition specified: nowhere"
    )
