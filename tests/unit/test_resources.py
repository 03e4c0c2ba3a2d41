"""What packages and operators say of cores, memory and time is read, or refused in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jupyter_ades.core.limits import Limits
from jupyter_ades.core.needs import needs
from jupyter_ades.errors import InvalidPackage
from jupyter_ades.model import Process
from jupyter_ades.resources import (
    ProcessRule,
    Resources,
    WorkspaceRule,
    read_bytes,
    read_rules,
    read_seconds,
    read_stated,
)
from jupyter_ades.system import machine
from tests.unit.reading import cell, notebook, read_cwl, read_notebook

GIB, MIB = 2**30, 2**20


@pytest.mark.parametrize(
    ("said", "expected"),
    [(5, 5), ("5", 5), ("4 GiB", 4 * GIB), ("4Gi", 4 * GIB), ("1.5 MB", 1_500_000), ("2k", 2000)],
)
def test_bytes(said: Any, expected: int) -> None:
    assert read_bytes(said) == expected


@pytest.mark.parametrize(
    ("said", "expected"), [(90, 90), ("90 min", 5400), ("2h", 7200), ("0.5 d", 43200)]
)
def test_seconds(said: Any, expected: float) -> None:
    assert read_seconds(said) == expected


@pytest.mark.parametrize("said", [True, -1, "4 GiG", "much", None, float("nan"), [4], "1 h"])
def test_what_is_no_size_is_refused(said: Any) -> None:
    with pytest.raises(ValueError, match="'4 GiB', are expected, not"):
        read_bytes(said)


def test_what_a_notebook_says() -> None:
    said = {"cores": 2, "memory": "4 GiB", "memory_limit": "6 GiB", "time": "2 h"}
    expected = Resources(cores=2.0, memory=4 * GIB, memory_limit=6 * GIB, seconds=7200.0)
    assert read_stated(said) == expected


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ([], "an object is expected"),
        ({"cpu": 1}, "'cpu' is not one of cores, memory, memory_limit, time"),
        ({"cores": 0}, "cores: more than 0 cores are expected"),
        ({"time": "soon"}, "time: seconds, or a text such as '2 h', are expected, not 'soon'"),
    ],
)
def test_what_a_notebook_must_not_say(said: Any, reason: str, tmp_path: Path) -> None:
    book = notebook(cell("a: int = 1", "parameters"), ades={"resources": said})
    with pytest.raises(InvalidPackage) as refused:
        read_notebook(book, tmp_path)
    assert reason in refused.value.detail
    assert refused.value.problems[0].path == "metadata.ades.resources"


def test_a_notebook_has_them(tmp_path: Path) -> None:
    book = notebook(cell("a: int = 1", "parameters"), ades={"resources": {"cores": 3}})
    assert read_notebook(book, tmp_path).resources == Resources(cores=3.0)
    assert read_notebook(notebook(cell("a = 1", "parameters")), tmp_path).resources == Resources()


CWL = """cwlVersion: v1.2
$graph:
- class: Workflow
  id: main
  inputs: {{}}
  outputs: []
  requirements: {inherited}
  steps:
    one: {{run: '#small', in: {{}}, out: []}}
    two: {{run: '#large', in: {{}}, out: []}}
- class: CommandLineTool
  id: small
  baseCommand: 'true'
  inputs: {{}}
  outputs: []
  {small}
- class: CommandLineTool
  id: large
  baseCommand: 'true'
  inputs: {{}}
  outputs: []
  {large}
