"""Whole jobs, from staging in to the delivered catalog."""

from __future__ import annotations

import json
from pathlib import Path

import pystac

from jupyter_ades.model import JobStatus
from tests.worker.support import CWL, NOTEBOOK, Bench, assert_monotone, notebook
from tests.worker.test_worker_cwl import WRITES, tool, workflow


def _items(running_catalog: Path) -> list[pystac.Item]:
    return list(pystac.Catalog.from_file(str(running_catalog)).get_items(recursive=True))


def test_a_notebooks_files_end_in_a_catalog(bench: Bench) -> None:
    item = {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": "scene",
        "geometry": None,
        "properties": {"datetime": "2020-01-01T00:00:00Z"},
        "links": [],
        "assets": {"data": {"href": "a.txt"}},
    }
    (bench.home / "a.txt").write_text("data")
    (bench.home / "item.json").write_text(json.dumps(item))
    book = notebook(
        "from pathlib import Path\nPath('out').mkdir()\nPath('out/made.csv').write_text(item.id)",
        parameters="item = None",
    )
    running = bench.run(
        NOTEBOOK,
        {"a.ipynb": book},
        inputs={"item": {"$stage-in": "stac-item", "href": "item.json"}},
        stand_in=False,
        name="whole",
    )
    assert running.said[-1].status is JobStatus.SUCCESSFUL, running.log()
    assert_monotone(running)
    (made,) = _items(running.delivered("catalog.json"))
    assert {Path(asset.href).name for asset in made.assets.values()} == {"a.ipynb", "made.csv"}
    assert made.datetime is not None
    assert made.datetime.year == 2020
    assert running.delivered("out/made.csv").read_text() == "scene"
    assert not running.job.outputs.exists()


def test_a_failed_notebook_is_kept(bench: Bench) -> None:
    running = bench.run(NOTEBOOK, {"a.ipynb": notebook("1/0")}, stand_in=False)
    assert running.said[-1].status is JobStatus.FAILED
    href = running.results().outputs["notebook"]["href"]
    assert Path(running.order.results_folder, href).is_file()


def test_a_workflows_folders_end_in_a_catalog(bench: Bench) -> None:
    running = bench.run(
        CWL,
        {"app.cwl": workflow(tool(WRITES))},
        inputs={"expressions": ["ndvi:x", "nbr:y"]},
        stand_in=False,
    )
    assert running.said[-1].status is JobStatus.SUCCESSFUL, running.log()
    assert _items(running.delivered("catalog.json"))
    root = Path(running.order.results_folder)
    folders = [root / each["href"] for each in running.results().outputs["out"]]
    assert [(folder / "a b.txt").read_text() for folder in folders] == ["ndvi:x", "nbr:y"]
