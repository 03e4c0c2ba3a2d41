"""Calrissian's jobs through the official client, against a fake of the pods and jobs API."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import JobStatus
from jupyter_ades.runners.base import Site
from jupyter_ades.runners.calrissian import CalrissianRunner
from tests.engines.fake_kubernetes import PENDING, Cluster, Status, container
from tests.engines.packages import SCATTER
from tests.worker.support import CWL, Bench, Running, until

pytest.importorskip("kubernetes", reason="needs: pip install 'jupyter_ades[kubernetes]'")
PROCESS = replace(CWL, runner="calrissian", details={"workflow": "main", "docker": True})
#: Calrissian's command line, its pods' part left out: the tools run in this one.
STAND_IN = f"""#!{sys.executable}
import sys
from cwltool.main import main
words, out, kept = sys.argv[1:], None, []
own = ("--max-cores", "--max-ram", "--tool-logs-basepath")
while words:
    word = words.pop(0)
    if word in own or word.startswith("--pod-"):
        words.pop(0)
    elif word == "--stdout":
        out = open(words.pop(0), "w")
    else:
        kept.append(word)
sys.exit(main(["--no-container", *kept], stdout=out))
"""


def waiting(reason: str, message: str = "") -> Status:
    state = {"waiting": {"reason": reason, "message": message}}
    return {**PENDING, "containerStatuses": [container(state)]}


def killed(reason: str, code: int) -> Status:
    state = {"terminated": {"reason": reason, "exitCode": code}}
    return {"phase": "Failed", "containerStatuses": [container(state, "tool")]}


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    folder = tmp_path / "cluster"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "calrissian").write_text(STAND_IN)
    (folder / "bin" / "calrissian").chmod(0o755)
    made = Cluster(folder)
    path = os.pathsep.join([str(folder / "bin"), os.environ["PATH"]])
    made.environment = {"PATH": path, "HOME": str(folder)}
    monkeypatch.setenv("PATH", path)
    monkeypatch.setenv("KUBECONFIG", str(made.kubeconfig))
    monkeypatch.setenv("JUPYTER_ADES_LOOK", "0.1")
    monkeypatch.setenv("JUPYTER_ADES_PULL", "0.5")
    monkeypatch.setenv("JUPYTER_ADES_AWAY", "5")
    monkeypatch.setenv("JUPYTER_ADES_NODE", "0.5")
    monkeypatch.setenv("JUPYTER_ADES_FIRST_POD", "1")
    yield made
    made.stop()


def start(bench: Bench, **inputs: Any) -> Running:
    settings = {
        "namespace": "ades",
        "claim": "jobs",
        "mount": str(bench.root),
        "image": "registry.example/calrissian:1",
    }
    job = JobDir(bench.root / "job")
    plan = CalrissianRunner().plan(PROCESS, job, Site(kubernetes=settings))
    inputs = {"words": ["a", "b"], **inputs}
    return bench.start(
        PROCESS, {"app.cwl": SCATTER}, name="job", plan=plan, stand_in=False, inputs=inputs
    )


def test_a_job_runs_in_its_pod_and_leaves_nothing(bench: Bench, cluster: Cluster) -> None:
    unschedulable = {"type": "PodScheduled", "status": "False", "message": "0/3 nodes: cpu"}
    cluster.before = [
        {**PENDING, "conditions": [unschedulable]},
        waiting("ContainerCreating"),
        waiting("ImagePullBackOff"),
    ]
    running = start(bench)
    assert running.wait().status is JobStatus.SUCCESSFUL, running.log()
    assert running.delivered("all.txt").read_text().split() == ["a", "b"]
    log = running.log()
    assert "waits for a node: 0/3 nodes: cpu" in log
    assert "waits for its container (ContainerCreating)" in log
    assert "completed success" in log
    assert (cluster.jobs, cluster.pods) == ({}, {})


@pytest.mark.parametrize(
    ("states", "reason"),
    [
        (
            [waiting("ImagePullBackOff", "not found")] * 200,
            "the image registry.example/calrissian:1 could not be pulled: not found",
        ),
        ([killed("OOMKilled", 137)], "killed for want of memory"),
        (
            [{"phase": "Failed", "reason": "Evicted", "message": "The node was low on disk."}],
            "the pod was evicted from its node: The node was low on disk.",
        ),
        ([{"phase": "Unknown", "reason": "NodeLost"}], "the pod was lost with its node"),
    ],
)
def test_what_kubernetes_shows_is_the_reason(
    bench: Bench, cluster: Cluster, states: list[Status], reason: str
) -> None:
    cluster.before = states
    running = start(bench)
    status = running.wait()
    assert status.status is JobStatus.FAILED
    assert reason in status.message
    assert (cluster.jobs, cluster.pods) == ({}, {})


UNSCHEDULABLE = {"type": "PodScheduled", "status": "False", "message": "0/3 nodes: cpu"}


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (waiting("ImagePullBackOff", "not found"), "could not be pulled: not found"),
        ({**PENDING, "conditions": [UNSCHEDULABLE]}, "waits for a node: 0/3 nodes: cpu (for 0.5"),
        ({"phase": "Failed", "reason": "Evicted"}, "the pod was evicted from its node"),
        ({"phase": "Unknown"}, "the pod was lost with its node"),
    ],
)
def test_a_tools_pod_that_never_ends_ends_the_job(
    bench: Bench, cluster: Cluster, state: Status, reason: str
) -> None:
    cluster.before = [{"phase": "Running"}] * 1000
    cluster.tools = {"say-pod-1": [{"phase": "Running"}], "say-pod-2": [state]}
    status = start(bench).wait()
    assert status.status is JobStatus.FAILED
    assert reason in status.message
    assert status.message.startswith("say-pod-2: ")
    assert (cluster.jobs, cluster.pods) == ({}, {})


def test_a_tools_pod_that_recovered_is_no_reason(bench: Bench, cluster: Cluster) -> None:
    cluster.tools = {"say-pod-1": [waiting("ErrImagePull", "busy"), {"phase": "Running"}]}
    running = start(bench, fail="b")
    status = running.wait()
    assert status.status is JobStatus.FAILED
    assert "busy" in running.log()
    assert "busy" not in status.message


def test_a_job_that_gets_no_pod_says_why(bench: Bench, cluster: Cluster) -> None:
    cluster.quota = 'pods "ades-x" is forbidden: exceeded quota: small'
    status = start(bench).wait()
    assert status.status is JobStatus.FAILED
    assert "no pod for it within 1 seconds" in status.message
    assert "exceeded quota: small" in status.message
    assert (cluster.jobs, cluster.pods) == ({}, {})


def test_a_tools_pod_says_more_than_calrissians(bench: Bench, cluster: Cluster) -> None:
    cluster.tools = {"say-pod-1": [{"phase": "Running"}, killed("OOMKilled", 137)]}
    running = start(bench, fail="b")
    status = running.wait()
    assert status.status is JobStatus.FAILED
    assert "say-pod-1: the container was killed for want of memory" in status.message


def test_tools_pods_are_counted(bench: Bench, cluster: Cluster) -> None:
    pods = [{"phase": "Running"}, {"phase": "Succeeded"}]
    cluster.tools = {f"say-pod-{n}": pods for n in (1, 2)}
    running = start(bench)
    running.wait()
    assert "3 of 3: pods" in running.parts()


def test_a_dismissal_removes_the_job_and_its_pods(
    bench: Bench, cluster: Cluster, tmp_path: Path
) -> None:
    running = start(bench, gate=str(tmp_path / "never"))
    until(lambda: cluster.processes)
    running.dismiss()
    assert running.wait().status is JobStatus.DISMISSED
    assert (cluster.jobs, cluster.pods) == ({}, {})


def test_a_killed_program_leaves_no_pods(bench: Bench, cluster: Cluster, tmp_path: Path) -> None:
    running = start(bench, gate=str(tmp_path / "never"))
    until(lambda: cluster.processes)
    for each in running.left():
        if "jupyter_ades.programs.run_calrissian" in each.cmdline():
            each.kill()
    assert running.wait().status is JobStatus.FAILED
    assert (cluster.jobs, cluster.pods) == ({}, {})


def test_a_cluster_that_refuses_is_told(bench: Bench, cluster: Cluster) -> None:
    cluster.refusal = (403, "pods is forbidden: exceeded quota")
    status = start(bench).wait()
    assert status.status is JobStatus.FAILED
    assert "exceeded quota" in status.message


@pytest.mark.parametrize(
    "hiccups",
    [
        {"pods": [503, 429, 500], "log": [500, 0, 0, 0, 0, 0], "DELETE": [503]},
        {"POST": [503, 0], "pods": [0] * 5},
    ],
)
def test_a_hiccup_of_the_api_costs_no_job(
    bench: Bench, cluster: Cluster, hiccups: dict[str, list[int]]
) -> None:
    cluster.hiccups = hiccups
    running = start(bench)
    assert running.wait().status is JobStatus.SUCCESSFUL, running.log()
    assert not any(hiccups.values())
    assert "gave no answer, and is asked again" in running.log()
    assert running.log().count("[workflow ] completed success") == 1
    assert (cluster.jobs, cluster.pods) == ({}, {})


def test_an_api_that_stays_away_is_told(
    bench: Bench, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTER_ADES_AWAY", "0.5")
    cluster.hiccups = {"pods": [503] * 100}
    status = start(bench).wait()
    assert status.status is JobStatus.FAILED
    assert "gave no answer for 0.5 seconds: etcdserver: leader changed (503)" in status.message
    assert (cluster.jobs, cluster.pods) == ({}, {})


def test_what_cannot_be_removed_fails_no_job_and_is_remembered(
    bench: Bench, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTER_ADES_AWAY", "0.5")
    cluster.hiccups = {"DELETE": [500] * 100}
    running = start(bench)
    assert running.wait().status is JobStatus.SUCCESSFUL, running.log()
    assert (JobDir(bench.root / "job").batch / "pods").exists()


def test_a_log_may_hold_any_bytes(bench: Bench, cluster: Cluster) -> None:
    cluster.noise = b"caf\xe9 \xff\n"
    running = start(bench)
    assert running.wait().status is JobStatus.SUCCESSFUL, running.log()
    assert "caf\ufffd \ufffd" in running.log()
