"""What Slurm is asked, how often, and how its nodes are read. A script stands in for sinfo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_ades.system import batch
from jupyter_ades.system.batch import BAD, GOOD, Cluster, Node

SMALL, LARGE = Node(cores=4, memory_mib=4000), Node(cores=64, memory_mib=512000)


@pytest.fixture
def sinfo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let sinfo say something from now on; what it is asked is in the file ``calls``."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.chdir(tmp_path)

    def says(text: str) -> None:
        (tmp_path / "said").write_text(text)
        program = tmp_path / "sinfo"
        program.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/calls\ncat {tmp_path}/said\n')
        program.chmod(0o755)

    return says


def calls() -> list[str]:
    return Path("calls").read_text().splitlines()


@pytest.mark.parametrize(
    ("line", "usable"),
    [
        ("4 4000 idle*", True),
        ("4 4000 allocated", True),
        ("4+ 4000+ mixed-", True),
        ("4 4000 reserved", True),
        ("4 4000 completing", True),
        ("4 4000 idle~", True),
        ("4 4000 drained", False),
        ("4 4000 down*", False),
        ("4 4000 maint", False),
        ("what is this", False),
        ("and this one here", False),
    ],
)
def test_nodes_that_jobs_may_run_on(sinfo: Callable[[str], None], line: str, usable: bool) -> None:
    sinfo(f"large 64 512000 idle\nsmall {line}\n")
    assert Cluster().nodes() == [LARGE, SMALL][: 2 if usable else 1]


def test_a_node_of_two_partitions_is_one_node(sinfo: Callable[[str], None]) -> None:
    sinfo("a 4 4000 idle\na 4 4000 idle\nb 4 4000 idle\n")
    assert Cluster().nodes() == [SMALL, SMALL]


def test_a_partition_limits_the_nodes(sinfo: Callable[[str], None]) -> None:
    sinfo("small 4 4000 idle\n")
    assert Cluster("long").nodes() == [SMALL]
    assert calls() == ["-N -h -p long -o %N %c %m %T"]


def test_it_is_asked_once_and_again_when_the_answer_is_old(sinfo: Callable[[str], None]) -> None:
    """Who asks then is not held up: it may take Slurm ten seconds not to answer."""
    now = 0.0
    waiting: list[Callable[[], None]] = []
    sinfo("small 4 4000 idle\n")
    cluster = Cluster(clock=lambda: now, beside=waiting.append)
    assert (cluster.answers(), cluster.nodes()) == (True, [SMALL])
    sinfo("")
    now = GOOD
    assert (cluster.answers(), cluster.nodes()) == (True, [SMALL])
    assert len(waiting) == len(calls()) == 1
    waiting.pop()()
    assert (cluster.answers(), cluster.nodes()) == (False, [])
    sinfo("large 64 512000 idle\n")
    now = GOOD + BAD
    assert not cluster.answers()
    waiting.pop()()
    assert cluster.nodes() == [LARGE]


def test_no_slurm_answers_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not Cluster().answers()


def test_what_a_job_left_is_cancelled_when_the_controller_answers_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(batch, "PAUSES", (0, 0, 0))
    busy = f"[ -e {tmp_path}/asked ] || {{ touch {tmp_path}/asked; exit 1; }}"
    scripts = {
        "squeue": f"{busy}\necho '17 ades:j'\necho '18 (null)'\necho '19 ades:other'",
        "scancel": f'echo "$*" >> {tmp_path}/cancelled',
    }
    for name, text in scripts.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    batch.note(tmp_path / "batch", "j")
    batch.end_batch_jobs(tmp_path / "batch")
    assert (tmp_path / "cancelled").read_text() == "17\n"
