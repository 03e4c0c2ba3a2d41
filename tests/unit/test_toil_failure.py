"""Why a job of Toil's failed, where the node of its step had not what a step needs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from jupyter_ades.jobdir import JobDir
from jupyter_ades.programs.run_toil import _failure
from jupyter_ades.programs.toil_log import LeaderLog
from jupyter_ades.runners.cwltool import _failed_step

ENDED = (
    "[2026-11-24T01:33:01+0000] [MainThread] [W] [toil.leader] Job failed with exit value {}:"
    " 'CWLJob' main.0.say kind-CWLJob/instance-a v1"
)


def told(tmp_path: Path, code: int, *lines: str, options: tuple[str, ...] = ()) -> str:
    """The job's message."""
    log = LeaderLog()
    for line in (ENDED.format(code), *lines):
        list(log.read(line))
    return _failed_step(_failure(log, JobDir(tmp_path / "job"), options))


@pytest.mark.parametrize("code", [76, 181])
def test_a_folder_that_is_not_shared_is_named(tmp_path: Path, code: int) -> None:
    assert told(tmp_path, code) == (
        f"step say 1 failed: its node does not see the job's folder, {tmp_path / 'job'}: that must"
        " be in a folder which all nodes of the batch system share, at the same path"
        " (c.ADES.workspace_root, c.ADES.scratch_root)"
    )


def test_programs_that_a_node_has_not_are_named(tmp_path: Path) -> None:
    assert f"does not see Toil's programs, {sys.prefix}: " in told(tmp_path, 127)


def test_an_image_without_them_is_told(tmp_path: Path) -> None:
    assert told(tmp_path, 127, options=("--batchSystem", "kubernetes")) == (
        "step say 1 failed: the image of Toil's workers has none of its programs"
        " (TOIL_APPLIANCE_SELF)"
    )


def test_what_a_tool_ended_with_is_the_tools(tmp_path: Path) -> None:
    worker = "\t[2026-11-24T01:33:01+0000] [MainThread] [{}] [{}] {}"
    said = told(
        tmp_path,
        127,
        worker.format("I", "toil.worker", "Working on job 'CWLJob' main.0.say kind-CWLJob v1"),
        worker.format("W", "cwltool", "[job say] exited with status: 127"),
    )
    assert said == "step say 1 failed with exit code 127"


def test_another_end_of_a_worker_is_told_as_that(tmp_path: Path) -> None:
    assert told(tmp_path, 9) == "step say 1 failed with exit code 9"
