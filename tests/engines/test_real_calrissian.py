"""Jobs through the API, by the real Calrissian, its pods processes of this machine."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engines.fake_kubernetes import Cluster
from tests.engines.kubernetes import IN_IMAGE, calrissian_cluster, server_of
from tests.restart.asking import deploy_cwl, ended, log_of, status
from tests.restart.server import Server
from tests.restart.weather import kill_whole
from tests.worker.support import until

#: Seconds that a workflow may take: Calrissian and each of its pods start anew.
LONG = 120.0
#: The first one installs Calrissian.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with calrissian_cluster(tmp_path_factory.mktemp("cluster")) as made:
        yield made


@pytest.fixture(scope="module")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    cluster.image_folders = (str(folder / "gates"),)
    (folder / "gates").mkdir()
    started = server_of(cluster, folder)
    started.start()
    deploy_cwl(started, IN_IMAGE)
    yield started
    started.stop()


@pytest.fixture
def gate(server: Server, request: pytest.FixtureRequest) -> Path:
    return server.folder / "gates" / request.node.name


def execute(server: Server, **inputs: Any) -> str:
    sent = server.send("POST", "processes/main/jobs", json={"inputs": inputs})
    assert sent.status_code == 201, sent.text
    assert sent.json()["runner"] == "calrissian"
    job_id: str = sent.json()["jobID"]
    return job_id


def said(server: Server, job_id: str, name: str) -> list[str]:
    text = server.send("GET", f"jobs/{job_id}/files/wf-{job_id}/{name}").text
    return text.split()


def running_tools(cluster: Cluster, job_id: str) -> int:
    """Tools' pods of a job that run."""
    labels = {"jupyter-ades/job": job_id}
    pods = cluster.listed(labels)
    return sum(
        each["status"]["phase"] == "Running" and "-pod-" in each["metadata"]["name"]
        for each in pods
    )


def test_a_scatter_runs_in_pods_of_its_own(server: Server, cluster: Cluster) -> None:
    before = len(cluster.seen)
    job_id = execute(server, words=["a", "b", "c"])
    found = ended(server, job_id)
    assert found["status"] == "successful", log_of(server, job_id)
    assert said(server, job_id, "all.txt") == ["a", "b", "c"]
    names = [re.sub("-pod-[a-z]{8}$", "", name) for name in cluster.seen[before:]]
    assert names[0] == f"ades-{job_id}-x7k2p"
    assert sorted(names[1:]) == ["join", "say", "say-2", "say-3"]
    assert (cluster.jobs, cluster.pods) == ({}, {})
    lines = log_of(server, job_id).splitlines()
    told = [line for line in lines if "about to say" in line]
    steps = {line.split(": ")[0] for line in told}
    assert steps == {"say", "say 2", "say 3"}
    assert sorted(line[-1] for line in told) == ["a", "b", "c"]


def test_a_step_that_fails_is_named_with_what_it_said(server: Server, gate: Path) -> None:
    gate.touch()
    job_id = execute(server, words=["a", "b"], fail="b", gate=str(gate))
    found = ended(server, job_id)
    assert found["status"] == "failed"
    assert re.fullmatch(
        "step say( 2)? failed.*about to say b\nno such band", found["message"], re.DOTALL
    ), log_of(server, job_id)


def lose_worker(server: Server, job_id: str) -> None:
    """As the end of the server's pod: of all that ran in it nothing is left."""
    folder = server.folder / "state" / "terradue" / "jobs" / job_id
    worker = json.loads((folder / "worker.json").read_text())["pid"]
    server.kill()
    kill_whole(worker)


def test_the_worker_outlives_its_server(server: Server, cluster: Cluster, gate: Path) -> None:
    before = len(cluster.seen)
    job_id = execute(server, words=["a", "b"], gate=str(gate))
    until(lambda: running_tools(cluster, job_id) == 2, LONG)
    server.kill()
    server.start()
    assert status(server, job_id)["status"] == "running"
    gate.touch()
    assert ended(server, job_id)["status"] == "successful", log_of(server, job_id)
    assert len(cluster.seen) - before == 4
    assert "taken up again" not in log_of(server, job_id)


def test_a_job_that_runs_on_without_its_worker_is_taken_up(
    server: Server, cluster: Cluster, gate: Path
) -> None:
    before = len(cluster.seen)
    job_id = execute(server, words=["a", "b"], gate=str(gate))
    until(lambda: running_tools(cluster, job_id) == 2, LONG)
    until(lambda: "starting step say" in log_of(server, job_id))
    started = status(server, job_id)["started"]
    lose_worker(server, job_id)
    assert running_tools(cluster, job_id) == 2
    server.start()
    until(lambda: "taken up again" in log_of(server, job_id))
    gate.touch()
    found = ended(server, job_id)
    log = log_of(server, job_id)
    assert found["status"] == "successful", log
    assert found["started"] == started
    assert said(server, job_id, "all.txt") == ["a", "b"]
    assert log.count("[workflow ] starting step say") == 1
    # One main pod, two parts, and what joins them.
    assert len(cluster.seen) - before == 4
    assert (cluster.jobs, cluster.pods) == ({}, {})


def test_a_job_that_was_taken_up_can_be_dismissed(
    server: Server, cluster: Cluster, gate: Path
) -> None:
    job_id = execute(server, words=["a", "b"], gate=str(gate))
    until(lambda: running_tools(cluster, job_id) == 2, LONG)
    lose_worker(server, job_id)
    server.start()
    until(lambda: "taken up again" in log_of(server, job_id))
    assert server.send("DELETE", f"jobs/{job_id}").json()["status"] == "dismissed"
    until(lambda: (cluster.jobs, cluster.pods) == ({}, {}), 30)


def test_a_job_that_went_while_nobody_looked_says_so(
    server: Server, cluster: Cluster, gate: Path
) -> None:
    job_id = execute(server, words=["a"], gate=str(gate))
    until(lambda: running_tools(cluster, job_id) == 1, LONG)
    lose_worker(server, job_id)
    cluster.jobs.clear()
    cluster.remove_all()
    server.start()
    found = ended(server, job_id)
    assert found["status"] == "failed"
    assert "its Job is gone from the cluster" in found["message"]
