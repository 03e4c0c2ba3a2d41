"""Toil's plan, what it lacks, and what it refuses. Pure."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from jupyter_ades.errors import Unavailable
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import NEEDS
from jupyter_ades.programs.toil_stores import find_store
from jupyter_ades.programs.toil_ways import read_ways
from jupyter_ades.resources import Resources
from jupyter_ades.runners import toil
from jupyter_ades.runners.base import Site
from jupyter_ades.runners.cwltool import ENVIRONMENTS
from jupyter_ades.runners.toil import ToilRunner, batch_system, for_try, in_store, partition
from jupyter_ades.system.batch import Node
from tests.worker.support import CWL, Bench

SLURM = ("--batchSystem", "slurm")
PODS = ("--batchSystem", "kubernetes")
BIG = replace(CWL, resources=Resources(cores=8, memory=64_000 * 2**20))
NODES = (Node(cores=16, memory_mib=32_000), Node(cores=4, memory_mib=128_000))


@pytest.mark.parametrize(
    ("options", "system"),
    [((), "single_machine"), (SLURM, "slurm"), (("--batchSystem=lsf",), "lsf")],
)
def test_the_batch_system_is_that_of_the_options(options: tuple[str, ...], system: str) -> None:
    assert batch_system(options) == system


@pytest.mark.parametrize(
    ("options", "given"),
    [
        ((), ()),
        (SLURM, (*SLURM, "--slurmArgs=--comment=ades:j --no-requeue")),
        (
            (*SLURM, "--slurmArgs", "--qos=x"),
            (*SLURM, "--slurmArgs", "--qos=x --comment=ades:j --no-requeue"),
        ),
        (
            (*SLURM, "--slurmArgs=--qos=x"),
            (*SLURM, "--slurmArgs=--qos=x --comment=ades:j --no-requeue"),
        ),
    ],
)
def test_the_operators_options_go_last_and_slurms_jobs_are_marked(
    options: tuple[str, ...], given: tuple[str, ...]
) -> None:
    plan = ToilRunner().plan(CWL, JobDir(Path("/s/j")), Site(toil_options=options))
    assert plan.argv[2:6] == ("-m", "jupyter_ades.programs.run_toil", "/s/j", "none")
    assert plan.argv[6:] == given


def test_a_path_with_spaces_is_refused() -> None:
    with pytest.raises(Unavailable, match=r"spaces .*c\.ADES\.scratch_root"):
        ToilRunner().plan(CWL, JobDir(Path("/my data/j")), Site())


def test_no_node_has_both_what_a_step_needs() -> None:
    site = Site(toil_options=SLURM, nodes=lambda: NODES)
    with pytest.raises(Unavailable) as caught:
        ToilRunner().check(BIG, site)
    assert "asks for 8 cores and 64,000 MiB" in caught.value.detail
    assert "the largest of 2 has 16 cores and 32,000 MiB" in caught.value.detail
    ToilRunner().check(BIG, replace(site, nodes=lambda: (*NODES, Node(cores=8, memory_mib=64_000))))
    # Of a Slurm that does not answer nothing is known.
    ToilRunner().check(BIG, replace(site, nodes=tuple))


def test_each_step_needs_a_node_of_its_own() -> None:
    """Not one node for the cores of one step and the memory of another."""
    gib = 2**30
    needs = [{"cores": 16, "memory": gib}, {"cores": 1, "memory": 100 * gib}]
    process = replace(CWL, resources=Resources(cores=16, memory=100 * gib), details={NEEDS: needs})
    site = Site(toil_options=SLURM, nodes=lambda: NODES)
    ToilRunner().check(process, site)
    more = replace(process, details={NEEDS: [*needs, {"cores": 16, "memory": 64 * gib}]})
    with pytest.raises(Unavailable, match="16 cores and 65,536 MiB"):
        ToilRunner().check(more, site)


def test_on_this_machine_a_step_gets_what_memory_there_is() -> None:
    needs = [{"cores": 1, "memory": 2**34}]
    process = replace(CWL, details={NEEDS: needs})
    with pytest.raises(Unavailable, match=r"for 1 core and 16,384 MiB .*; this machine has 8"):
        ToilRunner().check(process, Site(memory=2**33))
    ToilRunner().check(process, Site(memory=2**35))
    ToilRunner().check(process, Site())


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (SLURM, ""),
        ((*SLURM, "--slurmPartition", "long"), "long"),
        ((*SLURM, "--slurmPartition=long,short"), "long,short"),
    ],
)
def test_the_partition_is_that_of_the_options(options: tuple[str, ...], named: str) -> None:
    assert partition(options) == named


def test_on_this_machine_a_step_gets_what_a_job_may_use() -> None:
    with pytest.raises(Unavailable, match=r"a job here has 2 \(c\.ADES\.job_cores\)"):
        ToilRunner().check(BIG, Site(cores=2))
    ToilRunner().check(BIG, Site(cores=8))


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toil, "version", lambda name: "9.6.0")
    monkeypatch.setattr(toil.shutil, "which", lambda name: None)
    assert ToilRunner().missing(Site()) == ""
    assert "there is no sbatch" in ToilRunner().missing(Site(toil_options=SLURM))
    monkeypatch.setattr(toil.shutil, "which", lambda name: f"/bin/{name}")
    assert "does not answer" in ToilRunner().missing(Site(toil_options=SLURM))
    answering = Site(toil_options=SLURM, cluster_answers=lambda: True)
    assert ToilRunner().missing(answering) == ""


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        ((), toil.NO_STORE),
        (("--kubernetesHostPath", "/mnt/ades"), toil.NO_STORE),
        (("--kubernetesHostPath=/mnt/ades", "--workDir=/ades"), ""),
        (("--jobStore", "aws:eu-west-1:toil"), ""),
    ],
)
def test_pods_need_a_job_store_that_they_see(
    options: tuple[str, ...], missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toil, "version", lambda name: "1")
    assert ToilRunner().missing(Site(toil_options=(*PODS, *options))) == missing


def test_toil_needs_a_client_of_kubernetes(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "kubernetes":
            raise PackageNotFoundError(name)
        return "1"

    monkeypatch.setattr(toil, "version", version)
    site = Site(toil_options=(*PODS, "--jobStore", "aws:eu-west-1:toil"))
    assert "pip install 'jupyter_ades[kubernetes]'" in ToilRunner().missing(site)


def test_a_job_that_pods_do_not_see_is_refused(tmp_path: Path) -> None:
    options = (*PODS, "--kubernetesHostPath", "/mnt/ades", "--workDir")
    job = JobDir(tmp_path / "ades" / "job")
    with pytest.raises(Unavailable, match=f"the job's folder is {job.root}: choose"):
        ToilRunner().plan(CWL, job, Site(toil_options=(*options, str(tmp_path / "other"))))
    ToilRunner().plan(CWL, job, Site(toil_options=(*options, str(tmp_path / "ades"))))


def test_pods_choose_the_folder_in_which_they_meet() -> None:
    """That which Toil mounts into all of a node; a folder of temporary files is each pod's own."""
    run_toil = pytest.importorskip("jupyter_ades.programs.run_toil")
    assert run_toil._coordination(PODS) == ()
    assert run_toil._coordination(SLURM)[0] == "--coordinationDir"


