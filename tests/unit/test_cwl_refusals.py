"""CWL documents that are no good are refused, by their own line, and do no harm."""

from __future__ import annotations

import json
import re
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_ades.errors import AdesError, InvalidPackage
from tests.unit.reading import GRAPH, graph, read_cwl, tool, workflow

# refused

CYCLE = """cwlVersion: v1.2
class: Workflow
id: a
inputs: []
outputs: []
steps:
  one: {run: {class: ExpressionTool, inputs: {x: int}, outputs: {y: int}, expression: $(1)},
        in: {x: two/y}, out: [y]}
  two: {run: {class: ExpressionTool, inputs: {x: int}, outputs: {y: int}, expression: $(1)},
        in: {x: one/y}, out: [y]}
requirements: {InlineJavascriptRequirement: {}}
"""
REFUSED = [
    ("a: [1, 2\nb: 3\n", r"not YAML.*line 2, column 2"),
    ("a: 1\na: 2\n", r"app\.cwl:2:1: .*duplicate key"),
    ("just text", r"not CWL: it is a text"),
    ("- 1\n- 2\n", r"not CWL: it is a list"),
    ("", "it is empty"),
    ("# nothing\n", "it is empty"),
    ("hello: world\n", r"has no class"),
    ("cwlVersion: v1.2\nclass: Operation\ninputs: []\noutputs: []\n", "it has Operation"),
    ("cwlVersion: v1.2\n$graph: []\n", "has no class"),
    ("cwlVersion: v1.2\n$graph: 3\n", "has no class"),
    ("class: CommandLineTool\ninputs: []\noutputs: []\n", "No cwlVersion found"),
    (tool("draft-2"), r"Supported versions are"),
    (tool(inputs="{a: strin}"), r"app\.cwl:4:\d+: .*references unknown identifier 'strin'"),
    (tool(inputs="{a: {type: int, inputBinding: {position: {}}}}"), r"app\.cwl:4:"),
    (tool(inputs="3"), r"app\.cwl"),
    (tool(more="run: !!python/object/apply:os.system [ls]\n"), r"!!python.*line 6, column 6"),
    (tool(more="x: !mine 3\n"), r"tag !mine is not allowed"),
    (tool(more="x: &a [*a]\n"), r"alias \*a stands for nothing"),
    ("[" * 101 + "]" * 101, "nested more than 100 deep"),
    (graph(workflow("a", "a")), "runs itself"),
    (CYCLE, r"circular dependency:.*#a/(one|two)"),
    ("\x07", "not YAML"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidPackage) as caught:
        read_cwl(text, tmp_path)
    detail = caught.value.detail
    assert re.search(message, detail, re.DOTALL), detail
    assert "\x1b" not in detail
    assert "file://" not in detail
    assert str(tmp_path) not in detail


def test_mistakes_have_their_lines(tmp_path: Path) -> None:
    text = GRAPH.replace("type: 'Directory[]', outputSource", "type: File, outputSource")
    with pytest.raises(InvalidPackage, match=r"(?s)app\.cwl:\d+:\d+: .*incompatible"):
        read_cwl(text, tmp_path)
    with pytest.raises(InvalidPackage) as caught:
        read_cwl(tool(inputs="\n  a: string\n  b: strin\n"), tmp_path)
    assert [each.path for each in caught.value.problems] == ["app.cwl:6:3"]


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    with pytest.raises(InvalidPackage, match="byte 12 is not UTF-8"):
        read_cwl(b"cwlVersion: \xff", tmp_path)


def test_a_bomb_of_aliases_is_refused_at_once(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    began = time.monotonic()
    with pytest.raises(InvalidPackage, match="stands for more than"):
        read_cwl("\n".join(lines), tmp_path)
    assert time.monotonic() - began < 2


def test_anchors_are_fine(tmp_path: Path) -> None:
    text = tool(inputs="\n  a: {type: string, doc: &d some text}\n  b: {type: int, doc: *d}\n")
    found = read_cwl(text, tmp_path).inputs
    assert [each.description for each in found] == ["some text", "some text"]


def test_json_with_characters_beyond_the_first_plane(tmp_path: Path) -> None:
    document = {
        "cwlVersion": "v1.2",
        "class": "CommandLineTool",
        "label": "🛰",
        "inputs": [],
        "outputs": [],
    }
    process = read_cwl(json.dumps(document), tmp_path)
    assert (process.title, process.media_type) == ("🛰", "application/cwl+json")
    assert "🛰" in (tmp_path / "app.cwl").read_text()


# fuzz

WORDS = (
    "id class type items fields symbols name inputs outputs steps run in out scatter doc label "
    "requirements hints default $graph $import cwlVersion location secondaryFiles format"
)
KEYS = st.sampled_from(WORDS.split())
SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab#/:$?[]", max_size=4)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4)
)
CLASSES = st.sampled_from(["Workflow", "CommandLineTool", "ExpressionTool", "File"])


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=6), CLASSES)
def test_no_document_makes_it_stumble(
    tmp_path_factory: pytest.TempPathFactory, document: dict[str, object], kind: str
) -> None:
    document = {"inputs": [], "outputs": [], **document, "cwlVersion": "v1.2", "class": kind}
    with suppress(AdesError):
        read_cwl(json.dumps(document), tmp_path_factory.mktemp("fuzz"))
