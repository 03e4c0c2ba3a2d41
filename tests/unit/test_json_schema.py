"""Schemas that others wrote fetch nothing, and no value makes them take long."""

from __future__ import annotations

import json
import time
import urllib.request
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from jupyter_ades import json_schema
from jupyter_ades.core.inputs import check
from jupyter_ades.errors import InvalidInputs, InvalidPackage
from jupyter_ades.json_schema import UnusableSchema, check_schema, errors_of, is_valid
from jupyter_ades.model import JSON, FetchPolicy, Input, Process
from jupyter_ades.packages.base import Package
from jupyter_ades.packages.docker import MEDIA_TYPE, DockerReader
from jupyter_ades.packages.notebook_outputs import read_outputs

POLICY = FetchPolicy(user_folder="/nowhere")
#: Two to the power of its length in steps for an engine that tracks back: some for ever.
LONG = "a" * 60 + "!"
NAUGHTY = "^(a+)+$"


@pytest.fixture(autouse=True)
def no_web(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked for by the library that stock validators ask with."""
    asked: list[str] = []

    def urlopen(request: Any, *_: Any, **__: Any) -> Any:
        asked.append(request.full_url)
        raise OSError("nothing is to be fetched")

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    return asked


def checked(schema: JSON, value: JSON) -> JSON:
    process = Process(id="p", inputs=(Input(id="a", schema=schema),))
    return check(process, {"a": value}, POLICY)["a"]


def docker(schema: JSON, folder: Path) -> Process:
    described = {"inputs": {"a": {"schema": schema}}}
    data = json.dumps({"image": "x/y", "process": described}).encode()
    return DockerReader().read(Package(data=data, media_type=MEDIA_TYPE), folder, POLICY, ())


REMOTE = [
    "http://127.0.0.1:9/s.json",
    "file:///etc/hostname",
    "other.json",
    "//h/s",
    "https://h/#a",
]


@pytest.mark.parametrize("word", ["$ref", "$dynamicRef"])
@pytest.mark.parametrize("target", REMOTE)
def test_a_schema_elsewhere_is_refused_at_deploy(word: str, target: str, tmp_path: Path) -> None:
    schema = {"type": "array", "items": {"anyOf": [{}, {word: target}]}}
    with pytest.raises(InvalidPackage) as refused:
        docker(schema, tmp_path)
    path = f"/items/anyOf/1/{word}: '{target}' is not in the schema"
    assert path in refused.value.detail
    assert refused.value.problems[0].path == "processDescription.inputs.a.schema"


def test_an_output_of_a_notebook_has_no_schema_elsewhere() -> None:
    with pytest.raises(InvalidPackage, match="'http://h/s' is not in the schema") as refused:
        read_outputs({"mean": {"schema": {"$ref": "http://h/s"}}}, "")
    assert refused.value.problems[0].path == "metadata.ades.outputs.mean"


@pytest.mark.parametrize("target", REMOTE)
def test_a_schema_elsewhere_of_an_old_process_is_not_fetched(
    target: str, no_web: list[str]
) -> None:
    with pytest.raises(InvalidInputs, match="is not in the schema"):
        checked({"oneOf": [{"$ref": target}, {"type": "null"}]}, "v")
    assert no_web == []


def test_a_base_address_makes_no_reference_remote(no_web: list[str]) -> None:
    with pytest.raises(UnusableSchema, match="which it has not"):
        is_valid({"$id": "http://127.0.0.1:9/a", "$ref": "#nowhere"}, 1)
    assert no_web == []


def test_references_within_a_schema_are_followed() -> None:
    schema = {"$ref": "#/$defs/count", "$defs": {"count": {"type": "integer"}}}
    assert is_valid(schema, 3)
    assert not is_valid(schema, "three")


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "pattern": NAUGHTY}, LONG),
        ({"propertyNames": {"pattern": NAUGHTY}}, {LONG: 1}),
        ({"patternProperties": {NAUGHTY: {}}, "additionalProperties": False}, {LONG: 1}),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "pattern": NAUGHTY}, LONG),
        (
            {"allOf": [{"$schema": Draft202012Validator.META_SCHEMA["$id"], "pattern": NAUGHTY}]},
            LONG,
        ),
    ],
)
def test_a_pattern_that_tracks_back_takes_no_time(schema: JSON, value: JSON) -> None:
    before = time.process_time()
    with pytest.raises(InvalidInputs):
        checked(schema, value)
    assert time.process_time() - before < 1


@pytest.mark.parametrize("pattern", ["^(?!x)", r"(a)\1", "(", "a{1001}{1001}"])
def test_a_pattern_that_cannot_be_matched_in_linear_time_is_refused(
    pattern: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidPackage, match=r"processDescription\.inputs\.a\.schema"):
        docker({"patternProperties": {"x": {"pattern": pattern}}}, tmp_path)
    with pytest.raises(InvalidInputs, match="pattern"):
        checked({"type": "string", "pattern": pattern}, "x")


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("^[a-z]+$", "abc", True),
        ("^[a-z]+$", "ab1", False),
        (r"^\u00e9\\u0041$", "é\\u0041", True),
        (r"^\p{Lu}", "Éa", True),
        ("b", "\ud800b", True),
        ("^T[0-9]{2}[A-Z]{3}$", "T32TPS", True),
    ],
)
def test_patterns_mean_what_json_schema_says(pattern: str, text: str, fits: bool) -> None:
    assert is_valid({"pattern": pattern}, text) is fits


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"anyOf": [{"$ref": "#"}]},
        {
            "$ref": "#/$defs/0",
            "$defs": {
                str(n): {"allOf": [{"$ref": f"#/$defs/{n + 1}"}] * 2} if n < 40 else {}
                for n in range(41)
            },
        },
    ],
)
def test_a_schema_that_never_ends_is_given_up(schema: JSON) -> None:
    with pytest.raises(InvalidInputs, match="refer"):
        checked(schema, 1)


@pytest.mark.parametrize("schema", [{"type": "nonsense"}, {"properties": 3}])
def test_what_is_no_schema_is_refused_at_deploy(schema: JSON, tmp_path: Path) -> None:
    with pytest.raises(InvalidPackage, match="it is no JSON Schema"):
        docker(schema, tmp_path)


def test_patterns_beside_unevaluated_properties_are_refused() -> None:
    with pytest.raises(UnusableSchema, match="not checked together"):
        check_schema({"allOf": [{"patternProperties": {"a": {}}}], "unevaluatedProperties": False})


NAMES = st.text("ab1", max_size=3)


@given(
    properties=st.lists(NAMES, max_size=2),
    patterns=st.lists(st.sampled_from(["^a", "b", "1$", "^$"]), max_size=2, unique=True),
    additional=st.sampled_from([True, False, {"type": "integer"}]),
    value=st.dictionaries(NAMES, st.sampled_from([1, "x", None]), max_size=4),
)
def test_objects_are_checked_as_stock_validators_do(
    properties: list[str], patterns: list[str], additional: JSON, value: dict[str, JSON]
) -> None:
    schema = {
        "properties": {name: {"type": "string"} for name in properties},
        "patternProperties": {pattern: {"type": "integer"} for pattern in patterns},
        "additionalProperties": additional,
    }

    def told(errors: Any) -> list[tuple[list[Any], str]]:
        return sorted((list(each.absolute_path), str(each.validator)) for each in errors)

    stock = Draft202012Validator(schema).iter_errors(value)
    assert told(errors_of(schema, value)) == told(stock)


def test_a_schema_is_made_ready_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    usable = json_schema._usable

    def noted(schema: Any) -> Any:
        made.append(schema)
        return usable(schema)

    monkeypatch.setattr(json_schema, "_usable", noted)
    schema = {"type": "string", "title": "made ready once"}
    assert [is_valid(schema, value) for value in ("a", 1, "b")] == [True, False, True]
    assert made == [schema]


def test_a_schema_with_what_json_has_not_is_used_all_the_same() -> None:
    assert [is_valid({"enum": [date(2026, 5, 1)]}, value) for value in (date(2026, 5, 1), 1)] == [
        True,
        False,
    ]
