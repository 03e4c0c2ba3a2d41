"""The sample application on the sample scene, as the README shows it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.restart.server import Server
from tests.scene import VEGETATION_INDEX, make_scene
from tests.ui.pages import FORM, JOB, MAP, Watched, share_of

#: The lake, where the index is lowest, and the forest, where it is highest.
LAKE, FOREST = (68, 1, 84), (253, 231, 37)


@pytest.fixture
def wide(server: Server, browser: Any) -> Iterator[Watched]:
    """A page with room for everything, and the sample in the user folder."""
    make_scene(server.user_folder / "scene")
    shutil.copy(VEGETATION_INDEX, server.user_folder)
    with Watched(browser, server) as watched:
        watched.page.set_viewport_size({"width": 1400, "height": 1000})
        watched.open("lab?reset")
        yield watched


def test_the_sample_application_from_its_file_to_its_map(wide: Watched) -> None:
    page = wide.page
    wide.choose("vegetation-index.ipynb", "Run as job ...")
    scene = next((wide.server.user_folder / "scene").glob("*.json"))
    page.fill(f"{FORM} #root_item", f"scene/{scene.name}")
    wide.open_panel()
    wide.picture("lab-form.png")
    wide.run()
    page.wait_for_selector(f"{JOB} .jp-Ades-message:has-text('cell')")
    page.wait_for_selector(f"{JOB} .jp-Ades-logLine")
    wide.picture("lab-running.png")
    page.wait_for_selector(f"{JOB} figure img", timeout=60_000)
    box = page.locator(MAP)
    box.locator("canvas").first.wait_for()
    page.wait_for_function(
        "() => document.querySelector('.jp-Ades-raster canvas')?.getContext('2d')"
        ".getImageData(0, 0, 2000, 2000).data.some(part => part > 0)"
    )
    wide.picture("lab.png")
    assert share_of(box, LAKE) > 0.01
    assert share_of(box, FOREST) > 0.03
