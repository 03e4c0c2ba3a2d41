"""Notebooks become processes, or are refused with the reason and the place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_ades.errors import AdesError, InvalidPackage
from jupyter_ades.packages.notebook_text import title_and_description
from tests.unit.reading import cell, notebook, read_notebook


@pytest.mark.parametrize(
    ("said", "kept"), [(True, True), (False, False), ("yes", None), (None, None)]
)
def test_whether_interrupted_jobs_run_again(said: Any, kept: bool | None, tmp_path: Path) -> None:
    ades = {} if said is None else {"resume": said}
    process = read_notebook(notebook(cell("1"), ades=ades), tmp_path)
    assert process.details.get("resume") is kept


INTRODUCTION = "# Vegetation index\n\nComputes an index\nfrom *two* bands.\n\nMore."


def test_a_notebook(tmp_path: Path) -> None:
    book = notebook(
        cell(INTRODUCTION, kind="markdown"),
        cell("import os"),
        cell("scene: pystac.Item  # what\nred: str = 'B04'", "parameters"),
        ades={"version": "0.1.0", "keywords": ["ndvi", "demo"]},
        authors=[{"name": "Ann"}, "Ben"],
    )
    process = read_notebook(book, tmp_path, name="my index.ipynb")
    assert (process.alias, process.version) == ("vegetation-index", "0.1.0")
    assert process.title == "Vegetation index"
    assert process.description == "Computes an index from two bands."
    assert process.keywords == ("ndvi", "demo")
    assert [(each.id, each.required) for each in process.inputs] == [
        ("scene", True),
        ("red", False),
    ]
    assert [each.id for each in process.outputs] == ["notebook", "results"]
    assert process.outputs[0].schema["contentMediaType"] == "application/x-ipynb+json"
    assert process.outputs[1].schema["type"] == "array"
    assert [each["value"] for each in process.metadata] == [{"name": "Ann"}, {"name": "Ben"}]
    assert (process.kind, process.runner) == ("notebook", "papermill")
    assert process.details == {"kernel": "python3", "language": "python"}
    assert process.entry == "my-index.ipynb"
    assert json.loads((tmp_path / process.entry).read_text()) == book


IDS: list[tuple[dict[str, Any], str, str, str]] = [
    ({"ades": {"id": "My Id"}, "title": "Title"}, "# Heading", "file.ipynb", "my-id"),
    ({"title": "A title!"}, "# Heading", "file.ipynb", "a-title"),
    ({}, "# Héading: one_two", "file.ipynb", "heading-one_two"),
    ({}, "no heading", "My File.ipynb", "my-file"),
    ({}, "# 植生指数", "file.ipynb", "file"),
    ({}, "# " + "long " * 50, "file.ipynb", "-".join(["long"] * 12) + "-long"),
]


@pytest.mark.parametrize(("metadata", "text", "name", "alias"), IDS)
def test_ids(metadata: dict[str, Any], text: str, name: str, alias: str, tmp_path: Path) -> None:
    book = notebook(cell(text, kind="markdown"), **metadata)
    assert read_notebook(book, tmp_path, name=name).alias == alias


def test_a_notebook_without_any_name(tmp_path: Path) -> None:
    process = read_notebook(notebook(), tmp_path)
    assert process.alias.startswith("notebook-")
    assert len(process.alias) == len("notebook-") + 8
    assert (process.entry, process.inputs) == ("notebook.ipynb", ())


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("a.ipynb", "a.ipynb"),
        (".hidden.ipynb", "hidden.ipynb"),
        ("ünïcode ☃.ipynb", "n-code.ipynb"),
        ("x" * 300 + ".ipynb", "x" * 100 + ".ipynb"),
        ("☃.ipynb", "notebook.ipynb"),
    ],
)
def test_the_entry_has_a_safe_name(name: str, entry: str, tmp_path: Path) -> None:
    assert read_notebook(notebook(), tmp_path, name=name).entry == entry


TEXTS = [
    (["# One\n\nText.", "# Two\n\nOther."], ("One", "Text.")),
    (["Before.\n\n# One ##\nText\nof two lines."], ("One", "Text of two lines.")),
    (["One\n===\n\nText."], ("One", "Text.")),
    (["### `code` and [link](http://x) **bold**"], ("code and link bold", "")),
    (["```python\n# no heading\n```\n\n<b>html</b>\n\nText."], ("", "Text.")),
    (["![picture](a.png)\n\n# snake_case_name"], ("snake_case_name", "")),
    ([""], ("", "")),
    ([], ("", "")),
]


@pytest.mark.parametrize(("cells", "expected"), TEXTS)
def test_title_and_description(cells: list[str], expected: tuple[str, str]) -> None:
    assert title_and_description(cells) == expected


def test_older_notebooks_are_read(tmp_path: Path) -> None:
    code = {
        "cell_type": "code",
        "metadata": {"tags": ["parameters"]},
        "input": "x = 1",
        "outputs": [],
        "language": "python",
    }
    book = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": "", "kernelspec": {"name": "python3", "display_name": "P"}},
        "worksheets": [{"cells": [code], "metadata": {}}],
    }
    assert [each.id for each in read_notebook(book, tmp_path).inputs] == ["x"]


def test_cells_without_ids_and_a_byte_order_mark_are_fine(tmp_path: Path) -> None:
    book = {**notebook(cell("x = 1", "parameters")), "nbformat_minor": 5}
    data = b"\xef\xbb\xbf" + json.dumps(book).encode()
    process = read_notebook(data, tmp_path)
    assert [each.id for each in process.inputs] == ["x"]
    json.loads((tmp_path / process.entry).read_text())


def test_only_the_first_tagged_code_cell_counts(tmp_path: Path) -> None:
    book = notebook(
        cell("not = code", "parameters", kind="markdown"),
        cell("a = 1", "other", "parameters"),
        cell("b = 1", "parameters"),
    )
    assert [each.id for each in read_notebook(book, tmp_path).inputs] == ["a"]


def test_an_unread_language_deploys_without_inputs(tmp_path: Path) -> None:
    book = notebook(cell("x = 1", "parameters"), kernel="ir", language_info={"name": "Stan"})
    process = read_notebook(book, tmp_path)
    assert (process.inputs, process.details) == ((), {"kernel": "ir", "language": "stan"})


@pytest.mark.parametrize(
    ("kernel", "kernels", "message"),
    [
        ("conda-env-x", ("python3", "ir"), "kernel 'conda-env-x' is not installed.*: ir, python3"),
        ("python3", (), "installed are: none"),
        (None, ("ir",), "names no kernel, and 'python3' is not installed.*: ir"),
    ],
)
def test_a_kernel_that_is_not_installed(
    kernel: str | None, kernels: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidPackage, match=message):
        read_notebook(notebook(kernel=kernel), tmp_path, kernels=kernels)


def test_a_notebook_that_names_no_kernel_has_the_usual_one(tmp_path: Path) -> None:
    assert read_notebook(notebook(kernel=None), tmp_path).details["kernel"] == "python3"


REFUSED: list[tuple[bytes, str]] = [
    (b'{"nbformat": 4,\n "cells": [}', "not JSON: .*line 2, column 12"),
    (b"", "not JSON"),
    (b"[]", "it has no nbformat"),
    (b'{"cells": []}', "it has no nbformat"),
    (b'{"nbformat": "4"}', "it has no nbformat"),
    (b'{"nbformat": 99, "cells": []}', "nbformat"),
    (b'{"nbformat": 4, "nbformat_minor": 4, "cells": 3, "metadata": {}}', "nbformat|valid"),
    (b'{"nbformat": 4, "nbformat_minor": 4, "cells": [{}], "metadata": {}}', "nbformat|valid"),
    (b'{"nbformat": 4, "nbformat_minor": 4, "cells": [], "metadata": 3}', "nbformat|valid"),
    (b"\xff\xfe", "byte 0 is not UTF-8"),
    (b"[" * 100_000, "nested too deep|not JSON"),
]


@pytest.mark.parametrize(("data", "message"), REFUSED)
def test_refused(data: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidPackage, match=rf"^a\.ipynb: .*({message})"):
        read_notebook(data, tmp_path, name="a.ipynb")


def test_a_syntax_error_names_the_cell(tmp_path: Path) -> None:
    book = notebook(cell("# T", kind="markdown"), cell("x = 1\ny = (", "parameters"))
    with pytest.raises(InvalidPackage, match="cell 2, line 2") as caught:
        read_notebook(book, tmp_path)
    assert [each.path for each in caught.value.problems] == ["cell 2, line 2"]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
PLACES = st.sampled_from(["cells", "metadata", "nbformat", "nbformat_minor"])
KEYS = st.sampled_from(["kernelspec", "ades", "title", "authors", "language_info"])


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(PLACES, JUNK, max_size=1), st.dictionaries(KEYS, JUNK, max_size=3))
def test_no_notebook_makes_it_stumble(
    tmp_path_factory: pytest.TempPathFactory, top: dict[str, Any], metadata: dict[str, Any]
) -> None:
    book = {**notebook(**metadata), **top}
    try:
        read_notebook(book, tmp_path_factory.mktemp("fuzz"))
    except AdesError as error:
        assert error.detail  # noqa: PT017


def test_declared_outputs_stand_beside_those_that_every_notebook_has(tmp_path: Path) -> None:
    declared = {
        "mean": "number",
        "map": {"type": "File", "mediaType": "image/tiff", "title": "The map"},
        "note": {"type": "string", "optional": True, "description": "What was odd."},
        "counts": {"schema": {"type": "array", "items": {"type": "integer"}}},
    }
    book = notebook(cell("x = 1"), ades={"outputs": declared})
    outputs = {each.id: each for each in read_notebook(book, tmp_path).outputs}
    assert list(outputs) == ["notebook", "results", "mean", "map", "note", "counts"]
    assert outputs["mean"].schema == {"type": "number"}
    assert outputs["map"].schema["contentMediaType"] == "image/tiff"
    assert (outputs["map"].title, outputs["note"].description) == ("The map", "What was odd.")
    assert outputs["note"].schema == {"type": ["string", "null"]}
    assert outputs["counts"].schema["items"] == {"type": "integer"}


@pytest.mark.parametrize(
    ("declared", "path", "said"),
    [
        ([], "metadata.ades.outputs", "an object of output ids"),
        ({"results": "File"}, "metadata.ades.outputs.results", "take another"),
        ({"a b": "File"}, "metadata.ades.outputs.a b", "letters, digits"),
        ({"a": "float"}, "metadata.ades.outputs.a", "its type is one of string, number"),
        ({"a": 1}, "metadata.ades.outputs.a", "a type, or an object"),
        ({"a": {"kind": "File"}}, "metadata.ades.outputs.a", "a type, or an object"),
        ({"a": {"schema": {"type": "float"}}}, "metadata.ades.outputs.a", "no JSON Schema"),
    ],
)
def test_declarations_that_cannot_be_understood(
    tmp_path: Path, declared: Any, path: str, said: str
) -> None:
    with pytest.raises(InvalidPackage, match=said) as caught:
        read_notebook(notebook(cell("x = 1"), ades={"outputs": declared}), tmp_path)
    assert [each.path for each in caught.value.problems] == [path]


@pytest.mark.parametrize(
    ("said", "sync"), [({}, False), ({"sync": True}, True), ({"sync": 1}, False)]
)
def test_a_notebook_may_be_run_while_its_client_waits(
    tmp_path: Path, said: dict[str, Any], sync: bool
) -> None:
    assert read_notebook(notebook(cell("x = 1"), ades=said), tmp_path).sync is sync


def test_secret_inputs(tmp_path: Path) -> None:
    book = notebook(cell("key: str\nn: int = 1", "parameters"), ades={"secrets": ["key"]})
    schemas = {each.id: each.schema for each in read_notebook(book, tmp_path).inputs}
    assert schemas["key"]["writeOnly"] is True
    assert "writeOnly" not in schemas["n"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [("key", "a list of input ids is expected"), (["kee"], "there is no input 'kee'; the inputs")],
)
def test_secrets_that_are_none(said: Any, reason: str, tmp_path: Path) -> None:
    book = notebook(cell("key: str", "parameters"), ades={"secrets": said})
    with pytest.raises(InvalidPackage, match=reason) as refused:
        read_notebook(book, tmp_path)
    assert refused.value.problems[0].path == "metadata.ades.secrets"
