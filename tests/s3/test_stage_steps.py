"""Jobs whose data moves by steps of their workflow: cwltool and Toil, and a real S3 service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.restart.asking import deploy_cwl, ended, execute, log_of
from tests.restart.server import Server
from tests.s3.service import Service

#: Seconds that a workflow may take: each stage step starts a Python with the S3 client.
LONG = 120.0
pytestmark = pytest.mark.timeout(300)
PACKAGE = """cwlVersion: v1.2
$graph:
- class: Workflow
  id: joined
  requirements: {ScatterFeatureRequirement: {}}
  inputs:
    scenes: "File[]"
    item: Directory
    word: {type: string, default: end}
    more: File?
  outputs:
    all: {type: File, outputSource: join/all}
    copies: {type: "Directory[]", outputSource: copy/folder}
    count: {type: int, outputSource: join/count}
  steps:
    copy: {run: "#copy", scatter: scene, in: {scene: scenes, item: item}, out: [folder]}
    join: {run: "#join", in: {scenes: scenes, word: word, more: more}, out: [all, count]}
- class: CommandLineTool
  id: copy
  inputs: {scene: File, item: Directory}
  outputs: {folder: {type: Directory, outputBinding: {glob: "of-*"}}}
  arguments:
  - sh
  - -c
  - mkdir of-$(inputs.scene.nameroot); cp $(inputs.scene.path) $(inputs.item.path)/*/*.tif of-*
- class: CommandLineTool
  id: join
  inputs: {scenes: "File[]", word: string, more: File?}
  outputs:
    all: {type: File, outputBinding: {glob: all.txt}}
    count: {type: int, outputBinding: {outputEval: $(inputs.scenes.length)}}
  arguments:
  - sh
  - -c
  - 'cat "$@" > all.txt; echo $(inputs.word) >> all.txt'
  - sh
  - $(inputs.scenes)
"""
#: With Toil's own JavaScript, ways and job store in between.
BOTH = pytest.mark.parametrize("runner", ["cwltool", "toil"])
ITEM = {
    "type": "Feature",
    "stac_version": "1.0.0",
    "id": "scene",
    "geometry": None,
    "properties": {"datetime": "2020-01-01T00:00:00Z"},
    "links": [],
    "assets": {"data": {"href": "./scene.tif"}},
}


@pytest.fixture(scope="module")
def bucket(ceph_service: Service) -> str:
    return ceph_service.bucket()


@pytest.fixture(scope="module")
def server(
    ceph_service: Service, bucket: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    traits = {
        "stage_steps": ["cwltool", "toil"],
        "results_url": f"s3://{bucket}/res",
        "s3_endpoint": ceph_service.endpoint,
        "s3_addressing": "path",
        "s3_buckets": {bucket: {}},
        # Not the server's own keys: steps have what jobs are given.
        "job_environment": ceph_service.environment,
    }
    (folder / "jupyter_server_config.json").write_text(json.dumps({"ADES": traits}))
    started = Server(folder, environment=ceph_service.environment)
    started.start()
    deploy_cwl(started, PACKAGE)
    yield started
    started.stop()


@pytest.fixture(scope="module")
def hrefs(ceph_service: Service, bucket: str) -> dict[str, Any]:
    """Inputs of the package, in the bucket."""
    scenes = [ceph_service.put(bucket, f"in/{name}.txt", f"{name}\n".encode()) for name in "ab"]
    ceph_service.put(bucket, "in/scene.tif", b"pixels")
    item = ceph_service.put(bucket, "in/item.json", json.dumps(ITEM).encode(), "application/json")
    return {"scenes": [{"href": each} for each in scenes], "item": {"href": item}}


def run(server: Server, runner: str = "cwltool", **inputs: Any) -> dict[str, Any]:
    job_id = execute(server, "joined", inputs, runner=runner)
    return {**ended(server, job_id, LONG), "log": log_of(server, job_id)}


@BOTH
def test_inputs_and_results_go_between_steps_and_buckets(
    server: Server, ceph_service: Service, bucket: str, hrefs: dict[str, Any], runner: str
) -> None:
    found = run(server, runner, **hrefs)
    assert found["status"] == "successful", found["log"]
    job = found["jobID"]
    names = {key.partition(f"wf-{job}/")[2] for key in ceph_service.keys(bucket, f"res/wf-{job}/")}
    assert {"all.txt", "of-a/a.txt", "of-b/b.txt", "of-a/scene.tif", "catalog.json"} <= names
    assert ceph_service.read(bucket, f"res/wf-{job}/all.txt") == b"a\nb\nend\n"
    assert ceph_service.read(bucket, f"res/wf-{job}/of-b/scene.tif") == b"pixels"
    # The worker moved nothing, and tells all.
    folder = server.folder / "state" / "terradue" / "jobs" / job
    assert not (folder / "inputs").exists()
    assert "staging in 3 of 3" in found["log"]
    text = server.send("GET", f"jobs/{job}/files/wf-{job}/all.txt").text
    assert text == "a\nb\nend\n"
    results = server.send("GET", f"jobs/{job}/results").text
    assert f"s3://{bucket}/res/wf-{job}/catalog.json" in results
    catalog = json.loads(ceph_service.read(bucket, f"res/wf-{job}/catalog.json"))
    assert [link for link in catalog["links"] if link["rel"] == "item"]


@BOTH
def test_what_cannot_be_fetched_is_the_steps_reason(
    server: Server, ceph_service: Service, bucket: str, hrefs: dict[str, Any], runner: str
) -> None:
    missing = {"href": f"s3://{bucket}/in/nothing.txt"}
    found = run(server, runner, **{**hrefs, "scenes": [missing]})
    assert found["status"] == "failed"
    assert "step stage_in failed with exit code 1" in found["message"]
    assert "Input scenes: " in found["message"]
    assert "nothing.txt" in found["message"]
    assert ceph_service.keys(bucket, f"res/wf-{found['jobID']}/") == []


def test_a_file_of_this_machine_is_refused(server: Server, hrefs: dict[str, Any]) -> None:
    Path(server.user_folder, "here.txt").write_text("here")
    found = run(server, **{**hrefs, "scenes": [{"href": "here.txt"}]})
    assert found["status"] == "failed"
    assert "Input scenes: here.txt lies in a folder of this machine" in found["message"]
