"""From what people give to what is sent: values, names, signatures, YAML, variables."""

from __future__ import annotations

import inspect
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pystac
import pytest
from IPython.core.error import UsageError

from jupyter_ades.client.errors import InvalidInputs
from jupyter_ades.client.expansion import Expansion
from jupyter_ades.client.given import read_document, read_pairs
from jupyter_ades.client.magic_lines import Line, read_line
from jupyter_ades.client.records import Parameter, ProcessRecord
from jupyter_ades.client.signature import by_id, docstring, shown, signature_of
from jupyter_ades.client.values import check_names, to_json

REFERENCE = {"oneOf": [{"type": "string"}, {"type": "object"}], "x-stage-in": "file"}
PROCESS = ProcessRecord(
    id="p-1",
    title="Process",
    description="What it does.",
    inputs=(
        Parameter(id="size", schema={"type": "integer", "default": 3}, description="how large"),
        Parameter(id="item", schema=REFERENCE, required=True),
        Parameter(id="index", schema={"enum": ["ndvi", "nbr"], "default": "ndvi"}),
        Parameter(id="names", schema={"type": "array", "items": {"type": "string"}}, many=True),
        Parameter(id="max-cloud", schema={"type": ["number", "null"]}),
        Parameter(id="class", schema={"type": "boolean"}),
    ),
)


def test_the_signature_is_the_description() -> None:
    signature = signature_of(PROCESS)
    assert [
        (name, each.default, shown(each.annotation)) for name, each in signature.parameters.items()
    ] == [
        ("item", inspect.Parameter.empty, "Path | str"),
        ("size", 3, "int"),
        ("index", "ndvi", "Literal['ndvi', 'nbr']"),
        ("names", None, "list[str]"),
        ("max_cloud", None, "float | None"),
        ("class_", None, "bool"),
    ]


def test_the_docstring_tells_of_every_input() -> None:
    text = docstring(PROCESS)
    assert text.startswith("Process\n\nWhat it does.")
    assert "size : int, default 3\n    how large" in text
    assert "item : Path | str\n" in text


def test_arguments_become_ids() -> None:
    assert by_id(PROCESS, {"max_cloud": 1, "class_": True, "size": 2, "no": 0}) == {
        "max-cloud": 1,
        "class": True,
        "size": 2,
        "no": 0,
    }


def test_a_wrong_name_gets_a_suggestion_and_what_is_missing() -> None:
    with pytest.raises(InvalidInputs) as refusal:
        check_names(PROCESS, {"sise": 1})
    assert [(each.path, each.detail) for each in refusal.value.problems] == [
        ("inputs.sise", "p-1 has no such input; did you mean 'size'?"),
        ("inputs.item", "is required."),
    ]
    check_names(PROCESS, {"item": "x"})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Path("/home/ann/scene/a.tif"), {"href": "scene/a.tif"}),
        (Path("/data/a.tif"), {"href": "/data/a.tif"}),
        (datetime(2026, 1, 2, tzinfo=timezone.utc), "2026-01-02T00:00:00+00:00"),  # noqa: UP017
        (date(2026, 1, 2), "2026-01-02"),
        ((1, 2), [1, 2]),
        ({"b", "a"}, ["a", "b"]),
        (np.float64(0.5), 0.5),
        (np.array([[1, 2]]), [[1, 2]]),
        ({"deep": [Path("/data/x")]}, {"deep": [{"href": "/data/x"}]}),
        (None, None),
        (True, True),
    ],
)
def test_values_become_json(value: Any, expected: Any) -> None:
    assert to_json(value, root_dir=Path("/home/ann")) == expected


def test_a_stac_item_is_sent_by_its_address_or_whole() -> None:
    item = pystac.Item("i", None, None, datetime(2026, 1, 2), {})
    assert to_json(item)["id"] == "i"
    item.set_self_href("https://host/i.json")
    assert to_json(item) == {"href": "https://host/i.json"}


