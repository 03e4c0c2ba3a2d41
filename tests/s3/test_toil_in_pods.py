"""Toil's pods share no folder with the server: job store, inputs and results are in buckets."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.peers import ROOT
from tests.engines.fake_kubernetes import Cluster
from tests.engines.kubernetes import HINT, variables
from tests.restart.asking import deploy_cwl, ended, execute, log_of, status
from tests.restart.server import Server
from tests.restart.weather import kill_whole
from tests.s3.service import Service
from tests.s3.test_stage_in_pods import LONG, PACKAGE
from tests.worker.support import until

pytest.importorskip("toil", reason="needs: pip install 'jupyter_ades[toil]'")
pytest.importorskip("kubernetes", reason="needs: pip install 'jupyter_ades[kubernetes]'")
pytestmark = pytest.mark.timeout(400)
IMAGE = "registry.example/toil-ades:9"


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    (tmp_path / "cluster").mkdir()
    made = Cluster(tmp_path / "cluster")
    # What the image has: this package, and what it needs.
    made.image_folders = (sys.prefix, sys.base_prefix, str(ROOT))
    # What a node's pods share; as it comes from elsewhere, each has a root of its own.
    made.volumes = {"/run/lock": tmp_path / "lock"}
    made.volumes["/run/lock"].mkdir()
    programs = os.path.join(sys.prefix, "bin")
    made.environment = {"PATH": f"{programs}:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/tmp"}
    yield made
    made.stop()


def _lose(server: Server) -> None:
    """What becomes of the pod that the server and its workers run in, when its node is lost."""
    (worker,) = server.workers()
    server.kill()
    kill_whole(worker)


def test_a_job_whose_pods_share_nothing_with_the_server_outlives_it(
    cluster: Cluster, ceph_service: Service, tmp_path: Path
) -> None:
    bucket = ceph_service.bucket()
    # By a role of their service account, or a Secret, pods open the job store.
    cluster.environment |= ceph_service.environment
    where = {"AWS_ENDPOINT_URL_S3": ceph_service.endpoint}
    options = ["--batchSystem", "kubernetes", "--jobStore", "aws:us-east-1:toil"]
    options += ["--setEnv", f"AWS_ENDPOINT_URL_S3={ceph_service.endpoint}"]
    traits = {
        "toil_options": options,
        "toil_image": IMAGE,
        "default_runners": {"cwl": "toil"},
        "stage_steps": ["toil"],
        "results_url": f"s3://{bucket}/res",
        "s3_endpoint": ceph_service.endpoint,
        "s3_addressing": "path",
        "s3_buckets": {bucket: {}},
        "job_environment": {**ceph_service.environment, **where},
        "reuse_steps": True,
        "resume_interrupted": True,
    }
    (tmp_path / "jupyter_server_config.json").write_text(json.dumps({"ADES": traits}))
    server = Server(tmp_path, environment={**ceph_service.environment, **variables(cluster)})
    server.start()
    try:
        deploy_cwl(server, PACKAGE.replace(HINT, ""))
        hrefs = [ceph_service.put(bucket, f"in/{name}.txt", f"{name}\n".encode()) for name in "ab"]
        job = execute(server, "joined", {"scenes": [{"href": href} for href in hrefs]})
        until(lambda: status(server, job)["message"] == "2 of 4: stage_in", LONG)
        _lose(server)
        server.start()
        found, log = ended(server, job, LONG), log_of(server, job)
        text = server.send("GET", f"jobs/{job}/files/wf-{job}/all.txt").text
        results = server.send("GET", f"jobs/{job}/results").text
    finally:
        server.stop()
    assert (found["status"], found["resumes"]) == ("successful", 1), log
    assert text == "a\nend\nb\nend\n"
    assert ceph_service.read(bucket, f"res/wf-{job}/all.txt").decode() == text
    assert f"s3://{bucket}/res/wf-{job}/catalog.json" in results
    # Stage-in, two parts, what joins them, stage-out; of the parts each may have begun twice.
    assert 5 <= len(cluster.seen) <= 7
    assert log.count("stage_in: staging in 0 of 2") == 1
    assert (cluster.jobs, cluster.pods) == ({}, {})
    assert not [
        each for each in ceph_service.client().list_buckets()["Buckets"] if "toil" in each["Name"]
    ]
