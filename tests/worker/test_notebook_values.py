"""Every kind of parameter of a Python notebook, sent, checked, injected and read in the kernel."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_ades.errors import InvalidInputs
from jupyter_ades.model import JSON
from tests.worker.kernels import book, run, told
from tests.worker.support import Bench

PARAMETERS = """
import datetime as dt
from datetime import date, datetime
from pathlib import Path
from typing import Literal, Optional

%matplotlib inline
text: str = "x"                                # multi
words: list[str] = []
whole: int = 1
big: int = 0
share: float = 0.5
flag: bool = False
table: dict = {}
deep: dict[str, list[float]] = {}
maybe: Optional[int] = 3
other: float | None = 1.0
band: Literal["red", "nir"] = "red"
level: Literal[1, 2, None] = 1
day: date = "2020-01-01"
days: list[dt.date] = []
when: datetime = None
perhaps: date | None = None
loose: date | str = "today"
plan: dict[str, date] = {}
"""
SHOW = """
import json
names = [
    "text", "words", "whole", "big", "share", "flag", "table", "deep", "maybe", "other", "band",
    "level", "day", "days", "when", "perhaps", "loose", "plan",
]
assert date is dt.date and datetime is dt.datetime
with open("told.json", "w") as file:
    json.dump({name: repr(globals()[name]) for name in names}, file)
"""
SENT: dict[str, JSON] = {
    "text": "quo\"te'\n${x} {y} \\n \t é 植 😀 \u2028 \x00 \x7f",
    "words": ["", "a\nb", "#"],
    "whole": -7,
    "big": 10**30,
    "share": -1.5e-12,
    "flag": True,
    "table": {"a b": {"c": [None, True, 1.5]}, "": []},
    "deep": {"x": [1, 2.5]},
    "maybe": None,
    "other": 2,
    "band": "nir",
    "level": None,
    "day": "2024-02-29",
    "days": ["2024-05-01", "2024-05-02"],
    "when": "2024-05-01T12:30:00.25+02:00",
    "perhaps": "1999-12-31",
    "loose": "tomorrow",
    "plan": {"first": "2024-05-01"},
}


def test_values_of_every_kind(bench: Bench) -> None:
    running = run(bench, "python3", book("python3", PARAMETERS, SHOW), SENT)
    moments = {
        "day": "datetime.date(2024, 2, 29)",
        "days": "[datetime.date(2024, 5, 1), datetime.date(2024, 5, 2)]",
        "when": "datetime.datetime(2024, 5, 1, 12, 30, 0, 250000,"
        " tzinfo=datetime.timezone(datetime.timedelta(seconds=7200)))",
        "perhaps": "datetime.date(1999, 12, 31)",
        "plan": "{'first': datetime.date(2024, 5, 1)}",
    }
    expected = {name: repr(value) for name, value in SENT.items()} | moments
    assert told(running, "told.json") == expected


def test_defaults_stay_what_the_cell_says(bench: Bench) -> None:
    running = run(bench, "python3", book("python3", PARAMETERS, SHOW), {})
    found = told(running, "told.json")
    assert found["day"] == "'2020-01-01'"
    assert (found["share"], found["maybe"], found["level"]) == ("0.5", "3", "1")


def test_files_of_every_kind(bench: Bench) -> None:
    (bench.home / "a b.txt").write_text("content")
    parameters = (
        "from pathlib import Path\nfrom typing import Optional\n"
        "one: Path = 'x'\nmany: list[Path] = []\nnone: Optional[Path] = None\nnamed: dict = {}"
    )
    show = (
        "import json\nfound = [one.read_text(), [each.name for each in many], none]\n"
        "json.dump(found, open('told.json', 'w'))"
    )
    sent = {"one": "a b.txt", "many": ["a b.txt", {"href": "a b.txt"}], "none": None}
    running = run(bench, "python3", book("python3", parameters, show), sent)
    assert told(running, "told.json") == ["content", ["a b.txt", "a b.txt"], None]


@pytest.mark.parametrize(
    "wrong",
    [
        {"day": "29.2.2024"},
        {"day": "2023-02-29"},
        {"when": "2024-05-01"},
        {"band": "blue"},
        {"level": 3},
        {"whole": 1.5},
        {"flag": "maybe"},
        {"deep": {"x": "y"}},
    ],
)
def test_what_does_not_fit_is_refused_before_it_runs(bench: Bench, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputs):
        run(bench, "python3", book("python3", PARAMETERS, SHOW), wrong)
    assert bench.started == []
