"""Toil's leader as we start it: when it waits for the batch system, and when it goes on."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("toil", reason="needs: pip install 'jupyter_ades[toil]'")
from jupyter_ades.programs import toil_leader


class Leader:
    """A leader whose batch system notes how long it was asked to wait."""

    def __init__(self, issued: int, told: int) -> None:
        self.waits: list[int] = []
        self.batchSystem: Any = SimpleNamespace(getUpdatedBatchJob=self._note)
        self.getNumberOfJobsIssued: Callable[[], int] = lambda: issued
        self._messages = SimpleNamespace(count=lambda kind: told)

    def _note(self, maxWait: int) -> str:  # noqa: N803
        self.waits.append(maxWait)
        return "an update"


@pytest.mark.parametrize(
    ("issued", "told", "wait"),
    [(2, 0, 2), (2, 1, 0), (0, 0, 0), (0, 1, 0)],
    ids=["jobs run", "one of them told something", "none runs", "a gathering is left"],
)
def test_it_waits_while_jobs_run_and_there_is_nothing_else_to_do(
    monkeypatch: pytest.MonkeyPatch, issued: int, told: int, wait: int
) -> None:
    monkeypatch.setattr(toil_leader, "_begin", Leader.__init__)
    leader = Leader.__new__(Leader)
    toil_leader._begin_without_waits(leader, issued, told=told)
    assert leader.batchSystem.getUpdatedBatchJob(maxWait=2) == "an update"
    assert leader.waits == [wait]
