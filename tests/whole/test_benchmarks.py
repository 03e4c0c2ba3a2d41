"""The benchmarks still measure: one small run of one subject, and the page that is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks import api
from tests.benchmarks.page import BEGIN, END, PAGE, write_figures
from tests.benchmarks.table import Row, show


def test_a_subject_gives_its_rows(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(api, "COUNT", 64)
    monkeypatch.setattr(api, "PEERS_TOO", False)
    rows = show("api", api.measure())
    assert [row.unit for row in rows] == ["ms", "ms", "/s", "/s"]
    assert all(row.ours > 0 and row.theirs > 0 for row in rows)
    assert capsys.readouterr().out.count("bare handler") == len(rows)


@pytest.mark.parametrize(
    ("bounds", "ours", "good", "goal"),
    [
        ({"bound": 0.5}, 5.0, True, "<= 0.5"),
        ({"bound": 0.5}, 5.1, False, "<= 0.5"),
        ({"least": 0.8}, 8.0, True, ">= 0.8"),
        ({"least": 0.8}, 7.9, False, ">= 0.8"),
    ],
)
def test_a_row_says_whether_its_goal_is_met(
    bounds: dict[str, float], ours: float, good: bool, goal: str
) -> None:
    row = Row(what="x", ours=ours, theirs=10, **bounds)
    assert (row.good, row.goal) == (good, goal)


def test_the_page_keeps_what_people_wrote(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE.read_text())
    before, after = page.read_text().split(BEGIN)[0], page.read_text().split(END)[1]
    rows = [Row(what="a job", ours=5, theirs=10, peer="a command", unit="ms", bound=0.1)]
    for _ in range(2):
        write_figures({"jobs": rows}, page)
        text = page.read_text()
        assert (text.split(BEGIN)[0], text.split(END)[1]) == (before, after)
        line = "| a job | 5 ms | a command | 10 ms | 0.500 | <= 0.1 | **missed** |"
        assert text.count(line) == 1
