"""Inputs are checked all at once, each problem with its path, and coerced where that is plain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_ades.core.coercion import coerce
from jupyter_ades.core.inputs import check
from jupyter_ades.errors import InvalidInputs
from jupyter_ades.model import REFERENCE, STAGE_IN, FetchPolicy, Input, Process

STRINGS = {"type": "array", "items": {"type": "string"}}
REFERENCES = {
    "oneOf": [{"type": "string", "format": "uri-reference"}, {"type": "object"}],
    STAGE_IN: "directory",
}
OPTIONAL_REFERENCE = {"oneOf": [REFERENCES, {"type": "null"}]}
NULLABLE = {"type": ["integer", "null"]}
UNION = {"oneOf": [{"type": "integer"}, STRINGS]}
RECORD = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "scene": REFERENCES},
    "required": ["name"],
}


@pytest.fixture
def policy(tmp_path: Path) -> FetchPolicy:
    return FetchPolicy(user_folder=str(tmp_path))


def marked(href: str, **more: str) -> dict[str, str]:
    return {REFERENCE: "directory", "href": href, **more}


@pytest.mark.parametrize(
    ("value", "schema", "expected"),
    [
        ("a", STRINGS, ["a"]),
        (["a", "b"], STRINGS, ["a", "b"]),
        (["a"], {"type": "string"}, "a"),
        (["a", "b"], {"type": "string"}, ["a", "b"]),
        ([3], NULLABLE, 3),
        (None, NULLABLE, None),
        (None, {"type": ["array", "null"]}, None),
        (3, UNION, 3),
        ("a", UNION, ["a"]),
        ([1], {}, [1]),
        ("https://h/i", REFERENCES, marked("https://h/i")),
        (["https://h/i"], REFERENCES, marked("https://h/i")),
        (
            {"href": "a/b", "type": "application/json"},
            REFERENCES,
            marked("a/b", type="application/json"),
        ),
        (
            {"class": "Directory", "path": "a/b"},
            REFERENCES,
            marked("a/b", **{"class": "Directory"}),
        ),
        (
            {"class": "Directory", "location": "a/b", "basename": "c"},
            REFERENCES,
            marked("a/b", basename="c", **{"class": "Directory"}),
        ),
        ({"value": {"href": "a"}}, REFERENCES, marked("a")),
        ({"type": "Feature"}, REFERENCES, {REFERENCE: "directory", "value": {"type": "Feature"}}),
        (None, OPTIONAL_REFERENCE, None),
        ("a", OPTIONAL_REFERENCE, marked("a")),
        ("a", {"type": "array", "items": REFERENCES}, [marked("a")]),
        ({"name": "n", "scene": "a"}, RECORD, {"name": "n", "scene": marked("a")}),
    ],
)
def test_values_take_the_shape_of_their_schema(value: Any, schema: Any, expected: Any) -> None:
    assert coerce(value, schema) == expected


def process(*inputs: Input) -> Process:
    return Process(id="p", inputs=inputs)


def problems(process: Process, values: dict[str, Any], policy: FetchPolicy) -> dict[str, str]:
    with pytest.raises(InvalidInputs) as raised:
        check(process, values, policy)
    return {each.path: each.detail for each in raised.value.problems}


def test_all_problems_come_at_once(policy: FetchPolicy) -> None:
    target = process(
        Input(id="bands", schema=STRINGS, package_type="string[]"),
        Input(id="count", schema={"type": "integer", "minimum": 1}, package_type="int"),
        Input(id="scene", schema=REFERENCES, package_type="Directory"),
        Input(id="needed", schema={"type": "string"}, package_type="string"),
        Input(id="kind", schema={"enum": ["a", "b"]}),
    )
    values = {"bands": ["a", 3], "count": "x", "scene": 7, "bandz": 1, "kind": "c"}
    found = problems(target, values, policy)
    assert set(found) == {
        "inputs.bandz",
        "inputs.needed",
        "inputs.bands[1]",
        "inputs.count",
        "inputs.scene",
        "inputs.kind",
    }
    assert "did you mean 'bands'" in found["inputs.bandz"]
    assert found["inputs.needed"] == "is required (string)."
    assert found["inputs.bands[1]"] == "3 is not of type 'string'; expected string[]."
    assert "not a reference" in found["inputs.scene"]
    assert "one of ['a', 'b']" in found["inputs.kind"]


def test_a_default_or_an_optional_input_may_be_left_out(policy: FetchPolicy) -> None:
    target = process(Input(id="a", schema=NULLABLE, required=False))
    assert check(target, {}, policy) == {}
    assert check(target, {"a": None}, policy) == {"a": None}


@pytest.mark.parametrize(
    "href", ["http://127.0.0.1/x", "http://localhost/x", "file:///etc/passwd", "../../etc/passwd"]
)
def test_references_that_may_not_be_read_are_refused(policy: FetchPolicy, href: str) -> None:
    target = process(Input(id="many", schema={"type": "array", "items": REFERENCES}))
    found = problems(target, {"many": ["https://example.org/x", href]}, policy)
    assert list(found) == ["inputs.many[1]"]


def test_long_values_are_not_repeated_whole(policy: FetchPolicy) -> None:
    target = process(Input(id="a", schema={"type": "integer"}))
    found = problems(target, {"a": "x" * 100_000, "y" * 100_000: 1}, policy)
    assert max(len(path) + len(detail) for path, detail in found.items()) < 1000


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
schemas = st.sampled_from([STRINGS, NULLABLE, UNION, RECORD, REFERENCES, OPTIONAL_REFERENCE, {}])


@given(value=json_values, schema=schemas)
def test_any_value_is_checked_or_refused(value: Any, schema: Any) -> None:
    target = process(Input(id="a", schema=schema))
    try:
        checked = check(target, {"a": value}, FetchPolicy(user_folder="/nowhere"))
    except InvalidInputs as error:
        found = error.problems
    else:
        found = ()
        assert coerce(checked["a"], schema) == checked["a"]
    assert all(each.path.startswith("inputs.a") for each in found)