def test_a_job_store_elsewhere_takes_the_place_of_ours(tmp_path: Path) -> None:
    """As on Kubernetes, whose pods reach no folder of the job's."""
    run_toil = pytest.importorskip("jupyter_ades.programs.run_toil")
    job = JobDir(tmp_path)
    job.work.mkdir()
    options = ("--batchSystem", "kubernetes", "--jobStore", "aws:eu-west-1:toil")
    order = Bench(root=tmp_path).order(CWL, ToilRunner().plan(CWL, job, Site(toil_options=options)))
    options = order.plan.argv[6:]
    words = run_toil._command(order, find_store(order, job, options), "none", options)
    assert words.count("--jobStore") == 1
    assert words[words.index("--jobStore") + 1] == f"aws:eu-west-1:toil-{tmp_path.name}"
    assert "--retryCount" not in words
    assert words[-2:] == [f"file://{job.package}/app.cwl#main", f"file://{job.work}/job-order.json"]


def test_workers_in_images_of_their_own_have_no_environments(tmp_path: Path) -> None:
    """As on Kubernetes: there the package's image is used, or refused."""
    (tmp_path / "bin").mkdir()
    images = {"docker": True, "docker_required": True, "images": ["a:1"]}
    process = replace(CWL, details={**CWL.details, **images})
    here = Site(image_environments={"a:1": str(tmp_path)})
    job = JobDir(tmp_path)
    assert str(tmp_path) in ToilRunner().plan(process, job, here).env[ENVIRONMENTS]
    there = replace(here, toil_options=("--batchSystem", "kubernetes"))
    with pytest.raises(Unavailable, match="no container engine works"):
        ToilRunner().check(process, there)
    plan = ToilRunner().plan(process, job, replace(there, container_engine=lambda: "podman"))
    assert ENVIRONMENTS not in plan.env


