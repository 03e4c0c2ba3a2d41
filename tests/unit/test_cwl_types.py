"""Every CWL type as JSON Schema, in every version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from jupyter_ades.core.inputs import coerce
from jupyter_ades.model import REFERENCE, Input
from jupyter_ades.packages.cwl_types import TypeReader, short
from jupyter_ades.packages.schemas import HREF, INLINE_STAC, LINK, any_value
from tests.unit.reading import read_cwl, tool

VERSIONS = ("v1.0", "v1.1", "v1.2")
INT = {"type": "integer", "minimum": -2147483648, "maximum": 2147483647}
LONG = {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}
STRING = {"type": "string"}
NUMBER = {"type": "number"}
FILE = {"oneOf": [HREF, LINK], "x-stage-in": "file"}
DIRECTORY = {"oneOf": [HREF, LINK, INLINE_STAC], "x-stage-in": "directory"}
NULL = {"type": "null"}


def only_input(version: str, declared: str, folder: Path) -> Input:
    (found,) = read_cwl(tool(version, f"{{x: {declared}}}"), folder).inputs
    return found


# what is declared; schema; how it is spelled; whether a request must name it
TYPES: list[tuple[str, dict[str, Any], str, bool]] = [
    ("boolean", {"type": "boolean"}, "boolean", True),
    ("int", INT, "int", True),
    ("long", LONG, "long", True),
    ("float", NUMBER, "float", True),
    ("double", NUMBER, "double", True),
    ("string", STRING, "string", True),
    ("File", FILE, "File", True),
    ("Directory", DIRECTORY, "Directory", True),
    ("Any", any_value(), "Any", True),
    ("string?", {"type": ["string", "null"]}, "string?", False),
    ("File?", {"anyOf": [FILE, NULL]}, "File?", False),
    ("Directory?", {"anyOf": [DIRECTORY, NULL]}, "Directory?", False),
    ("'string[]'", {"type": "array", "items": STRING}, "string[]", True),
    ("'Directory[]'", {"type": "array", "items": DIRECTORY}, "Directory[]", True),
    ("'int[]?'", {"type": ["array", "null"], "items": INT}, "int[]?", False),
    (
        "{type: {type: array, items: {type: array, items: double}}}",
        {"type": "array", "items": {"type": "array", "items": NUMBER}},
        "double[][]",
        True,
    ),
    (
        "{type: {type: array, items: ['null', string]}}",
        {"type": "array", "items": {"type": ["string", "null"]}},
        "(string?)[]",
        True,
    ),
    (
        "{type: {type: enum, symbols: [red, nir]}}",
        {"type": "string", "enum": ["red", "nir"]},
        "enum[red, nir]",
        True,
    ),
    (
        "{type: ['null', {type: enum, symbols: [red, nir]}]}",
        {"type": ["string", "null"], "enum": ["red", "nir", None]},
        "enum[red, nir]?",
        False,
    ),
    ("{type: [int, string]}", {"oneOf": [INT, STRING]}, "int | string", True),
    ("{type: [int, double]}", {"anyOf": [INT, NUMBER]}, "int | double", True),
    ("{type: [File, string]}", {"anyOf": [FILE, STRING]}, "File | string", True),
    (
        "{type: ['null', int, string]}",
        {"anyOf": [{"oneOf": [INT, STRING]}, NULL]},
        "null | int | string",
        False,
    ),
    (
        "{type: {type: record, fields: {a: int, b: 'string?'}}}",
        {
            "type": "object",
            "properties": {"a": INT, "b": {"type": ["string", "null"]}},
            "required": ["a"],
        },
        "record[a: int, b: string?]",
        True,
    ),
    (
        "{type: {type: array, items: {type: array, items: int}}}",
        {"type": "array", "items": {"type": "array", "items": INT}},
        "int[][]",
        True,
    ),
    (
        "{type: ['null', {type: enum, symbols: [a]}], default: a}",
        {"type": ["string", "null"], "enum": ["a", None], "default": "a"},
        "enum[a]?",
        False,
    ),
    (
        "{type: {type: record, fields: {f: File?, n: {type: int, doc: Many., label: N}}}}",
        {
            "type": "object",
            "properties": {
                "f": {"anyOf": [FILE, NULL]},
                "n": {**INT, "title": "N", "description": "Many."},
            },
            "required": ["n"],
        },
        "record[f: File?, n: int]",
        True,
    ),
    (
        "{type: [{type: array, items: File}, File, 'null']}",
        {"anyOf": [{"oneOf": [{"type": "array", "items": FILE}, FILE]}, NULL]},
        "null | File[] | File",
        False,
    ),
    ("{type: string, default: B02}", {**STRING, "default": "B02"}, "string", False),
    ("{type: string, default: ''}", {**STRING, "default": ""}, "string", False),
    ("{type: int, default: 0}", {**INT, "default": 0}, "int", False),
    ("{type: boolean, default: false}", {"type": "boolean", "default": False}, "boolean", False),
    (
        "{type: 'string[]', default: [B02, B03]}",
        {"type": "array", "items": STRING, "default": ["B02", "B03"]},
        "string[]",
        False,
    ),
    ("{type: float, default: 1.50}", {**NUMBER, "default": 1.5}, "float", False),
    ("{type: string, default: null}", STRING, "string", True),
    (
        "{type: File, default: {class: File, basename: a, contents: b}}",
        FILE,
        "File",
        False,
    ),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("declared", "schema", "spelled", "required"), TYPES)
def test_inputs(
    version: str,
    declared: str,
    schema: dict[str, Any],
    spelled: str,
    required: bool,
    tmp_path: Path,
) -> None:
    found = only_input(version, declared, tmp_path)
    assert (found.schema, found.package_type, found.required) == (schema, spelled, required)
    Draft202012Validator.check_schema(found.schema)


@pytest.mark.parametrize("version", VERSIONS)
def test_outputs(version: str, tmp_path: Path) -> None:
    outputs = (
        "{a: {type: File, outputBinding: {glob: a}, label: A, doc: [one, two]},"
        " b: {type: 'Directory[]', outputBinding: {glob: b}},"
        " c: stdout, d: 'float?', e: 'File?'}"
    )
    process = read_cwl(tool(version, outputs=outputs), tmp_path)
    found = {each.id: (each.schema, each.package_type) for each in process.outputs}
    assert found == {
        "a": (LINK, "File"),
        "b": ({"type": "array", "items": LINK}, "Directory[]"),
        "c": (LINK, "File"),
        "d": ({"type": ["number", "null"]}, "float?"),
        "e": ({**LINK, "type": ["object", "null"]}, "File?"),
    }
    assert (process.outputs[0].title, process.outputs[0].description) == ("A", "one\ntwo")


NAMED = """requirements:
  SchemaDefRequirement:
    types:
    - {name: Band, type: enum, symbols: [red, nir]}
    - name: Stage
      type: record
      fields:
      - {name: href, type: string, label: Address, doc: an href}
      - {name: bands, type: {type: array, items: Band}}