def test_what_cannot_be_sent_is_named_by_its_place() -> None:
    with pytest.raises(InvalidInputs, match=r"inputs\.a\[1\]: a object cannot be sent"):
        to_json({"a": [1, object()]})


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        (["size=4"], {"size": 4}),
        (["index=nbr"], {"index": "nbr"}),
        (["item=https://h/i.json?a=b"], {"item": "https://h/i.json?a=b"}),
        (['item={"href": "x"}'], {"item": {"href": "x"}}),
        (["names=1", "names=two"], {"names": ["1", "two"]}),
        (["names=[a, b]"], {"names": ["a", "b"]}),
        (["class=true"], {"class": True}),
        (["max-cloud=null"], {"max-cloud": None}),
        (["unknown=2026-01-02"], {"unknown": "2026-01-02"}),
    ],
)
def test_pairs_are_read_as_the_input_takes_them(pairs: list[str], expected: Any) -> None:
    assert read_pairs(pairs, PROCESS) == expected


def test_a_pair_without_an_equals_sign_is_refused() -> None:
    with pytest.raises(InvalidInputs, match="name=value"):
        read_pairs(["size"], PROCESS)


def test_documents_of_inputs() -> None:
    assert read_document("a: 1\nb: [x, no]\n") == {"a": 1, "b": ["x", "no"]}
    assert read_document('{"inputs": {"a": 1}}') == {"a": 1}
    assert read_document("inputs: {a: 1}\nother: 2") == {"inputs": {"a": 1}, "other": 2}
    assert read_document("# nothing\n") == {}
    with pytest.raises(InvalidInputs, match="line 2"):
        read_document("a: 1\nb: ]\n")
    with pytest.raises(InvalidInputs, match="no YAML mapping"):
        read_document("- a\n")


NAMES: dict[str, Any] = {"ref": Path("/x"), "n": 2, "who": "ann", "items": [1, 2]}


def expansion() -> Expansion:
    def evaluate(code: str) -> Any:
        return eval(code, {}, NAMES)

    return Expansion(evaluate)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: $ref", {"a": Path("/x")}),
        ("a: {n + 1}", {"a": 3}),
        ("a: {items}", {"a": [1, 2]}),
        ("a: for $who and {n}", {"a": "for ann and 2"}),
        ("a: 'for $who'", {"a": "for ann"}),
        ("a: [$n, 5]", {"a": [2, 5]}),
        ("a: {href: $who}", {"a": {"href": "ann"}}),
        ('a: {"href": "x", "n": {"m": 1}}', {"a": {"href": "x", "n": {"m": 1}}}),
        ("a: $$who", {"a": "$who"}),
        ("a: '{{n}}'", {"a": "{n}"}),
        ("a: US$", {"a": "US$"}),
        ("# $nobody\na: 1", {"a": 1}),
        ("a: {}", {"a": {}}),
        ("a: {str(n).zfill(3)}", {"a": "002"}),
        ("a: 'ndvi:(/ (- B08 B04) (+ B08 B04))'", {"a": "ndvi:(/ (- B08 B04) (+ B08 B04))"}),
    ],
)
def test_variables_and_expressions_in_yaml(text: str, expected: Any) -> None:
    found = expansion()
    assert found.resolve(read_document(found.mark(text))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Line(name="overview")),
        ("execute p a=$ref b='x y' c={n * 2} --wait",
         Line(name="execute", words=["p"], pairs=[("a", Path("/x")), ("b", "x y"), ("c", 4)],
              options={"wait": True})),
        ("jobs --status running,failed --limit=3",
         Line(name="jobs", options={"status": "running,failed", "limit": "3"})),
        ("connect http://h?a=b --token $who",
         Line(name="connect", words=["http://h?a=b"], options={"token": "ann"})),
        ("deploy 'my app.cwl#main' --replace",
         Line(name="deploy", words=["my app.cwl#main"], options={"replace": True})),
    ],
)  # fmt: skip
def test_a_magic_line_is_read(text: str, expected: Line) -> None:
    assert read_line(text, expansion()) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("exekute p", "did you mean 'execute'"),
        ("describe", "write: %ades describe PROCESS"),
        ("describe a b", "write: %ades describe PROCESS"),
        ("jobs --stat x", r"\[--status STATUS\]"),
        ("status j --wait=1", r"write: %ades status JOB \[--wait\]"),
        ("execute 'p", "quotation"),
    ],
)
def test_a_wrong_magic_line_says_how_it_is_written(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read_line(text, expansion())