def test_an_image_with_this_service_runs_tools_as_they_run_here(tmp_path: Path) -> None:
    """With what Kubernetes tells pods of their rights; containers of the server are not there."""
    run_toil = pytest.importorskip("jupyter_ades.programs.run_toil")
    job = JobDir(tmp_path)
    site = Site(toil_options=PODS)

    def ways(site: Site) -> dict[str, str]:
        plan = ToilRunner().plan(CWL, job, site)
        order = Bench(root=tmp_path).order(CWL, plan, job_environment={"KEY": "1"})
        told: dict[str, str] = run_toil._ways(order, find_store(order, job, PODS), "podman", PODS)
        return told

    assert ways(site) == {}
    (told,) = map(read_ways, ways(replace(site, toil_image="registry.example/t:1")).values())
    assert list(told.variables[1:3]) == ["KEY", "AWS_ROLE_ARN"]
    assert (told.engine, told.containers) == ("podman", "")
    plan = ToilRunner().plan(CWL, job, replace(site, toil_image="registry.example/t:1"))
    assert plan.env["TOIL_APPLIANCE_SELF"] == "registry.example/t:1"


@pytest.mark.parametrize(
    ("given", "own"),
    [
        (("--jobStore", "aws:eu-west-1:toil"), ("--jobStore", "aws:eu-west-1:toil-76d50612")),
        (("--jobStore=google:eo:toil", "-x"), ("--jobStore=google:eo:toil-76d50612", "-x")),
        (("--jobStore", "/fast/stores"), ("--jobStore", "/fast/stores/76d5-0612")),
        (("--jobStore=file:/fast",), ("--jobStore=file:/fast/76d5-0612",)),
    ],
)
def test_each_job_has_a_store_of_its_own(given: tuple[str, ...], own: tuple[str, ...]) -> None:
    """No two runs may share one, and names of buckets have no two hyphens in a row."""
    plan = ToilRunner().plan(CWL, JobDir(Path("/data/76d5-0612")), Site(toil_options=given))
    assert plan.argv[6:] == own


def test_a_job_that_runs_again_has_another_store() -> None:
    options = ("--jobStore", "aws:eu-west-1:toil-76d50612", "--retryCount", "0")
    assert for_try(options, 0) == options[1]
    assert for_try(options, 2) == f"{options[1]}-2"
    assert in_store(options, "file:/there") == (options[0], "file:/there", *options[2:])


def test_a_job_whose_store_is_its_own_keeps_it() -> None:
    assert for_try(("--retryCount", "0"), 2) == ""
    assert in_store(("--retryCount", "0"), "/there")[2:] == ("--jobStore", "/there")
    assert ToilRunner().keeps_steps(Site())
    assert not ToilRunner().keeps_steps(Site(toil_options=("--jobStore=/stores",)))


def test_what_job_stores_elsewhere_need_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    there = {"toil", "mypy-boto3-s3"}

    def version(name: str) -> str:
        if name not in there:
            raise PackageNotFoundError(name)
        return "9"

    monkeypatch.setattr(toil, "version", version)

    def missing(store: str) -> str:
        return ToilRunner().missing(Site(toil_options=("--jobStore", store)))

    assert missing("aws:eu-west-1:nineteen-characters") == ""
    assert missing(str(tmp_path)) == missing(f"file:{tmp_path}") == ""
    assert missing(f"{tmp_path}/none") == (
        f"c.ADES.toil_options name the job store {tmp_path}/none, which is no folder."
    )
    assert missing("aws:eu-west-1:twenty--characters--") == (
        "c.ADES.toil_options name the job store aws:eu-west-1:twenty--characters--: its name"
        " may have 19 characters, as each job adds its own."
    )
    assert missing("google:eo:toil") == (
        "Toil has no client for job stores in buckets: pip install 'toil[google]'."
    )
