"""Deploy, replace, undeploy (OGC 20-044): application packages, CWL, docker; in both dialects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance.conftest import Api, check, problem

CWL = {
    "cwlVersion": "v1.2",
    "$graph": [
        {
            "class": "Workflow",
            "id": "main",
            "inputs": {"word": "string"},
            "outputs": {"out": {"type": "File", "outputSource": "say/out"}},
            "steps": {"say": {"run": "#say", "in": {"word": "word"}, "out": ["out"]}},
        },
        {
            "class": "CommandLineTool",
            "id": "say",
            "baseCommand": "echo",
            "inputs": {"word": {"type": "string", "inputBinding": {}}},
            "outputs": {"out": "stdout"},
            "stdout": "out.txt",
        },
    ],
}
PACKAGE = {"executionUnit": {"value": CWL, "mediaType": "application/cwl+json"}}
APPPKG = {"Content-Type": "application/ogcapppkg+json"}
IMAGE = {
    "processDescription": {
        "process": {
            "id": "image",
            "version": "1.0",
            "inputs": {"n": {"schema": {"type": "integer"}, "minOccurs": 1}},
            "outputs": {"m": {"schema": {"type": "number"}}},
        }
    },
    "executionUnit": {"type": "docker", "image": "example/image:1"},
}


@pytest.fixture
def clean(api: Api) -> Iterator[Api]:
    yield api
    for each in api.get("/processes")["processes"]:
        if each["mutable"] and each["id"] != "small-0_1_0":
            api.send("DELETE", f"/processes/{each['id']}")


def test_deploy_describe_execute_replace_undeploy(clean: Api) -> None:
    api = clean
    answer = api.send("POST", "/processes", data=json.dumps(PACKAGE), headers=APPPKG)
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{api.base}/processes/main"
    check(answer.json(), "part1-1.0/processSummary")
    assert answer.json()["mutable"] is True
    document = api.get("/processes/main")
    assert document["inputs"]["word"]["schema"] == {"type": "string"}
    assert json.loads(api.send("GET", "/processes/main/package").content) == CWL

    job_id = api.done({"word": "hello"}, process="main")
    answer = api.send("GET", f"/jobs/{job_id}/results")
    if api.dialect == "ogc-api":
        assert (answer.text, answer.headers["Content-Type"]) == ("hello\n", "text/plain")
        kept = api.get(f"/jobs/{job_id}/results", headers={"Accept": "application/json"})
        assert api.send("GET", kept["href"]).text == "hello\n"

    changed: Any = json.loads(json.dumps(PACKAGE))
    changed["executionUnit"]["value"]["$graph"][0]["label"] = "Another"
    answer = api.send("PUT", "/processes/main", data=json.dumps(changed), headers=APPPKG)
    assert answer.status_code == 204
    assert api.get("/processes/main")["title"] == "Another"
    assert api.send("DELETE", "/processes/main").status_code == 204
    problem(api.send("GET", "/processes/main"), 404, "no-such-process")
    assert api.get(f"/jobs/{job_id}")["status"] == "successful"


def test_a_value_of_a_file_inside_a_document(ogc: Api) -> None:
    ogc.send("POST", "/processes", json=PACKAGE)
    try:
        outputs = {"out": {"transmissionMode": "value"}}
        job_id = ogc.done({"word": "in"}, process="main", response="document", outputs=outputs)
        document = ogc.get(f"/jobs/{job_id}/results")
        assert document == {"out": {"value": "in\n", "mediaType": "text/plain"}}
        assert ogc.send("GET", f"/jobs/{job_id}/results/out").text == "in\n"
    finally:
        ogc.send("DELETE", "/processes/main")


def test_refusals_of_a_deploy(clean: Api) -> None:
    api = clean
    api.send("POST", "/processes", json=PACKAGE)
    problem(api.send("POST", "/processes", json=PACKAGE), 409, "duplicated-process")
    problem(api.send("POST", "/processes?w=nix", json=PACKAGE), 400, "workflow-not-found")
    text = {"Content-Type": "text/html"}
    for method, path in (("POST", "/processes"), ("PUT", "/processes/main")):
        answer = api.send(method, path, data=b"<p>", headers=text)
        problem(answer, 415, "unsupported-media-type")


def test_what_comes_with_the_service_cannot_be_changed(api: Api) -> None:
    problem(api.send("DELETE", "/processes/echo"), 403, "immutable-process")
    problem(api.send("PUT", "/processes/echo", json=PACKAGE), 403, "immutable-process")
    named = {**PACKAGE, "processDescription": {"process": {"id": "echo"}}}
    problem(api.send("POST", "/processes", json=named), 409, "duplicated-process")
    assert api.send("GET", "/processes/echo/package").text.startswith('"""The process')


def test_a_container_image_is_described_and_refused_when_executed(clean: Api) -> None:
    api = clean
    answer = api.send("POST", "/processes", data=json.dumps(IMAGE), headers=APPPKG)
    assert answer.status_code == 201, answer.text
    document = api.get("/processes/image")
    assert document["inputs"]["n"]["schema"] == {"type": "integer"}
    refused = api.send("POST", f"/processes/{document['id']}/execution", json={"inputs": {"n": 1}})
    assert "DockerRequirement" in problem(refused, 503)


def test_a_deploy_that_offers_synchronous_execution_gets_it(clean: Api) -> None:
    if clean.dialect == "wps3":
        pytest.skip("wps3 is always asynchronous")
    description = {"id": "at-once", "jobControlOptions": ["sync-execute", "async-execute"]}
    body = {**PACKAGE, "processDescription": {"process": description}}
    answer = clean.send("POST", "/processes", data=json.dumps(body), headers=APPPKG)
    assert answer.status_code == 201, answer.text
    offered = clean.get("/processes/at-once")["jobControlOptions"]
    assert offered == ["sync-execute", "async-execute", "dismiss"]
    inputs = {"inputs": {"word": "now"}, "response": "raw"}
    answer = clean.send("POST", "/processes/at-once/execution", json=inputs)
    assert (answer.status_code, answer.text) == (200, "now\n")
    description["jobControlOptions"] = ["at-once"]
    answer = clean.send("POST", "/processes", data=json.dumps(body), headers=APPPKG)
    assert answer.status_code == 400
    assert "jobControlOptions must be a list of sync-execute" in answer.json()["detail"]