"""


@pytest.mark.parametrize("version", VERSIONS)
def test_named_types(version: str, tmp_path: Path) -> None:
    inputs = "{s: Stage, b: {type: ['null', Band]}, l: {type: {type: array, items: Stage}}}"
    process = read_cwl(tool(version, inputs, more=NAMED), tmp_path)
    band = {"type": "string", "enum": ["red", "nir"]}
    stage = {
        "type": "object",
        "title": "Stage",
        "properties": {
            "href": {"type": "string", "title": "Address", "description": "an href"},
            "bands": {"type": "array", "items": band},
        },
        "required": ["href", "bands"],
    }
    found = {each.id: (each.schema, each.package_type) for each in process.inputs}
    assert found == {
        "s": (stage, "Stage"),
        "b": ({"type": ["string", "null"], "enum": ["red", "nir", None]}, "Band?"),
        "l": ({"type": "array", "items": stage}, "Stage[]"),
    }


SHARED = [
    ("string_format.yaml#DateTime", "value", "date-time"),
    ("string_format.yaml/URI", "value", "uri"),
    ("ogc.yaml#BBox", None, "ogc-bbox"),
    ("geojson.yaml#Feature", None, "geojson-feature"),
    ("geojson.yaml#Polygon", None, "geojson-geometry"),
    ("mine.yaml#URI", "value", None),
    ("string_format.yaml#Unknown", "value", None),
]


@pytest.mark.parametrize(("name", "inner", "expected"), SHARED)
def test_shared_types_keep_their_meaning(
    name: str, inner: str | None, expected: str | None
) -> None:
    name = f"https://raw.githubusercontent.com/eoap/schemas/main/{name}"
    fields = [{"name": f"{name}/value", "type": "string"}]
    record = {"type": "record", "name": name, "fields": fields}
    schema = TypeReader(named={name: record}).schema(name)
    place = schema["properties"][inner] if inner else schema
    assert place.get("format") == expected


def test_a_type_that_holds_itself_ends() -> None:
    fields = [{"name": "t/next", "type": ["null", "t"]}]
    types = TypeReader(named={"t": {"type": "record", "name": "t", "fields": fields}})
    schema = types.schema("t")
    assert schema["properties"]["next"]["anyOf"] == [any_value(), NULL]
    assert types.schema("unheard-of") == any_value()


def test_identifiers_are_shortened() -> None:
    assert short("file:///app.cwl#snuggs/bands") == "bands"
    assert short("#main") == "main"


COERCED = [
    ("'string[]'", "x", ["x"]),
    ("'string[]?'", None, None),
    ("'string[]?'", "x", ["x"]),
    ("string?", ["x"], "x"),
    ("Directory?", "a", {REFERENCE: "directory", "href": "a"}),
    ("Directory?", None, None),
    ("'File[]'", {"href": "a"}, [{REFERENCE: "file", "href": "a"}]),
    ("{type: [int, string]}", "5", "5"),
    ("{type: [File, string]}", "a", "a"),
    (
        "{type: {type: record, fields: {f: File, n: int}}}",
        {"f": "a", "n": 1},
        {"f": {REFERENCE: "file", "href": "a"}, "n": 1},
    ),
]


@pytest.mark.parametrize(("declared", "value", "expected"), COERCED)
def test_the_schemas_are_what_the_input_check_understands(
    declared: str, value: Any, expected: Any, tmp_path: Path
) -> None:
    assert coerce(value, only_input("v1.2", declared, tmp_path).schema) == expected
