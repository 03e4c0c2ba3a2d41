"""A fake cluster with the real Calrissian, and a server that submits to it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.peers import environment
from tests.engines import fake_pod
from tests.engines.fake_kubernetes import Cluster
from tests.engines.packages import SCATTER
from tests.restart.server import Server

CALRISSIAN = "calrissian==0.18.1"
HINT = "hints: {DockerRequirement: {dockerPull: registry.example/tools:1}}"
#: The scatter, its tools in an image: it is the machine's own here.
IN_IMAGE = SCATTER.replace("class: Workflow", f"class: Workflow\n  {HINT}")


@contextmanager
def calrissian_cluster(folder: Path) -> Iterator[Cluster]:
    """One whose pods run Calrissian itself, in an environment of its own; cwltool differs."""
    pytest.importorskip("kubernetes", reason="needs: pip install 'jupyter_ades[kubernetes]'")
    if not fake_pod.can_mount():
        pytest.skip(fake_pod.NEEDS)
    try:
        commands = environment("calrissian", CALRISSIAN)
    except subprocess.CalledProcessError:
        pytest.skip(f"needs: pip install {CALRISSIAN}")
    cluster = Cluster(folder)
    path = os.pathsep.join([str(commands), os.environ["PATH"]])
    cluster.environment = {
        "PATH": path,
        "HOME": str(folder),
        "KUBECONFIG": str(cluster.kubeconfig),
    }
    try:
        yield cluster
    finally:
        cluster.stop()


def variables(cluster: Cluster) -> dict[str, str]:
    """What a server's environment has besides, to reach the cluster and look at it often."""
    return {"KUBECONFIG": str(cluster.kubeconfig), "JUPYTER_ADES_LOOK": "0.2"}


def server_of(cluster: Cluster, folder: Path, **traits: Any) -> Server:
    """A server, not started, whose state the pods mount."""
    kubernetes = {
        # That of whoever is in no pod of a cluster.
        "namespace": "default",
        "claim": "jobs",
        "mount": str(folder),
        "image": "registry.example/calrissian:0.18.1",
    }
    given: Mapping[str, Any] = {
        "kubernetes": kubernetes,
        "default_runners": {"cwl": "calrissian"},
        **traits,
    }
    (folder / "jupyter_server_config.json").write_text(json.dumps({"ADES": given}))
    return Server(folder, environment=variables(cluster))
