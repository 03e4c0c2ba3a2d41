"""Toil's jobs in Kubernetes, through the official client, against a fake of its API.

The pods are processes that see the host path, Toil's programs, and nothing else of the job.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import JobStatus
from jupyter_ades.orders import WorkerStatus
from jupyter_ades.runners.base import Site
from jupyter_ades.runners.toil import ToilRunner
from jupyter_ades.system.leftovers import end_elsewhere, toil_run
from tests.engines import fake_pod
from tests.engines.fake_kubernetes import Cluster, Status, container
from tests.engines.packages import SCATTER, is_saying
from tests.restart.asking import deploy_cwl, execute, log_of, status
from tests.restart.asking import ended as ended_job
from tests.restart.server import Server
from tests.restart.weather import kill_whole
from tests.worker.support import CWL, Bench, Running, until

pytest.importorskip("kubernetes", reason="needs: pip install 'jupyter_ades[kubernetes]'")
pytest.importorskip("toil", reason="needs: pip install 'jupyter_ades[toil]'")
pytestmark = [
    pytest.mark.timeout(200),
    pytest.mark.skipif(not fake_pod.can_mount(), reason=fake_pod.NEEDS),
]
PROCESS = replace(CWL, runner="toil")
#: Seconds that a workflow may take: each step starts Toil anew, which asks once a second.
LONG = 150.0
IMAGE = "registry.example/toil:9"
EVICTED: Status = {
    "phase": "Failed",
    "reason": "Evicted",
    "message": "The node was low on resource: memory.",
}

NO_NODE = "0/3 nodes are available: 3 Insufficient memory."


def out_of_memory() -> Status:
    times = {"startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:01Z"}
    state = {"terminated": {"reason": "OOMKilled", "exitCode": 137, **times}}
    return {"phase": "Failed", "containerStatuses": [container(state, "runner-container")]}


def without_image() -> Status:
    state = {"waiting": {"reason": "ImagePullBackOff", "message": "manifest unknown"}}
    return {"phase": "Pending", "containerStatuses": [container(state, "runner-container")]}


def without_node() -> Status:
    told = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    return {"phase": "Pending", "conditions": [{**told, "message": NO_NODE}]}


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """The folder of jobs; nodes have it at another path, ``host``."""
    folder = tmp_path / "shared"
    folder.mkdir()
    (tmp_path / "host").symlink_to(folder)
    return folder


@pytest.fixture
def cluster(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    made.image_folders = (sys.prefix, sys.base_prefix)
    # What a node's pods share besides.
    made.volumes = {"/run/lock": made.folder / "lock"}
    made.volumes["/run/lock"].mkdir()
    programs = os.path.join(sys.prefix, "bin")
    made.environment = {"PATH": f"{programs}:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/tmp"}
    monkeypatch.setenv("KUBECONFIG", str(made.kubeconfig))
    monkeypatch.setenv("TOIL_APPLIANCE_SELF", IMAGE)
    yield made
    made.stop()


@pytest.fixture
def bench(shared: Path) -> Iterator[Bench]:
    made = Bench(root=shared)
    yield made
    made.close()


def options_for(shared: Path) -> list[str]:
    """Toil's, for pods that see the folder of jobs."""
    host = str(shared.with_name("host"))
    options = ["--batchSystem", "kubernetes", "--kubernetesHostPath", host]
    return [*options, "--workDir", str(shared)]


def start(bench: Bench, *more: str, **inputs: Any) -> Running:
    site = Site(toil_options=(*options_for(bench.root), *more))
    assert ToilRunner().missing(site) == ""
    plan = ToilRunner().plan(PROCESS, JobDir(bench.root / "job"), site)
    inputs = {"words": ["a", "b"], **inputs}
    return bench.start(
        PROCESS, {"app.cwl": SCATTER}, name="job", plan=plan, stand_in=False, inputs=inputs
    )


def ended(running: Running) -> WorkerStatus:
    until(lambda: running.status() and running.process.poll() is not None, LONG)
    return running.wait()


def test_steps_run_in_pods_and_leave_nothing(bench: Bench, cluster: Cluster) -> None:
    running = start(bench, "--kubernetesServiceAccount", "steps", "--kubernetesOwner", "ades")
    assert ended(running).status is JobStatus.SUCCESSFUL, running.log()
    assert running.delivered("all.txt").read_text().split() == ["a", "b"]
    assert running.delivered("said_2.txt").read_text().split() == ["b"]
    assert "3 of 3: join" in running.parts()
    assert len(cluster.seen) == 3
    assert all(name.startswith("ades-toil-") for name in cluster.seen)
    assert (cluster.jobs, cluster.pods) == ({}, {})
    assert not list(bench.root.glob("toilwf-*"))


