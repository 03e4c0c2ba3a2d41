"""Which container engine works, and what a runner says when none does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_ades.errors import Unavailable
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import Process
from jupyter_ades.runners.base import Site
from jupyter_ades.runners.cwltool import CwltoolRunner
from jupyter_ades.system.containers import BAD, GOOD, Containers, end_containers, note

PROCESS = Process(id="p", kind="cwl", runner="cwltool", entry="app.cwl")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def install(machine: Path, name: str, code: int = 0) -> None:
    """An engine that notes how it is called and answers with an exit code."""
    program = machine / name
    program.write_text(f'#!/bin/sh\necho "{name} $*" >> "{machine}/calls"\nexit {code}\n')
    program.chmod(0o755)


def calls(machine: Path) -> list[str]:
    path = machine / "calls"
    return path.read_text().splitlines() if path.exists() else []


@pytest.mark.parametrize(
    ("installed", "choice", "expected"),
    [
        ({}, "auto", ""),
        ({"docker": 0, "podman": 0}, "auto", "docker"),
        ({"docker": 1, "podman": 0}, "auto", "podman"),
        ({"docker": 1}, "auto", ""),
        ({"docker": 0, "podman": 0}, "podman", "podman"),
        ({"docker": 0}, "podman", ""),
        ({"docker": 0}, "none", ""),
    ],
)
def test_the_first_engine_that_works(
    machine: Path, installed: dict[str, int], choice: str, expected: str
) -> None:
    for name, code in installed.items():
        install(machine, name, code)
    assert Containers(choice).engine() == expected


def test_an_answer_is_believed_for_a_while(machine: Path) -> None:
    now = 0.0
    containers = Containers(clock=lambda: now, beside=lambda look: look())
    assert containers.engine() == ""
    install(machine, "podman")
    now = BAD - 1
    assert containers.engine() == ""
    now = BAD
    assert containers.engine() == "podman"
    (machine / "podman").unlink()
    now = BAD + GOOD - 1
    assert containers.engine() == "podman"
    now = BAD + GOOD
    assert containers.engine() == ""
    assert calls(machine) == ["podman info"]


def test_containers_are_ended_by_their_ids(machine: Path, tmp_path: Path) -> None:
    install(machine, "podman")
    folder = tmp_path / "containers"
    end_containers(folder)
    note(folder, "podman")
    (folder / "a.cid").write_text("abc\n")
    (folder / "b.cid").write_text("")
    end_containers(folder)
    end_containers(folder)
    assert calls(machine) == ["podman rm --force --time 0 abc"]
    assert [path.name for path in folder.iterdir()] == ["engine"]


@pytest.mark.parametrize(
    ("details", "engine", "expected"),
    [
        ({}, "podman", ()),
        ({"docker": True}, "", ()),
        ({"docker": True}, "podman", ("podman",)),
        ({"docker": True, "docker_required": True}, "docker", ("docker",)),
    ],
)
def test_a_plan_names_the_engine(
    tmp_path: Path, details: dict[str, bool], engine: str, expected: tuple[str, ...]
) -> None:
    process = replace(PROCESS, details=details)
    site = Site(container_engine=lambda: engine)
    CwltoolRunner().check(process, site)
    argv = CwltoolRunner().plan(process, JobDir(tmp_path), site).argv
    assert argv[argv.index(str(tmp_path)) + 1 :] == expected


def test_a_required_container_is_refused_where_none_runs(tmp_path: Path) -> None:
    process = replace(PROCESS, details={"docker": True, "docker_required": True})
    with pytest.raises(Unavailable, match=r"p requires a container .* install podman"):
        CwltoolRunner().check(process, Site())
    with pytest.raises(Unavailable, match="move DockerRequirement to hints"):
        CwltoolRunner().plan(process, JobDir(tmp_path), Site())


def test_a_package_without_images_asks_no_engine(tmp_path: Path) -> None:
    def engine() -> str:
        raise AssertionError("nothing is to be asked")

    CwltoolRunner().check(PROCESS, Site(container_engine=engine))
