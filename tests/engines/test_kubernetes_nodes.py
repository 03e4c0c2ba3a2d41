"""A step that no node of Kubernetes has room for, where that may be asked: refused at execute."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_ades.system import kubernetes_nodes as asking
from jupyter_ades.system.batch import Node
from jupyter_ades.system.kubernetes_nodes import kubernetes_nodes
from tests.engines.fake_kubernetes import Cluster
from tests.engines.kubernetes import server_of
from tests.restart.asking import deploy_cwl

pytest.importorskip("kubernetes", reason="needs: pip install 'jupyter_ades[kubernetes]'")
#: A tool that asks for more cores than one of the nodes has, and for more memory than the other.
TOOL = """
cwlVersion: v1.2
class: CommandLineTool
id: large
requirements:
  DockerRequirement: {dockerPull: registry.example/tools:1}
  ResourceRequirement: {coresMin: 3, ramMin: 7000}
baseCommand: "true"
inputs: []
outputs: []
"""


def node(cores: str, memory: str, **spec: Any) -> dict[str, Any]:
    return {"spec": spec, "status": {"allocatable": {"cpu": cores, "memory": memory}}}


def tainted(key: str, effect: str) -> dict[str, Any]:
    return {"taints": [{"key": key, "effect": effect}]}


CONTROL = "node-role.kubernetes.io/control-plane"


@pytest.fixture
def cluster(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    made.nodes = [node("1930m", "15Gi"), node("4", "6291456Ki")]
    monkeypatch.setenv("KUBECONFIG", str(made.kubeconfig))
    yield made
    made.stop()


@pytest.mark.parametrize("runner", ["calrissian", "toil"])
def test_a_step_that_no_node_has_room_for_is_refused(
    cluster: Cluster, tmp_path: Path, runner: str
) -> None:
    options = ["--batchSystem", "kubernetes", "--kubernetesHostPath", str(tmp_path)]
    options += ["--workDir", str(tmp_path)]
    server = server_of(cluster, tmp_path, ask_kubernetes_nodes=True, toil_options=options)
    server.start()
    try:
        deploy_cwl(server, TOOL)
        sent = server.send("POST", "processes/large/jobs", json={"inputs": {}, "runner": runner})
    finally:
        server.stop()
    assert sent.status_code == 503
    assert sent.json()["detail"] == (
        "A step of large asks for 3 cores and 7,000 MiB (ResourceRequirement), and no node has"
        " them: the largest of 2 has 4 cores and 6,144 MiB."
    )
    assert cluster.seen == []


def test_nodes_that_pods_do_not_go_to_are_none(cluster: Cluster) -> None:
    cluster.nodes = [
        node("1930m", "15Gi"),
        node("64", "1Ti", unschedulable=True),
        node("64", "1Ti", **tainted(CONTROL, "NoSchedule")),
        node("8", "2Gi", **tainted(CONTROL, "PreferNoSchedule")),
        node("16", "1Gi", **tainted("node.kubernetes.io/memory-pressure", "NoSchedule")),
    ]
    assert kubernetes_nodes()() == [
        Node(cores=1.93, memory_mib=15360.0),
        Node(cores=8.0, memory_mib=2048.0),
        Node(cores=16.0, memory_mib=1024.0),
    ]


def test_a_cluster_that_does_not_tell_refuses_nothing(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    why = 'nodes is forbidden: User "jane" cannot list resource "nodes" at the cluster scope'
    cluster.refusal = (403, why)
    with caplog.at_level(logging.WARNING):
        assert kubernetes_nodes()() == []
    assert caplog.messages == [
        f"What nodes of Kubernetes have cannot be asked (ask_kubernetes_nodes): {why} (403)"
    ]


def test_no_cluster_refuses_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with caplog.at_level(logging.WARNING):
        assert kubernetes_nodes()() == []
    assert "kube-config" in caplog.text


def test_a_cluster_that_does_not_answer_refuses_nothing(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(asking, "ANSWER", 0.001)
    with caplog.at_level(logging.WARNING):
        assert kubernetes_nodes()() == []
    assert "timed out" in caplog.text