def test_a_dismissal_leaves_no_job_and_no_pod(bench: Bench, cluster: Cluster) -> None:
    running = start(bench, gate=str(bench.root / "never"))
    until(lambda: len(saying(cluster)) == 2, LONG)
    assert len(cluster.jobs) == 2
    pods = list(cluster.processes.values())
    running.dismiss()
    assert ended(running).status is JobStatus.DISMISSED
    assert (cluster.jobs, cluster.pods) == ({}, {})
    # The cluster ends what runs in a pod after the pod is gone from its list.
    until(lambda: not any(fake_pod.members(each) for each in pods))
    assert running.left() == []
    assert not toil_run(running.job).exists()


def test_what_a_lost_worker_had_in_the_cluster_is_removed(bench: Bench, cluster: Cluster) -> None:
    """Of a worker that was killed with its Toil nobody else would; its server does so."""
    running = start(bench, words=["a"], gate=str(bench.root / "never"))
    until(lambda: len(saying(cluster)) == 1, LONG)
    kill_whole(running.process.pid)
    running.process.wait()
    assert (len(cluster.jobs), len(cluster.pods)) == (1, 1)
    end_elsewhere(running.job)
    assert (cluster.jobs, cluster.pods) == ({}, {})
    assert not toil_run(running.job).exists()


def test_a_pod_without_memory_is_tried_again(bench: Bench, cluster: Cluster) -> None:
    cluster.fates = [out_of_memory()]
    running = start(bench, words=["a"])
    assert ended(running).status is JobStatus.SUCCESSFUL, running.log()
    assert running.delivered("all.txt").read_text().split() == ["a"]
    assert len(cluster.seen) == 3
    why = "say 1 needed more memory than it asked for (ResourceRequirement, ramMin)"
    assert why in running.log()


def test_a_pod_waits_for_a_node_as_long_as_pods_may(bench: Bench, cluster: Cluster) -> None:
    cluster.before = [without_node()] * 1000
    running = start(bench, words=["a"])
    told = f"say 1 waits for a node: {NO_NODE}"
    until(lambda: told in running.log(), LONG)
    cluster.before = []
    assert ended(running).status is JobStatus.SUCCESSFUL, running.log()
    assert [line for line in running.log().splitlines() if told in line] == [told]


@pytest.mark.parametrize(
    ("fate", "why"),
    [
        (EVICTED, "was ended by Kubernetes, Evicted: The node was low on resource: memory."),
        (out_of_memory(), "needed more memory than it asked for (ResourceRequirement, ramMin)"),
        (without_image(), "waited in vain for its container, ImagePullBackOff: manifest unknown"),
        (without_node(), f"waited in vain for a node: {NO_NODE}"),
    ],
    ids=["evicted", "out of memory", "without its image", "without a node"],
)
def test_a_pod_that_ends_so_for_good_is_the_reason(
    bench: Bench, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, fate: Status, why: str
) -> None:
    monkeypatch.setenv("JUPYTER_ADES_NODE", "2")
    cluster.fates = [fate, fate]
    status = ended(start(bench, "--kubernetesPodTimeout", "2", words=["a"]))
    assert status.status is JobStatus.FAILED
    assert status.message == f"step say 1 failed: {why}"
    assert (cluster.jobs, cluster.pods) == ({}, {})


@pytest.fixture
def server(shared: Path, cluster: Cluster) -> Iterator[Server]:
    started = Server(shared, traits={"toil_options": options_for(shared)})
    started.start()
    deploy_cwl(started, SCATTER)
    yield started
    started.stop()


def waiting_for(server: Server, gate: Path) -> str:
    """A job whose one part waits for a gate."""
    return execute(server, "main", {"words": ["a"], "gate": str(gate)}, runner="toil")


def test_a_job_outlives_the_server_and_is_told_over_http(
    server: Server, cluster: Cluster, shared: Path
) -> None:
    gate = shared / "gate"
    job_id = waiting_for(server, gate)
    until(lambda: len(saying(cluster)) == 1, LONG)
    until(lambda: "1 of 2: say 1" in status(server, job_id)["message"])
    server.kill()
    server.start()
    assert status(server, job_id)["status"] == "running"
    gate.touch()
    assert ended_job(server, job_id)["status"] == "successful", log_of(server, job_id)
    said = server.send("GET", f"jobs/{job_id}/files/wf-{job_id}/all.txt").text
    assert said.split() == ["a"]
    assert len(cluster.seen) == 2
    assert (cluster.jobs, cluster.pods) == ({}, {})


def test_a_dismissal_over_http_leaves_no_pod(
    server: Server, cluster: Cluster, shared: Path
) -> None:
    job_id = waiting_for(server, shared / "never")
    until(lambda: len(saying(cluster)) == 1, LONG)
    assert server.send("DELETE", f"jobs/{job_id}").status_code == 200
    assert ended_job(server, job_id)["status"] == "dismissed"
    assert (cluster.jobs, cluster.pods) == ({}, {})


def saying(cluster: Cluster) -> list[psutil.Process]:
    """Tools that run in pods."""
    found = []
    for pod in list(cluster.processes.values()):
        for each in fake_pod.members(pod):
            with suppress(psutil.NoSuchProcess):
                found.append(psutil.Process(each))
    return [each for each in found if is_saying(each)]
