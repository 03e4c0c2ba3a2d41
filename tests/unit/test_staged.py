"""The steps around a package, and what a job is refused for that has them. Pure but for files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jupyter_ades.errors import RefusedReference, Unavailable
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import Input, Output
from jupyter_ades.orders import Chained, Plan, WorkOrder
from jupyter_ades.programs.stage import _as_left
from jupyter_ades.runners.base import Site
from jupyter_ades.runners.exported import document_url
from jupyter_ades.runners.staged import STAGES, has_stages, stages, write_staged
from jupyter_ades.worker.elsewhere import check_reachable, delivered
from tests.worker.support import CWL, Bench

PROCESS = replace(
    CWL,
    inputs=(Input(id="scene"), Input(id="word"), Input(id="more")),
    outputs=(Output(id="all"),),
)
REFERENCE: dict[str, Any] = {"$stage-in": "file", "href": "s3://b/scene.tif"}


@pytest.fixture
def order(tmp_path: Path) -> WorkOrder:
    plan = Plan(runner="cwltool", argv=("x",), env={STAGES: "registry.example/ades:1"})
    made = Bench(root=tmp_path).order(PROCESS, plan)
    inputs = {"scene": REFERENCE, "word": "hi", "more": None}
    secret = {"KEY": "very secret"}
    return replace(made, inputs=inputs, results_folder="s3://b/res", job_environment=secret)


def test_only_runners_that_are_named_have_steps(order: WorkOrder) -> None:
    site = Site(stage_steps=("toil",), stage_image="a:1")
    assert stages("toil", site) == {STAGES: "a:1"}
    assert stages("cwltool", site) == {}
    assert has_stages(order)
    assert not has_stages(replace(order, plan=Plan(runner="cwltool", argv=("x",))))


def test_a_package_is_run_between_two_steps(order: WorkOrder, tmp_path: Path) -> None:
    job = JobDir(tmp_path / "job")
    job.package.mkdir(parents=True)
    assert document_url(PROCESS, job.package).endswith("/app.cwl#main")
    wanted = write_staged(job, PROCESS, order)
    url = document_url(PROCESS, job.package)
    steps = json.loads((tmp_path / "job" / "package" / Path(url).name).read_text())["steps"]
    # What is not given is not wired: the package's default holds.
    assert steps["app"] == {
        "in": {"scene": "stage_in/scene", "word": "stage_in/word"},
        "out": ["all"],
        "run": "app.cwl#main",
    }
    images = [steps[name]["run"]["hints"] for name in ("stage_in", "stage_out")]
    assert images == [{"DockerRequirement": {"dockerPull": "registry.example/ades:1"}}] * 2
    told = msgspec.json.decode(wanted["ades_order"], type=WorkOrder)
    assert told.inputs == order.inputs
    assert (told.job_environment, told.plan.env, told.cache_folder) == ({}, {}, "")
    assert "very secret" not in wanted["ades_order"]


def test_what_steps_do_not_reach_is_refused(order: WorkOrder) -> None:
    check_reachable(order)
    with pytest.raises(Unavailable, match="does not reach /srv/results"):
        check_reachable(replace(order, results_folder="/srv/results"))
    for href, chained in [
        ("scenes/a.tif", {}),
        ("ades:job/x", {"ades:job/x": Chained(place="/srv/results", hrefs=("a",))}),
    ]:
        inputs = {"scene": {"list": [{**REFERENCE, "href": href}]}}
        with pytest.raises(RefusedReference, match=r"Input scene: .* in a folder of this machine"):
            check_reachable(replace(order, inputs=inputs, chained=chained))
    there = {"ades:job/x": Chained(place="s3://b/res", hrefs=("a",))}
    inputs = {"scene": {**REFERENCE, "href": "ades:job/x"}}
    check_reachable(replace(order, inputs=inputs, chained=there))


def test_a_step_that_says_nothing_of_results_is_no_success() -> None:
    with pytest.raises(Unavailable, match="left no word"):
        delivered({})


def test_one_link_is_followed_and_no_more(tmp_path: Path) -> None:
    """An engine's own; what a tool's file leads to is looked at where it is delivered."""
    (tmp_path / "own").symlink_to("/etc/hostname")
    (tmp_path / "staged").symlink_to(tmp_path / "own")
    value = [{"class": "File", "path": str(tmp_path / "staged")}, 3]
    assert _as_left(value) == [{"class": "File", "path": str(tmp_path / "own")}, 3]
