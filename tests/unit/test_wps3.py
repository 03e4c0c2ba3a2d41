"""The wps3 dialect: every body that its clients send, every shape that they read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jupyter_ades.api.bodies import read_json
from jupyter_ades.api.dialect import Links
from jupyter_ades.api.replies import Delivered
from jupyter_ades.api.wps3 import Wps3
from jupyter_ades.errors import InvalidRequest, UnsupportedMediaType
from jupyter_ades.model import (
    REFERENCE,
    ExecuteRequest,
    Input,
    Job,
    JobStatus,
    Process,
    plain_inputs,
)
from jupyter_ades.orders import Results

WPS3 = Wps3()
FILES = Delivered(find=Path)
LINKS = Links(root="/base/terradue/wps3", origin="https://hub.example")
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
PROCESS = Process(
    id="snuggs-0_3_0",
    version="0.3.0",
    inputs=(
        Input(id="bands", schema={"type": "array", "items": {"type": "string"}}),
        Input(id="count", schema={"type": "integer"}),
        Input(id="ratio", schema={"type": "number"}, required=False),
        Input(id="flag", schema={"type": "boolean"}),
        Input(id="options", schema={"type": "object"}),
    ),
)


def job(**changes: Any) -> Job:
    values = {
        "id": "j1",
        "process_id": PROCESS.id,
        "process": PROCESS,
        "request": ExecuteRequest(),
        "created": NOON,
        "updated": NOON,
        **changes,
    }
    return Job(**values)


def entry(name: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"id": name, "input": {"dataType": {"name": "string"}, "value": value, **more}}


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"bands": ["a"], "count": 3}, {"bands": ["a"], "count": 3}),
        ({"count": {"value": 3, "mediaType": "text/plain"}}, {"count": 3}),
        ({"bands": [{"value": "a"}, "b"]}, {"bands": ["a", "b"]}),
        ({"options": {"value": 1}}, {"options": {"value": 1}}),
        ({"bands": {"href": "https://x/y"}}, {"bands": {"href": "https://x/y"}}),
        ([entry("bands", "a"), entry("bands", "b")], {"bands": ["a", "b"]}),
        ([entry("bands", "a")], {"bands": "a"}),
        ([entry("count", "12")], {"count": 12}),
        ([entry("ratio", "0.5"), entry("flag", "True")], {"ratio": 0.5, "flag": True}),
        ([entry("count", "twelve")], {"count": "twelve"}),
        ([entry("bands", {"href": "https://x"})], {"bands": {"href": "https://x"}}),
        ([entry("bands", {"inlineValue": "a"})], {"bands": "a"}),
        ([{"id": "bands", "value": "12"}], {"bands": "12"}),
        ([{"id": "bands", "href": "https://x"}], {"bands": {"id": "bands", "href": "https://x"}}),
        (None, {}),
    ],
)
def test_inputs_are_read_in_every_form(inputs: Any, expected: dict[str, Any]) -> None:
    assert WPS3.read_execute({"inputs": inputs}, PROCESS).inputs == expected


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([], "an array"),
        (None, "null"),
        ("text", "a string"),
        ({"inputs": "text"}, "inputs: an object"),
        ({"inputs": [{"value": 1}, 7]}, "inputs[1]"),
        ({"response": "rawest"}, "response"),
    ],
)
def test_other_bodies_are_refused_in_words(body: Any, words: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        WPS3.read_execute(body, PROCESS)
    assert words in raised.value.detail


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"  ", b"{", b'{"a": NaN}', b"\xff\xfe", b'{"a": 1} x'),
        *(b'{"a": 1, "a": 2}', b'{"a": {"b": 1, "b": 1}}'),
        *(b"[" * 66 + b"]" * 66, b"[" * 100_000),
    ],
)
def test_what_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        read_json(body)


def test_the_three_shapes_of_results() -> None:
    results = Results(catalog="wf-j1/catalog.json")
    uri = "https://hub.example/base/terradue/wps3/jobs/j1/files/wf-j1/catalog.json"
    done = {"status": JobStatus.SUCCESSFUL, "finished": NOON}
    shape_a = WPS3.results_document(job(**done), results, LINKS, FILES)
    assert shape_a["outputs"][0]["id"] == "wf_outputs"
    assert shape_a["outputs"][0]["time"] == "2026-05-01T12:00:00.000000Z"
    assert json.loads(shape_a["outputs"][0]["value"]["inlineValue"]) == {"StacCatalogUri": uri}
    shape_b = WPS3.results_document(
        job(request=ExecuteRequest(response="document")), results, LINKS, FILES
    )
    assert shape_b == {"wf_outputs": {"value": {"StacCatalogUri": uri}}}
    shape_c = WPS3.results_document(
        job(request=ExecuteRequest(response="raw")), results, LINKS, FILES
    )
    assert shape_c == {"StacCatalogUri": uri}


def test_a_status_has_the_keys_of_the_seed_and_path_absolute_links() -> None:
    status = WPS3.status(job(status=JobStatus.SUCCESSFUL, progress=100, message="Done"), LINKS)
    expected = {"progress": 100, "jobID": "j1", "status": "successful", "message": "Done"}
    assert {key: status[key] for key in expected} == expected
    by_rel = {link["rel"]: link["href"] for link in status["links"]}
    assert by_rel["status"] == "/base/terradue/wps3/jobs/j1"
    assert by_rel["collection"] == "/base/terradue/wps3/jobs/j1/files/"
    assert by_rel["catalog"].endswith("/jobs/j1/files/wf-j1/catalog.json")
    assert by_rel["http://www.opengis.net/def/rel/ogc/1.0/results"].endswith("/jobs/j1/results")
    running = WPS3.status(job(status=JobStatus.RUNNING), LINKS)
    assert "catalog" not in {link["rel"] for link in running["links"]}


CWL = {"cwlVersion": "v1.2", "class": "Workflow"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"executionUnit": {"href": "https://h/app.cwl#snuggs", "type": "application/cwl"}},
            {"href": "https://h/app.cwl", "workflow": "snuggs", "media_type": "application/cwl"},
        ),
        (
            {"executionUnit": {"value": CWL, "mediaType": "application/cwl+json"}},
            {"media_type": "application/cwl+json"},
        ),
        ({"executionUnit": [{"href": "apps/a.ipynb"}]}, {"href": "apps/a.ipynb"}),
        (
            {
                "inputs": [
                    {
                        "id": "applicationPackage",
                        "input": {
                            "format": {"mimeType": "application/cwl"},
                            "value": {"href": "https://h/app.cwl"},
                        },
                    }
                ]
            },
            {"href": "https://h/app.cwl", "media_type": "application/cwl"},
        ),
        (CWL, {"media_type": "application/cwl+json"}),
        ({"nbformat": 4, "cells": []}, {"media_type": "application/x-ipynb+json"}),
        (
            {"processDescription": {"process": {"id": "x"}}, "executionUnit": {"href": "a.cwl"}},
            {"href": "a.cwl", "description": {"id": "x"}},
        ),
    ],
)
def test_deploy_bodies(body: dict[str, Any], expected: dict[str, Any]) -> None:
    read = WPS3.read_deploy("application/json", json.dumps(body).encode())
    assert {name: getattr(read, name) for name in expected} == expected
    if "nbformat" in body or body is CWL or "value" in body.get("executionUnit", {}):
        assert json.loads(read.body or b"") == body.get("executionUnit", {}).get("value", body)


def test_a_package_as_body_is_kept_as_it_is() -> None:
    read = WPS3.read_deploy("application/cwl+yaml", b"cwlVersion: v1.2\n")
    assert (read.body, read.href) == (b"cwlVersion: v1.2\n", None)


@pytest.mark.parametrize(
    "body", [{}, {"executionUnit": "x"}, {"executionUnit": {"type": 3}}, {"executionUnit": {}}]
)
def test_a_deploy_that_names_no_package_is_refused(body: Any) -> None:
    with pytest.raises(InvalidRequest, match="executionUnit"):
        WPS3.read_deploy("application/json", json.dumps(body).encode())


def test_an_unknown_media_type_is_refused() -> None:
    with pytest.raises(UnsupportedMediaType, match="image/png"):
        WPS3.read_deploy("image/png", b"")


def test_checked_inputs_can_be_sent_again() -> None:
    checked = {
        "item": {REFERENCE: "directory", "href": "https://h/i", "type": "application/json"},
        "many": [{REFERENCE: "file", "value": {"type": "Feature"}}, 3],
    }
    assert plain_inputs(checked) == {
        "item": {"href": "https://h/i", "type": "application/json"},
        "many": [{"type": "Feature"}, 3],
    }
