"""Every tutorial is executed against a running server, and its outputs are checked."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.restart.server import Server
from tests.scene import NOTEBOOKS, make_scene, serving

#: Notebook to what its outputs say, in this order.
EXPECTED = {
    "quickstart.ipynb": [
        "processes: 1, open jobs: 0 of the newest 0",
        "scene/MADE_32TQQ_20240620_0_L2A.json",
        "<Process vegetation-index-0_1_0: Vegetation index>",
        "successful, 100 %, Done",
        "(<JobStatus.SUCCESSFUL: 'successful'>, 100, 'Done')",
        "image/tiff; application=geotiff; profile=cloud-optimized",
        "240 x 240 pixels",
        "('nbr', <JobStatus.SUCCESSFUL: 'successful'>)",
        "of vegetation-index-0_1_0: successful, 100 %, Done",
        "mean NBR: ",
        "staging out",
    ],
    "deploy-your-own.ipynb": [
        "INPUT",
        "required",
        "<Process greetings-1_0_0: Greetings>",
        "(*, name: str, times: int = 3, tone: Literal['kind', 'loud'] = 'kind')",
        "successful, 100 %, Done",
        "did you mean 'name'",
        "['greetings', 'greetings.ipynb']",
        "Hello Ann!\nHello Ann!",
        "[<JobStatus.SUCCESSFUL: 'successful'>, <JobStatus.SUCCESSFUL: 'successful'>]",
        "Good day Dee!",
        "[]",
    ],
    "rest.ipynb": [
        "wps3",
        "replaced: 404",
        "deployed: 201",
        '"id": "snuggs-0_3_0"',
        "403",
        "201 True",
        "staging out",
        "successful 100",
        "Catalog True",
        "400 The inputs do not fit the process",
        "did you mean 's_expression'",
        "snuggs-0_3_0 ['input_reference', 's_expression']",
    ],
    "remote.ipynb": [
        "True",
        "<Process my-index: Vegetation index>",
        "successful, 100 %, Done",
        "'.ipynb', '.json'",
        "EPSG:32632",
        "[('ndvi', 'successful'), ('nbr', 'successful')]",
        "NotAllowed",
        "NoSuchProcess: There is no process 'nothing'",
        "did you mean 'index'",
        "InvalidInputs",
    ],
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose folder is a copy of the notebooks, known on this machine by its file."""
    folder = tmp_path_factory.mktemp("notebooks")
    shutil.copytree(NOTEBOOKS, folder / "user", ignore=shutil.ignore_patterns("scene"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_RUNTIME_DIR", str(folder / "runtime"))
        (folder / "runtime").mkdir()
        server = Server(folder, traits={"max_running_jobs": 2})
        server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A scene in the web."""
    item = make_scene(tmp_path_factory.mktemp("scene"), size=240)
    with serving(item.parent) as url:
        yield f"{url}/{item.name}"


def executed(path: Path, environ: dict[str, str]) -> list[str]:
    """The texts of a notebook's outputs, in order."""
    book = nbformat.read(path, as_version=4)
    kept = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    client = NotebookClient(
        book, timeout=110, kernel_name="python3", resources={"metadata": {"path": path.parent}}
    )
    client.execute(env={**os.environ, **kept, **environ})
    return [text for cell in book.cells for text in texts(cell.get("outputs", []))]


def texts(outputs: list[Any]) -> Iterator[str]:
    for output in outputs:
        if output["output_type"] == "stream":
            yield output["text"]
        elif "data" in output:
            yield output["data"].get("text/plain", "")


def test_every_notebook_is_tested() -> None:
    assert {path.name for path in NOTEBOOKS.glob("*.ipynb")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_notebook_does_what_it_says(lab: Server, scene: str, name: str) -> None:
    environ = {
        "JUPYTER_RUNTIME_DIR": str(lab.folder / "runtime"),
        "SCENE_URL": scene,
    }
    if name == "remote.ipynb":
        environ |= {"ADES_URL": lab.root, "ADES_TOKEN": "secret", "JUPYTER_RUNTIME_DIR": "/none"}
    said = "\n".join(executed(lab.user_folder / name, environ))
    place = 0
    for words in EXPECTED[name]:
        found = said.find(words, place)
        assert found >= 0, f"{words!r} is not said after:\n{said[:place]}\n--- but:\n{said[place:]}"
        place = found + len(words)
