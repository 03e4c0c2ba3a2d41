"""Pictures in cells become files: numbered, named, once each, bounded."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from jupyter_ades.jobdir import JobDir
from jupyter_ades.programs import notebook_plots
from jupyter_ades.programs.notebook_plots import Plot, keep_plots, plots
from jupyter_ades.runners.registry import runner
from tests.worker.support import NOTEBOOK


def code(source: str, *bundles: dict[str, object], tags: tuple[str, ...] = ()) -> NotebookNode:
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": list(tags)})
    cell.outputs = [nbformat.v4.new_output("display_data", data=bundle) for bundle in bundles]
    return cell


def text(source: str) -> NotebookNode:
    return nbformat.v4.new_markdown_cell(source)


def b64(data: bytes) -> str:
    return base64.encodebytes(data).decode()


CELLS = [
    text("# Title\n\n## Index ##"),
    code("plot()", {"image/png": b64(b"one"), "text/plain": "<Figure>"}),
    code("# %% NDVI map\nplot()", {"image/png": b64(b"one")}, {"image/jpeg": b64(b"two")}),
    text("no heading"),
    code("x", {"image/svg+xml": ["<svg>", "</svg>"]}, {"image/png": b64(b"three")}),
    code("y", {"text/html": "<b>"}, {"image/png": "???"}, {"image/png": ""}),
]


def test_pictures_are_named_by_their_cells() -> None:
    assert list(plots(CELLS, CELLS)) == [
        Plot(name="cell-2.png", media_type="image/png", title="Index", data=b"one"),
        Plot(name="cell-3.jpg", media_type="image/jpeg", title="NDVI map", data=b"two"),
        Plot(name="cell-5.svg", media_type="image/svg+xml", title="Index", data=b"<svg></svg>"),
        Plot(name="cell-5-2.png", media_type="image/png", title="Index", data=b"three"),
    ]


def test_cells_that_papermill_put_in_do_not_count() -> None:
    banner = nbformat.v4.new_markdown_cell(metadata={"tags": ["papermill-error-cell-tag"]})
    injected = code("a = 1", {"image/png": b64(b"x")}, tags=("injected-parameters",))
    executed = [banner, CELLS[0], injected, *CELLS[1:]]
    assert [each.name for each in plots(CELLS, executed)] == [
        each.name for each in plots(CELLS, CELLS)
    ]


def test_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebook_plots, "LARGEST", 5)
    assert keep_plots(CELLS, CELLS, tmp_path).startswith("1 pictures of the cells are not kept")
    listed = json.loads((tmp_path / "plots.json").read_text())
    assert [each["name"] for each in listed] == ["cell-2.png", "cell-3.jpg", "cell-5-2.png"]
    assert (tmp_path / "plots" / "cell-3.jpg").read_bytes() == b"two"
    monkeypatch.setattr(notebook_plots, "ALL", 6)
    assert keep_plots(CELLS, CELLS, tmp_path).startswith("2 pictures")
    monkeypatch.setattr(notebook_plots, "MOST", 1)
    assert keep_plots(CELLS, CELLS, tmp_path).startswith("3 pictures")


def test_no_pictures_leave_nothing(tmp_path: Path) -> None:
    assert keep_plots(CELLS[:1], CELLS[:1], tmp_path) == ""
    assert list(tmp_path.iterdir()) == []


def test_one_that_was_saved_as_well_is_delivered_once(tmp_path: Path) -> None:
    job = JobDir(tmp_path)
    for folder in (job.outputs, job.work, job.package):
        folder.mkdir()
    keep_plots(CELLS, CELLS, job.outputs)
    (job.work / "map.jpg").write_bytes(b"two")
    (job.work / "other.png").write_bytes(b"eno")
    results = runner("papermill").collect(job, NOTEBOOK)["results"]
    assert [(Path(each["path"]).name, each.get("title")) for each in results] == [
        ("map.jpg", None),
        ("other.png", None),
        ("cell-2.png", "Index"),
        ("cell-5.svg", "Index"),
        ("cell-5-2.png", "Index"),
    ]
