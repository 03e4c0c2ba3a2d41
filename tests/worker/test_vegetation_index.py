"""The vegetation-index notebook, run by papermill in a real kernel."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

import nbformat
import numpy as np
import papermill
import pytest
import rasterio
from matplotlib.image import imread
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tests.scene import VEGETATION_INDEX, check_cog, check_pixels, expect_index, make_scene

PAIRS = {"ndvi": ("B08", "B04"), "nbr": ("B08", "B12"), "ndwi": ("B03", "B08")}


@dataclass(frozen=True, kw_only=True)
class Run:
    """What came of one run of the notebook."""

    index: str
    scene: Path
    folder: Path
    notebook: NotebookNode

    @property
    def cog(self) -> Path:
        return self.folder / f"{self.scene.stem}-{self.index}.tif"

    def printed(self) -> str:
        outputs = (one for cell in self.notebook.cells for one in cell.get("outputs", []))
        return "".join(one.get("text", "") for one in outputs)


@pytest.fixture(scope="module", params=PAIRS)
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    scene = make_scene(tmp_path_factory.mktemp("scene"))
    folder = tmp_path_factory.mktemp("work")
    notebook = give(scene, request.param)
    nbformat.write(notebook, folder.parent / "given.ipynb")
    executed = papermill.execute_notebook(
        str(folder.parent / "given.ipynb"), None, cwd=str(folder), progress_bar=False
    )
    return Run(index=request.param, scene=scene, folder=folder, notebook=executed)


def give(scene: Path, index: str) -> NotebookNode:
    """The notebook with a cell behind its parameters that gives them values, as a runner does."""
    notebook = nbformat.read(VEGETATION_INDEX, as_version=4)
    (place,) = (
        number
        for number, cell in enumerate(notebook.cells)
        if "parameters" in cell.metadata.get("tags", [])
    )
    values = f"item = pystac.Item.from_file({str(scene)!r})\nindex = {index!r}"
    notebook.cells.insert(place + 1, new_code_cell(values))
    return notebook


def test_pixels_equal_numpy(done: Run) -> None:
    check_cog(done.cog, side=480)
    check_pixels(done.cog, expect_index(done.scene.parent, *PAIRS[done.index]))


def test_the_mean_is_printed(done: Run) -> None:
    mean = np.nanmean(expect_index(done.scene.parent, *PAIRS[done.index]))
    assert f"mean {done.index.upper()}: {mean:.4f} over 96.9 % of the pixels" in done.printed()


def test_the_plot_is_a_file_and_is_shown(done: Run) -> None:
    shown = [
        output.data["image/png"]
        for cell in done.notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    plot = done.cog.with_suffix(".png")
    assert [base64.b64decode(one) for one in shown] == [plot.read_bytes()]
    assert imread(plot).std() > 0.05, "a plot has more than one colour"


def test_the_job_leaves_two_files(done: Run) -> None:
    assert {path.suffix for path in done.folder.iterdir()} == {".tif", ".png"}


def test_the_cog_tells_when_the_scene_was_taken(done: Run) -> None:
    with rasterio.open(done.cog) as dataset:
        assert dataset.tags()["TIFFTAG_DATETIME"] == "2024:06:20 10:10:31"


def test_the_notebook_is_kept_clean() -> None:
    notebook = nbformat.read(VEGETATION_INDEX, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.metadata.ades == {"id": "vegetation-index", "version": "0.1.0"}
    assert len(code) >= 5
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
