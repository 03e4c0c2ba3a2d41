"""Calrissian's pods share no folder with the server: all goes through a Secret and a bucket."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.peers import ROOT
from tests.engines.fake_kubernetes import Cluster
from tests.engines.kubernetes import HINT, calrissian_cluster, variables
from tests.restart.asking import deploy_cwl, ended, execute, log_of
from tests.restart.server import Server
from tests.s3.service import Service

#: The first one installs Calrissian; each pod that stages starts a Python with the S3 client.
LONG = 200.0
pytestmark = pytest.mark.timeout(600)
PACKAGE = f"""cwlVersion: v1.2
$graph:
- class: Workflow
  id: joined
  requirements: {{ScatterFeatureRequirement: {{}}}}
  {HINT}
  inputs: {{scenes: "File[]", word: {{type: string, default: end}}}}
  outputs: {{all: {{type: File, outputSource: join/all}}}}
  steps:
    mark: {{run: "#mark", scatter: scene, in: {{scene: scenes, word: word}}, out: [marked]}}
    join: {{run: "#join", in: {{scenes: mark/marked}}, out: [all]}}
- class: CommandLineTool
  id: mark
  inputs: {{scene: File, word: string}}
  outputs: {{marked: stdout}}
  stdout: marked.txt
  arguments:
  - sh
  - -c
  - echo "marks $(inputs.scene.basename)" >&2; cat "$0"; echo $(inputs.word)
  - $(inputs.scene)
- class: CommandLineTool
  id: join
  inputs: {{scenes: "File[]"}}
  outputs: {{all: stdout}}
  stdout: all.txt
  arguments: [cat, $(inputs.scenes)]
"""


@pytest.fixture(scope="module")
def bucket(ceph_service: Service) -> str:
    return ceph_service.bucket()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with calrissian_cluster(folder) as made:
        # What the images have: this package, and what it needs.
        made.image_folders = (str(ROOT), sys.base_prefix, str(folder))
        own = str(Path(sys.prefix, "bin"))
        made.environment["PATH"] = os.pathsep.join([own, made.environment["PATH"]])
        made.volumes = {"pods": tmp_path_factory.mktemp("claim")}
        yield made


@pytest.fixture(scope="module")
def server(
    cluster: Cluster, ceph_service: Service, bucket: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    traits = {
        "kubernetes": {
            "namespace": "default",
            "claim": "pods",
            "mount": "/ades",
            "shared": False,
            "image": "registry.example/calrissian:0.18.1",
        },
        "default_runners": {"cwl": "calrissian"},
        "stage_steps": ["calrissian"],
        "stage_image": "registry.example/jupyter-ades:1",
        "results_url": f"s3://{bucket}/res",
        "s3_endpoint": ceph_service.endpoint,
        "s3_addressing": "path",
        "s3_buckets": {bucket: {}},
        "job_environment": ceph_service.environment,
    }
    (folder / "jupyter_server_config.json").write_text(json.dumps({"ADES": traits}))
    known = {**ceph_service.environment, **variables(cluster)}
    started = Server(folder, environment=known)
    started.start()
    deploy_cwl(started, PACKAGE)
    yield started
    started.stop()


def test_a_job_whose_pods_share_nothing_with_the_server(
    server: Server, cluster: Cluster, ceph_service: Service, bucket: str
) -> None:
    hrefs = [ceph_service.put(bucket, f"in/{name}.txt", f"{name}\n".encode()) for name in "abc"]
    inputs = {"scenes": [{"href": href} for href in hrefs]}
    job = execute(server, "joined", inputs)
    found, log = ended(server, job, LONG), log_of(server, job)
    assert found["status"] == "successful", log
    text = "a\nend\nb\nend\nc\nend\n"
    assert ceph_service.read(bucket, f"res/wf-{job}/all.txt").decode() == text
    assert server.send("GET", f"jobs/{job}/files/wf-{job}/all.txt").text == text
    catalog = f"s3://{bucket}/res/wf-{job}/catalog.json"
    assert catalog in server.send("GET", f"jobs/{job}/results").text
    steps = {name.rpartition("-pod-")[0] for name in cluster.seen}
    assert {"stage-in", "mark", "mark-2", "mark-3", "join", "stage-out"} <= steps
    assert "mark 2: marks b.txt" in log.splitlines()
    assert "stage_out: staging out" in log
    assert (cluster.jobs, cluster.pods, cluster.secrets) == ({}, {}, {})
    assert list(cluster.volumes["pods"].iterdir()) == []
