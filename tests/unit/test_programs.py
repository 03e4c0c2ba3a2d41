"""What the programs do to data: parameters, cell numbers, outputs, progress lines."""

from __future__ import annotations

import io
import json
import math
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell
from papermill.parameterize import parameterize_notebook
from papermill.translators import papermill_translators

from jupyter_ades.programs.cwl_outputs import keep_apart
from jupyter_ades.programs.cwl_progress import Node, Part, Place, Progress, part_of
from jupyter_ades.programs.notebook_engine import cell_numbers, line_of
from jupyter_ades.programs.notebook_parameters import (
    StagedItem,
    StagedPath,
    Translator,
    parameters,
    register,
)
from jupyter_ades.programs.speaker import Speaker
from jupyter_ades.runners.base import Step
from jupyter_ades.runners.registry import names
from jupyter_ades.runners.steps import how_it_ended, read_step_line, step_line

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=8,
)


def test_the_runners_are_installed() -> None:
    assert {"cwltool", "papermill"} <= set(names())


# parameters


@given(VALUES)
def test_every_value_reads_back_from_the_injected_cell(value: Any) -> None:
    namespace: dict[str, Any] = {}
    exec(Translator.codify({"x": value}), namespace)
    assert _same(namespace["x"], value)


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float) and math.isnan(right):
        return math.isnan(left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[k], right[k]) for k in left)
    return type(left) is type(right) and bool(left == right)


def test_staged_values_are_paths_and_items_to_python_and_texts_to_others() -> None:
    staged = {"$staged": "file", "path": '/a "b"/\u00e4.tif', "href": "x"}
    given_ = parameters(
        {"p": staged, "many": [staged], "inner": {"k": staged}, "plain": {"path": 1}}
    )
    namespace: dict[str, Any] = {}
    exec(Translator.codify(given_), namespace)
    assert namespace["p"].suffix == ".tif"
    assert namespace["p"].parent.name == 'a "b"'
    assert namespace["many"][0] == namespace["inner"]["k"] == namespace["p"]
    assert namespace["plain"] == {"path": 1}
    item = parameters({"i": {"$staged": "stac-item", "path": "/x.json"}})
    source = Translator.codify(item)
    assert source.splitlines() == [
        "import pystac",
        "# Parameters",
        'i = pystac.Item.from_file("/x.json")',
    ]
    assert json.loads(json.dumps({**given_, **item}))["p"] == '/a "b"/\u00e4.tif'
    r = papermill_translators.find_translator("ir", "R")
    assert r.translate(StagedPath("/x")) == r.translate(StagedItem("/x")) == '"/x"'


def test_only_pythons_own_kernel_gets_our_translator() -> None:
    register("conda-env-x", "python")
    assert papermill_translators.find_translator("conda-env-x", "python") is Translator
    register("ir", "R")
    assert papermill_translators.find_translator("ir", "R") is not Translator


# cells


def _book(*tags: str) -> nbformat.NotebookNode:
    kernel = {"name": "python3", "display_name": "x", "language": "python"}
    book = nbformat.v4.new_notebook(metadata={"kernelspec": kernel})
    book.metadata.papermill = {}
    # As papermill reads a notebook.
    book.cells = [new_markdown_cell("#", metadata={"tags": []})]
    for tag in tags:
        book.cells.append(new_code_cell(tag, metadata={"tags": [tag] if tag else []}))
    return book


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (("",), [None, 1, 2]),
        (("parameters", "", ""), [1, 2, None, 3, 4]),
        (("", "parameters"), [1, 2, 3, None]),
        (("parameters", "injected-parameters", ""), [1, 2, 3, 4]),
        (("papermill-error-cell-tag", "parameters", ""), [1, 3, None, 4]),
    ],
)
def test_cells_keep_the_numbers_of_the_deployed_notebook(
    tags: tuple[str, ...], expected: list[int | None]
) -> None:
    deployed = _book(*tags)
    running = parameterize_notebook(_book(*tags), {"a": 1})
    cells = [
        c for c in running.cells if "papermill-error-cell-tag" not in c.metadata.get("tags", [])
    ]
    assert cell_numbers(deployed.cells, cells) == expected
    if "papermill-error-cell-tag" not in tags:
        assert cell_numbers(deployed.cells, deployed.cells) == [
            n + 1 for n in range(len(deployed.cells))
        ]


