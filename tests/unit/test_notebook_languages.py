"""How values are written for R, bash and Julia; the real kernels of the first two read them too."""

from __future__ import annotations

from typing import Any

import pytest
from papermill.exceptions import PapermillException

from jupyter_ades.model import Input
from jupyter_ades.programs.notebook_languages import TRANSLATORS
from jupyter_ades.programs.notebook_parameters import Translator, parameters

CASES: list[tuple[str, Any, str]] = [
    ("r", 'é"\\\n$x 😀', r'"\u00e9\"\\\n$x \U0001f600"'),
    ("r", ["a", "b"], 'c("a", "b")'),
    ("r", [1, 2.5], "c(1, 2.5)"),
    ("r", [True, 1], "list(TRUE, 1)"),
    ("r", [None], "list(NULL)"),
    ("r", [], "list()"),
    ("r", {"a": [1], "": None}, 'structure(list(c(1), NULL), names = c("a", ""))'),
    ("r", {}, "list()"),
    ("julia", "é $x", r'"\u00e9 \$x"'),
    ("julia", [1, None, {"a": True}], '[1, nothing, Dict("a" => true)]'),
    ("bash", "it's", "'it'\"'\"'s'"),
    ("bash", "é\n'\t", r"$'\xc3\xa9\n\'\t'"),
    ("bash", ["a b", 1, True, None, ""], "('a b' 1 true '' '')"),
    ("bash", [[1, "x"], {}], "('[1, \"x\"]' '{}')"),
    ("bash", {"a": "é"}, r"""$'{"a": "\xc3\xa9"}'"""),
]


@pytest.mark.parametrize(("language", "value", "source"), CASES)
def test_values(language: str, value: Any, source: str) -> None:
    assert TRANSLATORS[language].translate(value) == source


@pytest.mark.parametrize("language", ["r", "bash"])
def test_a_nul_has_no_place(language: str) -> None:
    with pytest.raises(PapermillException, match="NUL"):
        TRANSLATORS[language].translate(["a\0b"])


def test_dates_leave_the_notebooks_own_names_alone() -> None:
    declared = [Input(id="day", schema={"type": "string", "format": "date"})]
    source = Translator.codify(parameters({"day": "2024-05-01", "text": "2024-05-01"}, declared))
    assert "import datetime as _datetime\n" in source
    space: dict[str, Any] = {"datetime": "mine"}
    exec(source, space)
    assert (space["datetime"], space["text"]) == ("mine", "2024-05-01")
    assert repr(space["day"]) == "datetime.date(2024, 5, 1)"


def test_a_date_that_is_none() -> None:
    declared = [Input(id="day", schema={"type": "string", "format": "date"})]
    with pytest.raises(PapermillException, match=r"'1\.5\.2024' is no date"):
        parameters({"day": "1.5.2024"}, declared)
