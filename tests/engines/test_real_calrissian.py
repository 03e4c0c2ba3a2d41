"""Jobs through the API, by the real Calrissian, its pods processes of this machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engines.fake_kubernetes import Cluster
from tests.engines.kubernetes import IN_IMAGE, calrissian_cluster, server_of
from tests.restart.server import Server
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
    deployed = started.send(
        "POST", "processes", data=IN_IMAGE, headers={"Content-Type": "application/cwl+yaml"}
    )
    assert deployed.status_code == 201, deployed.text
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


def status(server: Server, job_id: str) -> dict[str, Any]:
    body: dict[str, Any] = server.send("GET", f"jobs/{job_id}").json()
    return body


def ended(server: Server, job_id: str) -> dict[str, Any]:
    open_states = ("accepted", "running")
    until(lambda: status(server, job_id)["status"] not in open_states, LONG)
    return status(server, job_id)


def log_of(server: Server, job_id: str) -> str:
    return server.send("GET", f"jobs/{job_id}/log").text


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
