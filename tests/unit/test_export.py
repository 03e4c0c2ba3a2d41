"""Notebooks as CWL: types, defaults, and files that stand in the package. Pure."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from jupyter_ades.model import Input, Output, Process
from jupyter_ades.packages.export import as_json, as_yaml, cwl_type, export
from jupyter_ades.packages.schemas import file_link, nullable, reference

FILES = {"type": "array", "items": file_link()}


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string"}, "string"),
        ({"type": "integer"}, "long"),
        ({"type": "number"}, "double"),
        ({"type": "boolean"}, "boolean"),
        ({"type": "object"}, "Any"),
        ({}, "Any"),
        ({"type": ["string", "null"]}, ["string", "null"]),
        ({"type": "string", "enum": ["a", "b"]}, {"type": "enum", "symbols": ["a", "b"]}),
        ({"type": "string", "enum": ["a b"]}, "string"),
        ({"type": "array", "items": {"type": "number"}}, {"type": "array", "items": "double"}),
        ({"type": "array"}, {"type": "array", "items": "Any"}),
        (reference("file"), "File"),
        (reference("directory"), "Directory"),
        (reference("stac-item"), "Directory"),
        (nullable(reference("file")), ["File", "null"]),
        ({"oneOf": [{"type": "integer"}, {"type": "string"}]}, ["long", "string"]),
    ],
)
def test_types(schema: Any, kind: Any) -> None:
    assert cwl_type(schema) == kind


@pytest.fixture
def document(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "data").mkdir()
    (tmp_path / "a.ipynb").write_text('{"text": "$(inputs.x)"}')
    (tmp_path / "data" / "b.bin").write_bytes(b"\0\xff")
    process = Process(
        id="small-0_1_0",
        alias="small",
        version="0.1.0",
        title="Small",
        kind="notebook",
        entry="a.ipynb",
        inputs=(
            Input(id="n", schema={"type": "integer", "default": 3}, required=False),
            Input(id="scene", schema=reference("stac-item"), description="A scene"),
            Input(id="extra", schema=reference("file"), required=False),
            Input(id="many", schema={"type": "array", "items": reference("file")}),
        ),
        outputs=(
            Output(id="notebook", schema=file_link("application/x-ipynb+json")),
            Output(id="results", schema=FILES),
            Output(id="folder", schema=file_link("inode/directory")),
            Output(id="mean", schema=nullable({"type": "number"})),
        ),
    )
    return export(process, tmp_path, image="example.org/notebooks:1")


def test_the_workflow_is_main_and_typed(document: dict[str, Any]) -> None:
    main, tool = document["$graph"]
    assert (main["class"], main["id"], document["ades:id"]) == ("Workflow", "main", "small")
    assert main["inputs"]["n"] == {"label": "n", "doc": "n", "default": 3, "type": "long"}
    assert main["inputs"]["scene"] == {"label": "scene", "doc": "A scene", "type": "Directory"}
    assert main["inputs"]["extra"]["type"] == ["null", "File"]
    assert {name: each["type"] for name, each in main["outputs"].items()} == {
        "notebook": "File",
        "results": {"type": "array", "items": "File"},
        "folder": "Directory",
        "mean": ["double", "null"],
    }
    assert tool["requirements"]["DockerRequirement"] == {"dockerPull": "example.org/notebooks:1"}


def test_each_file_is_named_to_the_tool(document: dict[str, Any]) -> None:
    inputs = document["$graph"][1]["inputs"]
    binding = {"prefix": "--path:extra"}
    assert inputs["extra"] == {"type": ["null", "File"], "inputBinding": binding}
    items = {"prefix": "--path:many"}
    assert inputs["many"] == {"type": {"type": "array", "items": "File", "inputBinding": items}}
    assert inputs["n"] == {"type": "long"}


def test_the_package_holds_the_notebook_and_its_files(document: dict[str, Any]) -> None:
    inputs = document["$graph"][1]["inputs"]
    assert inputs["ades-notebook"]["default"]["contents"] == '{"text": "$(inputs.x)"}'
    held = json.loads(inputs["ades-process"]["default"]["contents"])
    assert held["process"]["entry"] == "a.ipynb"
    assert {name: base64.b64decode(text) for name, text in held["files"].items()} == {
        "data/b.bin": b"\0\xff"
    }


def test_both_forms_say_the_same(document: dict[str, Any]) -> None:
    assert json.loads(as_json(document)) == document
    assert YAML(typ="safe", pure=True).load(as_yaml(document)) == document
