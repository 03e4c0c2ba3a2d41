"""Whole jobs, from staging in to the delivered catalog."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pystac

from jupyter_ades.core.handing_over import give_to_another
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


def test_a_stage_out_that_failed_is_run_again_alone(bench: Bench) -> None:
    """What the command left is delivered by a second worker; the command does not run again."""
    (bench.root / "results").write_text("in the way")
    cell = "import pathlib; pathlib.Path('runs').open('a').write('x')"
    running = bench.start(NOTEBOOK, {"a.ipynb": notebook(cell)}, stand_in=False)
    status = running.wait()
    assert status.status is JobStatus.FAILED
    assert status.message.startswith(f"The results could not be delivered to {bench.root}/results")
    assert status.message.endswith('rerun this job from "stage-out" to deliver it alone.')

    (bench.root / "results").unlink()
    started = running.job.read_ran()
    running.job.write_plan(replace(running.order, begin="stage-out"))
    running.job.status.unlink()
    give_to_another(running.job)
    running.process = bench.worker(running.job, running.order.job_id, stand_in=False)
    assert running.wait().status is JobStatus.SUCCESSFUL
    assert running.delivered("runs").read_text() == "x"
    (item,) = _items(running.delivered("catalog.json"))
    assert started is not None
    assert item.properties["ades:started"] == started.started.isoformat().replace("+00:00", "Z")
    assert not running.job.work.exists()


def test_the_last_word_says_what_the_job_occupies(bench: Bench) -> None:
    write = "open('made.bin', 'wb').write(b'x' * 5000)"
    running = bench.run(NOTEBOOK, {"a.ipynb": notebook(write)}, stand_in=False)
    last = running.said[-1]
    delivered = sum(running.delivered(name).stat().st_size for name in ("made.bin", "a.ipynb"))
    assert last.result_bytes == delivered > 5000
    left = [path for path in running.job.root.rglob("*") if path.is_file()]
    # Since then the status itself was written, and the worker's last lines.
    assert 0 < last.job_bytes <= sum(path.stat().st_size for path in left)
    assert not any(path.name == "made.bin" for path in left)
