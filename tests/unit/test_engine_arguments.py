"""What cwltool is told of each container engine; apptainer by its older name. Fake programs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_ades.jobdir import JobDir
from jupyter_ades.orders import Plan
from jupyter_ades.programs.cwl_containers import container_arguments
from jupyter_ades.system.containers import Containers
from tests.worker.support import CWL, Bench


def put(folder: Path, name: str, code: int = 0) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\nexit {code}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    return tmp_path / "programs"


@pytest.mark.parametrize(
    ("engine", "option"),
    [("docker", []), ("podman", ["--podman"]), ("singularity", ["--singularity"])],
)
def test_each_engine_by_its_option(tmp_path: Path, engine: str, option: list[str]) -> None:
    job = JobDir(tmp_path)
    ids = ["--cidfile-dir", str(job.containers)]
    assert container_arguments(engine, job) == [*option, *ids]
    assert (job.containers / "engine").read_text() == engine


def test_none_runs_without(tmp_path: Path) -> None:
    assert container_arguments("", JobDir(tmp_path)) == ["--no-container"]


def test_apptainer_gets_the_name_that_cwltool_calls(tmp_path: Path, programs: Path) -> None:
    put(programs, "apptainer")
    assert container_arguments("apptainer", JobDir(tmp_path))[0] == "--singularity"
    link = tmp_path / "bin" / "singularity"
    assert link.resolve() == programs / "apptainer"
    assert os.environ["PATH"].startswith(f"{tmp_path / 'bin'}{os.pathsep}")


def test_images_of_singularitys_are_kept_beside_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each job would pull its own; where the operator says a place, that is it."""
    monkeypatch.setenv("CWL_SINGULARITY_CACHE", "")
    monkeypatch.delenv("CWL_SINGULARITY_CACHE")
    job = JobDir(tmp_path / "job")
    job.root.mkdir()
    bench = Bench(root=tmp_path)
    plan = Plan(runner="cwltool", argv=())
    job.write_plan(bench.order(CWL, plan, cache_folder=str(tmp_path / "cache")))
    container_arguments("docker", job)
    assert "CWL_SINGULARITY_CACHE" not in os.environ
    container_arguments("singularity", job)
    assert os.environ["CWL_SINGULARITY_CACHE"] == str(tmp_path / "images")
    assert (tmp_path / "images").is_dir()
    monkeypatch.setenv("CWL_SINGULARITY_CACHE", "/images")
    container_arguments("singularity", job)
    assert os.environ["CWL_SINGULARITY_CACHE"] == "/images"


def test_all_engines_that_work_are_found_and_the_first_is_taken(programs: Path) -> None:
    put(programs, "docker", code=1)
    put(programs, "apptainer")
    put(programs, "singularity")
    found = Containers()
    assert found.engines() == ["apptainer", "singularity"]
    assert found.engine() == "apptainer"
    assert Containers("singularity").engine() == "singularity"
