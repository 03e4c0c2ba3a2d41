"""Toil on this machine, in real workers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_ades.model import JobStatus
from tests.engines.packages import SCATTER
from tests.worker.support import CWL, Bench, assert_monotone, until

TOIL = replace(CWL, runner="toil")
pytest.importorskip("toil", reason="needs: pip install 'jupyter_ades[toil]'")
pytestmark = pytest.mark.timeout(200)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(root=tmp_path)
    yield made
    made.close()


def test_steps_are_counted_and_outputs_of_one_name_kept_apart(bench: Bench) -> None:
    running = bench.start(
        TOIL, {"app.cwl": SCATTER}, name="job", stand_in=False, inputs={"words": list("abc")}
    )
    assert running.wait().status is JobStatus.SUCCESSFUL, running.log()
    assert_monotone(running)
    assert "4 of 4: join" in [each.message for each in running.said]
    names = ("said.txt", "said_2.txt", "said_3.txt")
    assert [running.delivered(name).read_text().strip() for name in names] == list("abc")
    assert "say 2: about to say b" in running.log()
    assert running.left() == []


def test_a_dismissal_ends_it_all(bench: Bench, tmp_path: Path) -> None:
    inputs = {"words": ["a"], "gate": str(tmp_path / "never")}
    running = bench.start(TOIL, {"app.cwl": SCATTER}, name="job", inputs=inputs)
    until(lambda: running.status() and "say 1" in running.said[-1].message)
    running.dismiss()
    assert running.wait().status is JobStatus.DISMISSED
    assert running.left() == []


def test_a_package_that_toil_cannot_read_is_explained(bench: Bench) -> None:
    running = bench.start(TOIL, {"app.cwl": "cwlVersion: v1.2\nclass: Nonsense\n"}, name="job")
    status = running.wait()
    assert status.status is JobStatus.FAILED
    assert "Nonsense" in status.message
