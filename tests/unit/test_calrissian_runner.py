"""Calrissian's command and manifest, what it lacks, and what it refuses. Pure."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_ades.errors import Unavailable
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import NEEDS, Process
from jupyter_ades.programs import kubernetes_bundle
from jupyter_ades.programs.kubernetes_cluster import ClusterFault
from jupyter_ades.programs.kubernetes_job import manifest
from jupyter_ades.runners import calrissian
from jupyter_ades.runners.base import Site
from jupyter_ades.runners.calrissian import CalrissianRunner, command
from jupyter_ades.runners.choosing import elsewhere
from jupyter_ades.runners.staged import STAGES
from tests.worker.support import CWL, NOTEBOOK

GOLDEN = Path(__file__).parents[1] / "data" / "kubernetes" / "job.json"
SETTINGS = {
    "namespace": "ades",
    "claim": "ades-jobs",
    "mount": "/shared",
    "image": "registry.example/calrissian:0.18.1",
    "service_account": "ades-runner",
    "max_ram": "16G",
}
JOB = JobDir(Path("/shared/jobs/76d50612"))
URL = f"file://{JOB.package}/app.cwl#main"
IN_IMAGE = replace(CWL, details={"workflow": "main", "docker": True})


def needing(cores: float, mebibytes: float) -> Process:
    """Of two steps, one of which asks for this."""
    needs = [{"cores": 1.0, "memory": 0.0}, {"cores": cores, "memory": mebibytes * 2**20}]
    return replace(IN_IMAGE, details={**IN_IMAGE.details, NEEDS: needs})


def test_the_manifest_is_as_it_was() -> None:
    made = manifest("76d50612", command(URL, JOB, SETTINGS), SETTINGS)
    assert made == json.loads(GOLDEN.read_text())


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calrissian, "version", lambda name: "29")
    said = CalrissianRunner().missing(Site(kubernetes={"namespace": "ades"}))
    assert said == "c.ADES.kubernetes does not say claim, mount, image."
    assert CalrissianRunner().missing(Site(kubernetes=SETTINGS)) == ""


def test_bounds_that_cannot_be_read_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calrissian, "version", lambda name: "29")
    said = CalrissianRunner().missing(Site(kubernetes={**SETTINGS, "max_ram": "much"}))
    assert said == (
        "c.ADES.kubernetes, max_cores or max_ram: bytes, or a text such as '4 GiB', are expected,"
        " not 'much'."
    )


@pytest.mark.parametrize("cores", [4, "4", "4000m"])
def test_bounds_are_written_as_calrissian_reads_them(
    cores: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calrissian, "version", lambda name: "29")
    site = Site(kubernetes={**SETTINGS, "max_cores": cores, "max_ram": "1P"})
    assert CalrissianRunner().missing(site) == ""
    CalrissianRunner().check(needing(4, 16001), site)
    with pytest.raises(Unavailable, match="the tools of a job have 4 cores"):
        CalrissianRunner().check(needing(5, 0), site)


@pytest.mark.parametrize(
    ("cores", "mebibytes", "asked"),
    [
        (4.5, 0, "4.5 cores"),
        (0, 16001, "16,001 MiB"),
        (1, 20000, "1 core and 20,000 MiB"),
    ],
)
def test_a_step_that_asks_for_more_than_a_job_may_have_is_refused(
    cores: float, mebibytes: float, asked: str
) -> None:
    with pytest.raises(Unavailable) as refused:
        CalrissianRunner().check(needing(cores, mebibytes), Site(kubernetes=SETTINGS))
    assert str(refused.value) == (
        f"A step of {IN_IMAGE.id} asks for {asked} (ResourceRequirement); the tools of a job have"
        " 4 cores and 16,000 MB (c.ADES.kubernetes, 'max_cores' and 'max_ram')."
    )


def test_a_step_may_have_all_that_a_job_may() -> None:
    CalrissianRunner().check(needing(4, 16000), Site(kubernetes=SETTINGS))


def test_a_tool_without_an_image_cannot_be_a_pod() -> None:
    with pytest.raises(Unavailable, match="names no image"):
        CalrissianRunner().check(CWL, Site())
    with pytest.raises(Unavailable, match=r"c\.ADES\.notebook_image"):
        CalrissianRunner().check(NOTEBOOK, Site())
    CalrissianRunner().check(IN_IMAGE, Site())
    CalrissianRunner().check(NOTEBOOK, Site(notebook_image="registry.example/notebooks:1"))


def test_a_folder_that_pods_do_not_see_is_refused() -> None:
    with pytest.raises(Unavailable, match=r"/home/jobs/x is not in /shared"):
        CalrissianRunner().plan(IN_IMAGE, JobDir(Path("/home/jobs/x")), Site(kubernetes=SETTINGS))


def test_pods_that_share_nothing_have_their_data_moved_by_steps() -> None:
    job, settings = JobDir(Path("/home/jobs/x")), {**SETTINGS, "shared": False}
    with pytest.raises(Unavailable, match=r"let c\.ADES\.stage_steps name calrissian"):
        CalrissianRunner().plan(IN_IMAGE, job, Site(kubernetes=settings))
    by_steps = Site(kubernetes=settings, stage_steps=("calrissian",))
    with pytest.raises(Unavailable, match=r"c\.ADES\.stage_image names none"):
        CalrissianRunner().check(IN_IMAGE, by_steps)
    given = replace(by_steps, stage_image="registry.example/ades:1")
    CalrissianRunner().check(IN_IMAGE, given)
    plan = CalrissianRunner().plan(IN_IMAGE, job, given)
    assert plan.env[STAGES] == "registry.example/ades:1"


def test_a_package_that_no_secret_holds_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = JobDir(tmp_path)
    job.package.mkdir()
    job.work.mkdir()
    (job.package / "app.cwl").write_text("x")
    made = kubernetes_bundle.secret(job, "j")
    assert made["metadata"]["name"] == "ades-j"
    monkeypatch.setattr(kubernetes_bundle, "MOST", 10)
    with pytest.raises(ClusterFault, match="are given 10 at the most"):
        kubernetes_bundle.secret(job, "j")


def test_its_jobs_take_nothing_of_the_servers() -> None:
    assert elsewhere(CalrissianRunner(), Site(kubernetes=SETTINGS))
