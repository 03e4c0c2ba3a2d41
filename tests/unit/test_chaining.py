"""Another job's results as inputs: every spelling, what it leads to, and what is refused."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jupyter_ades.core.chaining import OwnJobs, chained, look_up, problems_of
from jupyter_ades.core.inputs import check
from jupyter_ades.core.workspace import Workspace
from jupyter_ades.errors import AdesError, UnreachableReference
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import FetchPolicy, Input, JobStatus, Process
from jupyter_ades.orders import Chained, Plan, Results, WorkOrder
from jupyter_ades.packages.schemas import reference
from jupyter_ades.worker.stage_in import stage_in
from tests.unit.test_dispatcher import PROCESS, accept

JOB = "76d50612-513d-11ed-888e-32db482e8b42"
ROOTS = OwnJobs(roots=("https://hub/user/a/ws/wps3", "/user/a/ws/wps3"))


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = Workspace("ws", tmp_path / "state", tmp_path / "results")
    opened.store.add_process(PROCESS)
    yield opened
    opened.close()


def finished(workspace: Workspace) -> str:
    """A successful job with one item, one table and a folder."""
    job_id = accept(workspace)
    wf = f"wf-{job_id}"
    workspace.store.change_job(job_id, status=JobStatus.SUCCESSFUL)
    folder = workspace.delivered(job_id)
    item: dict[str, Any] = {
        "type": "Feature",
        "stac_version": "1.1.0",
        "id": "scene",
        "geometry": None,
        "properties": {"datetime": "2020-01-01T00:00:00Z"},
        "links": [],
        "assets": {"ndvi": {"href": "./ndvi.tif"}},
    }
    catalog = {
        "type": "Catalog",
        "id": "c",
        "links": [{"rel": "item", "href": "./scene/scene.json"}],
    }
    for name, data in {
        "catalog.json": json.dumps(catalog),
        "scene/scene.json": json.dumps(item),
        "scene/ndvi.tif": "pixels",
        "table.csv": "1,2",
        "tree/in/x.txt": "x",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(data)
    workspace.job_dir(job_id).root.mkdir()
    workspace.job_dir(job_id).write_results(
        Results(
            outputs={
                "scene": {"href": f"{wf}/scene/scene.json", "type": "application/geo+json"},
                "table": {"href": f"{wf}/table.csv", "type": "text/csv"},
                "tree": {"href": f"{wf}/tree/", "type": "inode/directory"},
                "both": [{"href": f"{wf}/table.csv"}, {"href": f"{wf}/scene/ndvi.tif"}],
                "number": 3,
            },
            catalog=f"{wf}/catalog.json",
        )
    )
    return job_id


@pytest.mark.parametrize(
    ("href", "canonical"),
    [
        (f"https://hub/user/a/ws/wps3/jobs/{JOB}/results", f"ades:job/{JOB}"),
        (f"/user/a/ws/wps3/jobs/{JOB}/result/", f"ades:job/{JOB}"),
        (f"/user/a/ws/wps3/jobs/{JOB}/results/n%20dvi", f"ades:job/{JOB}#n dvi"),
        (f"/user/a/ws/wps3/jobs/{JOB}/results#ndvi", f"ades:job/{JOB}#ndvi"),
        (f"ades:job/{JOB}#ndvi", f"ades:job/{JOB}#ndvi"),
    ],
)
def test_every_spelling_becomes_one(href: str, canonical: str) -> None:
    process = Process(id="p", inputs=(Input(id="x", schema=reference("directory")),))
    policy = FetchPolicy(user_folder="/nonexistent")
    assert check(process, {"x": {"href": href}}, policy, own=ROOTS) == {
        "x": {"$stage-in": "directory", "href": canonical}
    }


@pytest.mark.parametrize(
    "href",
    [
        f"https://other/user/a/ws/wps3/jobs/{JOB}/results",
        f"https://hub/user/a/other/wps3/jobs/{JOB}/results",
        f"https://hub/user/a/ws/wps3/jobs/{JOB}/log",
        "https://hub/user/a/ws/wps3/jobs/../results",
    ],
)
def test_what_is_not_this_workspaces_stays_as_it_is(href: str) -> None:
    value = {"$stage-in": "file", "href": href}
    assert ROOTS.canonical([value]) == [value]


@pytest.mark.parametrize(
    ("kind", "output", "hrefs"),
    [
        ("directory", "", ("",)),
        ("stac-item", "", ("catalog.json",)),
        ("file", "#table", ("table.csv",)),
        ("file", "#both", ("table.csv", "scene/ndvi.tif")),
        ("directory", "#tree", ("tree/",)),
        ("stac-item", "#scene", ("scene/scene.json",)),
    ],
)
def test_what_it_leads_to(
    workspace: Workspace, kind: str, output: str, hrefs: tuple[str, ...]
) -> None:
    job_id = finished(workspace)
    found = look_up({"$stage-in": kind, "href": f"ades:job/{job_id}{output}"}, workspace)
    assert found == Chained(place=str(workspace.delivered(job_id)), hrefs=hrefs)


def test_results_in_a_bucket_stay_there(workspace: Workspace) -> None:
    job_id = finished(workspace)
    folder = workspace.job_dir(job_id)
    results = folder.read_results()
    assert results is not None
    folder.write_results(replace(results, location="s3://b/p"))
    found = look_up({"$stage-in": "file", "href": f"ades:job/{job_id}#table"}, workspace)
    assert found == Chained(place=f"s3://b/p/wf-{job_id}", hrefs=("table.csv",))


def test_what_cannot_be_chained_is_said_with_its_path(workspace: Workspace) -> None:
    job_id, running = finished(workspace), accept(workspace)
    unknown = str(uuid.uuid4())
    hrefs = [
        f"ades:job/{unknown}",
        f"ades:job/{running}",
        f"ades:job/{job_id}#none",
        f"ades:job/{job_id}#number",
        "ades:job/../../x",
    ]
    inputs = {"x": [{"$stage-in": "file", "href": href} for href in hrefs]}
    said = {each.path: each.detail for each in problems_of(inputs, workspace)}
    assert said == {
        "inputs.x[0]": f"There is no job '{unknown}'.",
        "inputs.x[1]": f"Job {running} is accepted; only a successful job's results can be an"
        " input.",
        "inputs.x[2]": f"ades:job/{job_id}#none: that job's outputs are scene, table, tree, both,"
        " number.",
        "inputs.x[3]": f"ades:job/{job_id}#number: that is no file.",
        "inputs.x[4]": "'ades:job/../../x' names no job; ades:job/<job id>#<output> is expected.",
    }


def staged(workspace: Workspace, inputs: dict[str, Any]) -> dict[str, Any]:
    job = JobDir(workspace.root / f"job-{uuid.uuid4()}")
    job.root.mkdir()
    order = WorkOrder(
        job_id="j",
        process=PROCESS,
        plan=Plan(runner="x", argv=()),
        inputs=inputs,
        fetch=FetchPolicy(user_folder=str(workspace.root / "home")),
        results_folder=str(workspace.results),
        chained=chained(inputs, workspace),
        created=datetime.now(UTC),
    )
    return stage_in(order, job, lambda *_: None)


def test_it_is_taken_from_where_it_lies(workspace: Workspace) -> None:
    job_id = finished(workspace)

    def at(kind: str, output: str = "") -> dict[str, Any]:
        return {"$stage-in": kind, "href": f"ades:job/{job_id}{output}"}

    inputs = staged(
        workspace,
        {
            "all": at("directory"),
            "tree": at("directory", "#tree"),
            "table": at("file", "#table"),
            "both": [at("file", "#both")],
            "item": at("stac-item"),
            "scene": at("directory", "#scene"),
        },
    )
    everything = Path(inputs["all"]["path"])
    assert (everything / "tree/in/x.txt").read_text() == "x"
    assert (Path(inputs["tree"]["path"]) / "in/x.txt").read_text() == "x"
    assert Path(inputs["table"]["path"]).read_text() == "1,2"
    assert [Path(each["path"]).name for each in inputs["both"]] == ["table.csv", "ndvi.tif"]
    for path in (Path(inputs["item"]["path"]), Path(inputs["scene"]["path"]) / "scene/scene.json"):
        item = json.loads(path.read_text())
        assert (path.parent / item["assets"]["ndvi"]["href"]).read_text() == "pixels"
    # A copy: what the next job writes into it changes nobody's results.
    (everything / "table.csv").write_text("changed")
    assert (workspace.delivered(job_id) / "table.csv").read_text() == "1,2"


def test_several_files_are_not_one(workspace: Workspace) -> None:
    job_id = finished(workspace)
    inputs = {"x": {"$stage-in": "file", "href": f"ades:job/{job_id}#both"}}
    with pytest.raises(UnreachableReference, match="Input x: 2 files or folders were given"):
        staged(workspace, inputs)


def test_a_reference_that_the_server_did_not_look_up_leads_nowhere(workspace: Workspace) -> None:
    inputs = {"x": {"deep": {"$stage-in": "file", "href": f"ades:job/{JOB}", "place": "/etc"}}}
    with pytest.raises(AdesError, match="There is no job"):
        staged(workspace, inputs)
