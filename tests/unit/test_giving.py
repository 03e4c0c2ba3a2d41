"""What a notebook gives by name, written by Python and read again."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy
import pytest

from jupyter_ades import give_outputs
from jupyter_ades.model import Output
from jupyter_ades.runners.notebook_outputs import InvalidOutputs, missing_or_wrong, read_given


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_values_of_every_kind_come_back(work: Path) -> None:
    give_outputs(
        text="é",
        number=numpy.float32(0.5),
        array=numpy.arange(3),
        nested={"a": (1, None), 2: True},
        day=date(2024, 6, 20),
    )
    assert read_given(work) == {
        "text": "é",
        "number": 0.5,
        "array": [0, 1, 2],
        "nested": {"a": [1, None], "2": True},
        "day": "2024-06-20",
    }


def test_files_and_folders_are_found(work: Path) -> None:
    (work / "maps").mkdir()
    (work / "maps" / "a.tif").touch()
    give_outputs(first=Path("maps/a.tif"), all=work / "maps", listed=[Path("maps/a.tif")])
    written = json.loads((work / "ades-outputs.json").read_text())
    assert written["first"] == {"class": "File", "path": "maps/a.tif"}
    given = read_given(work)
    place = str(work / "maps" / "a.tif")
    assert given["first"]["path"] == given["listed"][0]["path"] == place
    assert given["first"]["relative"] == "maps/a.tif"
    assert (given["all"]["class"], given["all"]["path"]) == ("Directory", str(work / "maps"))


def test_a_name_given_again_is_replaced_and_others_stay(work: Path) -> None:
    give_outputs(a=1, b=2)
    give_outputs(b=3)
    assert read_given(work) == {"a": 1, "b": 3}


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (float("nan"), ValueError),
        (object(), TypeError),
        (Path("/etc/hostname"), ValueError),
        (Path("missing.tif"), FileNotFoundError),
    ],
)
def test_what_cannot_be_given_leaves_what_there_was(
    work: Path, value: Any, error: type[Exception]
) -> None:
    give_outputs(a=1)
    with pytest.raises(error):
        give_outputs(a=2, b=value)
    assert read_given(work) == {"a": 1}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "an object of output ids"),
        ("{", "is not JSON"),
        ('{"a": NaN}', "NaN is no number"),
        ("[" * 100_000, "is not JSON"),
        ('{"results": 1}', "every notebook has an output 'results'"),
        ('{"a": {"class": "File", "path": "../x"}}', "is not in the notebook's folder"),
        ('{"a": {"class": "File"}}', "is not in the notebook's folder"),
        ('{"a": {"class": "Directory", "path": "ades-outputs.json"}}', "there is no directory"),
        ('{"a": [{"class": "File", "path": "x.tif"}]}', "there is no file 'x.tif'"),
    ],
)
def test_what_is_wrong_with_the_file_is_said(work: Path, text: str, said: str) -> None:
    (work / "ades-outputs.json").write_text(text)
    with pytest.raises(InvalidOutputs, match=said):
        read_given(work)


def test_a_link_out_of_the_folder_is_not_followed(work: Path) -> None:
    (work / "out.txt").symlink_to("/etc/hostname")
    (work / "ades-outputs.json").write_text('{"a": {"class": "File", "path": "out.txt"}}')
    with pytest.raises(InvalidOutputs, match="is not in the notebook's folder"):
        read_given(work)


def test_what_was_declared_must_be_given_as_declared() -> None:
    number, optional = {"type": "number"}, {"type": ["string", "null"]}
    outputs = [
        Output(id="results", schema={"type": "array"}),
        Output(id="mean", schema=number),
        Output(id="note", schema=optional),
        Output(id="map", schema={"type": "object", "required": ["href"]}),
    ]
    file = {"class": "File", "path": "/w/map.tif"}
    assert list(missing_or_wrong(outputs, {"mean": 1, "map": file, "more": 1})) == []
    missing, wrong = missing_or_wrong(outputs, {"map": "map.tif"})
    assert "declares an output 'mean' and did not give it" in missing
    assert wrong == "output 'map' is not as it is declared: 'map.tif' is not of type 'object'"