@pytest.mark.parametrize(
    ("source", "traceback", "expected"),
    [
        ("a\nb\nc", "Cell In[3], line 2\n----> 2 b\nCell In[1], line 9, in f()", 2),
        ("a\nb\nc", "Cell In[1], line 1, in g()\nCell In[3], line 3", 3),
        ("\n \na\nb", "Cell In[3], line 2", 4),
        ("a\nb", "<ipython-input-3-abc> in <module>\n      1 a\n----> 2 b\n", 2),
        ("a\nb", "Input In [3], in <cell line: 2>()\n      1 a\n----> 2 b\n", 2),
        ("a", "Cell In[3], line 7", None),
        ("a", "Error in eval: no line", None),
        ("", "----> 1 x", None),
    ],
)
def test_the_failing_line_is_that_of_the_cell(
    source: str, traceback: str, expected: int | None
) -> None:
    cell = new_code_cell(source, execution_count=3)
    assert line_of(cell, traceback.splitlines()) == expected


# progress


def test_lines_of_our_own_begin_at_a_lines_beginning() -> None:
    stream = io.StringIO()
    speaker = Speaker(stream)
    speaker.write("no end")
    speaker.step(1, 2, "x")
    speaker.write("whole\n")
    speaker.write("")
    speaker.line("y")
    first, second, *rest = stream.getvalue().splitlines()
    assert (first, rest) == ("no end", ["whole", "y"])
    assert read_step_line(second) == Step(done=1, total=2, label="x")


@given(st.integers(0, 9), st.integers(1, 9), st.text())
def test_a_step_reads_back_from_its_line(done: int, more: int, label: str) -> None:
    line = step_line(done, done + more, label)
    assert "\n" not in line
    assert read_step_line(line) == Step(done=done, total=done + more, label=label)


@pytest.mark.parametrize(
    "line", ["", "x", "::ades-step", "::ades-step {", "::ades-step []", step_line(2, 1, "x")]
)
def test_other_lines_are_no_steps(line: str) -> None:
    assert read_step_line(line) is None


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (1, "failed with exit code 1"),
        (-9, "was killed by signal 9 (out of memory?)"),
        (137, "failed with exit code 137: killed by signal 9 (out of memory?)"),
        (-15, "was ended by signal 15"),
    ],
)
def test_exit_codes_are_said_in_words(code: int, words: str) -> None:
    assert how_it_ended(code) == words


def test_parts_are_counted_up_and_down_the_tree() -> None:
    root = Node(None, 2)
    nested = Node(root, 1)
    nested.expect(3)
    assert root.expected == 4
    nested.finish()
    nested.close()
    assert (nested.done, root.done, root.expected) == (3, 3, 4)
    root.finish(2)
    assert (root.done, root.expected) == (5, 5)


def test_what_runs_is_told_and_the_end() -> None:
    stream = io.StringIO()
    progress = Progress(Speaker(stream), Node(None, 2))
    one, two = Part("a", "one"), Part("b")
    progress.start(one)
    progress.start(two)
    progress.end(one, progress.root, well=True)
    progress.end(two, progress.root, well=True)
    steps = [read_step_line(line) for line in stream.getvalue().splitlines()]
    told = [(step.done, step.label) for step in steps if step]
    assert told == [(0, "one"), (0, "b"), (1, "b"), (2, "b")]
    assert (one.title, two.title) == ("a (one)", "b")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("ndvi:(B08 - B04)", "ndvi"),
        ("ndvi", "ndvi"),
        ("https://x/y", ""),
        ("two words", ""),
        (5, "5"),
        ({"class": "File", "basename": "a.tif"}, "a.tif"),
        ({"class": "File"}, ""),
        (None, ""),
        ([1], ""),
    ],
)
def test_a_part_is_named_by_what_tells_it_from_others(value: Any, expected: str) -> None:
    place = Place(node=Node(None, 1), per_part=1, scattered=("x",))
    assert part_of("step", place, {"x": value, "y": "other"}).part == expected


# outputs


def test_outputs_of_one_name_are_kept_apart() -> None:
    def entry(kind: str, name: str, place: str, **more: Any) -> dict[str, Any]:
        return {"class": kind, "basename": name, "location": place, **more}

    second = {"class": "File", "basename": "a.tif.aux.xml", "location": "f"}
    outputs = {
        "many": [
            entry("Directory", "results", "a", listing=[entry("File", "x", "g")]),
            entry("Directory", "Results", "b"),
            entry("Directory", "results", "a"),
            None,
        ],
        "files": [
            entry("File", "a.tif", "c"),
            entry("File", "a.tif", "d", secondaryFiles=[second]),
            entry("File", "results", "e"),
        ],
        "literal": 5,
    }
    keep_apart(outputs)
    assert [each["basename"] for each in outputs["many"] if each] == [  # type: ignore[attr-defined]
        "results",
        "Results_2",
        "results",
    ]
    assert [each["basename"] for each in outputs["files"]] == [  # type: ignore[attr-defined]
        "a.tif",
        "a_2.tif",
        "results_3",
    ]
    assert second["basename"] == "a_2.tif.aux.xml"
