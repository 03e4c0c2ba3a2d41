"""``jupyter_ades.Panel`` in a real JupyterLab: filled, submitted and looked at in the browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import nbformat
import numpy
import pytest
from matplotlib.image import imread

from tests.restart.server import Server
from tests.scene import VEGETATION_INDEX, make_scene
from tests.ui.pages import Watched

CELL = "from jupyter_ades import Panel\n\npanel = Panel()\npanel"
MAP = "from jupyter_ades.client.panel.map import Map\n\narea = Map(editable=True)\narea"
TOLD = "print(area.bbox)"
#: What stands beside a cell that has run.
ANSWERED = ".jp-InputArea-prompt:has-text('[1]:')"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("panel"), app="jupyterlab")
    shutil.copytree(
        make_scene(tmp_path_factory.mktemp("made")).parent, started.user_folder / "scene"
    )
    shutil.copy(VEGETATION_INDEX, started.user_folder)
    for name, cells in (("panel.ipynb", [CELL]), ("map.ipynb", [MAP, TOLD])):
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(book, started.user_folder / name)
    started.start()
    deployed = started.send(
        "POST", "processes", json={"executionUnit": {"href": "vegetation-index.ipynb"}}
    )
    assert deployed.status_code == 201, deployed.text
    yield started
    started.stop()


@pytest.fixture
def opened(server: Server, browser: Any, request: pytest.FixtureRequest) -> Iterator[Watched]:
    """A notebook with its first cell run."""
    with Watched(browser, server) as watched:
        page = watched.page
        page.set_viewport_size({"width": 1200, "height": 1500})
        watched.open(f"doc/tree/{request.param}?reset")
        page.click(".jp-Cell-inputArea", timeout=60_000)
        page.wait_for_selector('.jp-NotebookPanel [data-status="idle"]', timeout=60_000)
        _run_cell(watched)
        yield watched


def _run_cell(watched: Watched) -> None:
    """Run the active cell; a kernel that does not answer is restarted, as a user would.

    Kernels lose requests at times (ipykernel's issue 1554), and so the command is not waited for.
    Keys that are pressed while the notebook is still put together are lost at times, too.
    """
    from playwright.sync_api import TimeoutError as Late

    page = watched.page
    run = "void jupyterapp.commands.execute('notebook:run-cell').catch(() => {})"
    page.evaluate(run)
    try:
        page.wait_for_selector(ANSWERED, timeout=30_000)
    except Late:
        page.evaluate("jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
        page.evaluate(run)
        page.wait_for_selector(ANSWERED)
        watched.errors.clear()  # What the old kernel was asked is "canceled", Lab's console says.


@pytest.mark.parametrize("opened", ["panel.ipynb"], indirect=True)
def test_a_job_from_the_form_to_its_picture(server: Server, opened: Watched) -> None:
    page = opened.page
    page.wait_for_selector("option:has-text('Vegetation index')", state="attached", timeout=60_000)
    page.select_option(".widget-dropdown select", label="Vegetation index")
    field = page.wait_for_selector("input[placeholder^='address or path']", timeout=60_000)
    # What is missing is said at its place, and nothing is sent.
    page.click("button:has-text('Submit')")
    page.wait_for_selector("text=This input is required.")
    (item,) = (server.user_folder / "scene").glob("*.json")
    field.fill(f"scene/{item.name}")
    field.press("Tab")
    page.click("button:has-text('Submit')")
    page.wait_for_selector(".widget-html:has-text('successful')", timeout=90_000)
    page.click(".jupyter-button:has-text('Results')")
    picture = page.wait_for_selector("img[alt^=Quicklook]", timeout=30_000)
    pixels = imread(BytesIO(_bytes(page, picture.get_attribute("src"))))
    assert pixels[..., 0].std() > 0.05, "it has more than one colour"
    assert page.wait_for_selector(".ades-map .shapes path").get_attribute("d").startswith("M")
    page.wait_for_selector("td:has-text('vegetation-index.ipynb')")
    assert opened.faults(".jp-OutputArea-output") == []
    if folder := os.environ.get("ADES_PICTURES"):
        page.screenshot(path=str(Path(folder) / "panel.png"))


def _bytes(page: Any, address: str) -> bytes:
    read = "async url => Array.from(new Uint8Array(await (await fetch(url)).arrayBuffer()))"
    return bytes(page.evaluate(read, address))


@pytest.mark.parametrize("opened", ["map.ipynb"], indirect=True)
def test_an_area_is_drawn_and_known_in_python(opened: Watched) -> None:
    page = opened.page
    svg = page.wait_for_selector(".ades-map svg", timeout=60_000)
    svg.scroll_into_view_if_needed()
    box = svg.bounding_box()

    def at(longitude: float, latitude: float) -> tuple[float, float]:
        return (
            box["x"] + (longitude + 180) / 360 * box["width"],
            box["y"] + (90 - latitude) / 180 * box["height"],
        )

    page.mouse.move(*at(-10, 20))
    page.mouse.down()
    page.mouse.move(*at(0, 40))
    page.mouse.move(*at(30, 60))
    page.mouse.up()
    page.click(".jp-Cell-inputArea >> nth=1")
    page.keyboard.press("Shift+Enter")
    printed = page.wait_for_selector(".jp-OutputArea-output pre:has-text('[')", timeout=30_000)
    bbox = [float(number) for number in printed.inner_text().strip(" []\n").split(",")]
    assert bbox == pytest.approx([-10, 20, 30, 60], abs=1)
    assert page.get_attribute(".ades-map .area", "d") != ""
    # The map shows the coast: land and sea have different colours.
    shown = imread(BytesIO(svg.screenshot()))
    assert len(numpy.unique((shown[::4, ::4, :3] * 255).round(), axis=0).reshape(-1, 3)) > 3