"""


def _cwl(folder: Path, inherited: str = "[]", small: str = "", large: str = "") -> Resources:
    said = (
        f"hints: {{ResourceRequirement: {{{each}}}}}" if each else "" for each in (small, large)
    )
    text = CWL.format(inherited=inherited, **dict(zip(("small", "large"), said, strict=True)))
    return read_cwl(text, folder).resources


def test_the_most_that_a_tool_says(tmp_path: Path) -> None:
    found = _cwl(tmp_path, small="coresMin: 1, ramMin: 512", large="coresMin: 4, ramMax: 2048")
    assert found == Resources(cores=4.0, memory=2048 * MIB)
    found = _cwl(tmp_path, small="ramMin: 512, ramMax: 1024", large="ramMax: 2048")
    assert found == Resources(memory=2048 * MIB, memory_limit=2048 * MIB)


def test_what_a_tool_inherits_and_what_it_computes(tmp_path: Path) -> None:
    inherited = "[{class: ResourceRequirement, coresMin: 2}, {class: InlineJavascriptRequirement}]"
    assert _cwl(tmp_path, inherited).cores == 2.0
    assert _cwl(tmp_path, inherited, large="coresMin: $(1 + 2)").cores == 2.0
    assert _cwl(tmp_path) == Resources()


PROCESS = Process(id="snuggs-0_3_0", alias="snuggs", resources=Resources(cores=4, memory=8 * GIB))


def test_no_job_needs_more_than_there_is() -> None:
    limits = Limits(max_cores=2, max_memory_bytes=4 * GIB)
    assert needs(PROCESS, limits) == Resources(cores=2, memory=4 * GIB)
    assert needs(Process(id="p"), limits) == Resources(cores=1.0)
    assert needs(Process(id="p"), Limits(max_cores=0.5)).cores == 0.5


def test_bounds_of_the_server_of_the_package_and_of_a_rule() -> None:
    limits = Limits(
        job_memory_bytes=GIB,
        job_seconds=60,
        process_limits=read_rules(
            ProcessRule,
            {"snug*": {"seconds": "1 h", "cores": 1, "memory": 0}, "*": {"memory_limit": "2 GiB"}},
        ),
    )
    assert needs(PROCESS, limits) == Resources(cores=1, memory_limit=GIB, seconds=3600)
    small = Process(id="p", resources=Resources(memory_limit=4 * GIB, seconds=10))
    assert needs(small, limits) == Resources(cores=1, memory_limit=2 * GIB, seconds=10)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"p": 3}, "'p': a dictionary is expected"),
        ({"p": {"runing": 1}}, "'p': 'runing' is not one of running, priority, cores"),
        ({"p": {"running": 0}}, "'p': 1 or more is expected, not 0"),
        ({"p": {"priority": 1.5}}, "'p': a whole number is expected, not 1.5"),
    ],
)
def test_rules_are_checked(said: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_rules(ProcessRule, said)


def test_rules_of_workspaces() -> None:
    assert read_rules(WorkspaceRule, {"a": {"open": 5}}) == {"a": WorkspaceRule(open=5)}


@pytest.fixture
def group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The control group of this process, below another."""
    own = tmp_path / "cgroup" / "pod" / "server"
    own.mkdir(parents=True)
    (tmp_path / "self").write_text("1:name=old:/x\n0::/pod/server\n")
    monkeypatch.setattr(machine, "CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(machine, "OWN_GROUP", tmp_path / "self")
    monkeypatch.setattr("os.sched_getaffinity", lambda _: range(16), raising=False)
    for variable in ("CPU_LIMIT", "MEM_LIMIT"):
        monkeypatch.delenv(variable, raising=False)
    return own


def test_the_least_of_the_machine_its_groups_and_the_hub(
    group: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert machine.usable_cores() == 16
    (group / "cpu.max").write_text("max 100000\n")
    (group.parent / "cpu.max").write_text("350000 100000\n")
    assert machine.usable_cores() == 3
    monkeypatch.setenv("CPU_LIMIT", "0.5")
    assert machine.usable_cores() == 1
    (group / "memory.max").write_text("max\n")
    everything = machine.usable_memory()
    (group.parent / "memory.max").write_text(f"{64 * MIB}\n")
    assert machine.usable_memory() == 64 * MIB < everything
    monkeypatch.setenv("MEM_LIMIT", str(32 * MIB))
    assert machine.usable_memory() == 32 * MIB


def test_what_the_kernel_killed_for_memory(group: Path) -> None:
    assert machine.killed_for_memory() == 0
    (group / "memory.events").write_text("low 0\noom 3\noom_kill 2\n")
    assert machine.killed_for_memory() == 2
