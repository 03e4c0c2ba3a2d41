"""The evaluator inside snuggs.cwl: expressions to numpy values, and every error."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pystac
import pytest

from tests.scene import load_snuggs, read_snuggs

snuggs = load_snuggs()
NAN = np.nan
A = np.array([1.0, 4.0, 9.0, 0.0, -2.0])
B = np.array([2.0, 4.0, 3.0, 0.0, 0.0])
C = np.array([0.0, 1.0, 0.0, 1.0, 1.0])


def evaluate(expression: str, **bands: np.ndarray) -> np.ndarray:
    _, node = snuggs.parse(f"x:{expression}")
    named = {place.text for place in snuggs.find_names(node)}
    return snuggs.compute(node, {name: value for name, value in bands.items() if name in named})


Numpy = Callable[[np.ndarray, np.ndarray, np.ndarray], Any]

VALUES: list[tuple[str, Numpy]] = [
    ("A", lambda a, b, c: a),
    ("(+ A)", lambda a, b, c: a),
    ("(+ A B)", lambda a, b, c: a + b),
    ("(+ A B C 10)", lambda a, b, c: a + b + c + 10),
    ("(- A)", lambda a, b, c: -a),
    ("(- A B)", lambda a, b, c: a - b),
    ("(* A B C)", lambda a, b, c: a * b * c),
    ("(/ A 4)", lambda a, b, c: a / 4),
    ("(/ A B)", lambda a, b, c: [0.5, 1, 3, NAN, NAN]),
    ("(/ 0 C)", lambda a, b, c: [NAN, 0, NAN, 0, 0]),
    ("(< A B)", lambda a, b, c: a < b),
    ("(<= A B)", lambda a, b, c: a <= b),
    ("(> A B)", lambda a, b, c: a > b),
    ("(>= A B)", lambda a, b, c: a >= b),
    ("(== A B)", lambda a, b, c: a == b),
    ("(!= A B)", lambda a, b, c: a != b),
    ("(& C (> A 0))", lambda a, b, c: (c != 0) & (a > 0)),
    ("(| C (> A 0) 0)", lambda a, b, c: (c != 0) | (a > 0)),
    ("(! C)", lambda a, b, c: c == 0),
    ("(where C A B)", lambda a, b, c: np.where(c != 0, a, b)),
    ("(sqrt A)", lambda a, b, c: [1, 2, 3, 0, NAN]),
    ("(log A)", lambda a, b, c: [0, np.log(4), np.log(9), NAN, NAN]),
    ("(exp A)", lambda a, b, c: np.exp(a)),
    ("(exp (* 1000 C))", lambda a, b, c: [1, NAN, 1, NAN, NAN]),
    ("(min A B 1)", lambda a, b, c: np.minimum(np.minimum(a, b), 1)),
    ("(max A B 1)", lambda a, b, c: np.maximum(np.maximum(a, b), 1)),
    ("(abs A)", lambda a, b, c: np.abs(a)),
    ("(norm_diff A B)", lambda a, b, c: [-1 / 3, 0, 0.5, NAN, 1]),
    ("(+ A -1.5e1)", lambda a, b, c: a - 15),
    ("(+ A .5 2. +1)", lambda a, b, c: a + 3.5),
    ("( / ( - A B )\n\t( + A B ) )", lambda a, b, c: [-1 / 3, 0, 0.5, NAN, 1]),
    ("(* A (+ 1 (- 3 1)))", lambda a, b, c: a * 3),
    # float64 inside: this is 0 in float32.
    ("(- (+ A 1e-9) A)", lambda a, b, c: np.full(5, 1e-9)),
    # Finite, but not as float32.
    ("(+ C 1e39)", lambda a, b, c: np.full(5, NAN)),
]


def test_every_operator_is_in_the_table() -> None:
    used = {token for text, _ in VALUES for token in text.replace("(", " ( ").split()}
    assert set(snuggs.OPERATORS) <= used


@pytest.mark.parametrize(("expression", "expected"), VALUES, ids=[text for text, _ in VALUES])
def test_value(expression: str, expected: Numpy) -> None:
    found = evaluate(expression, A=A, B=B, C=C)
    assert found.dtype == np.float32
    wanted = np.asarray(expected(A, B, C), dtype="float64")
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-12, equal_nan=True)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # A comparison with a missing number is missing, not false.
        ("(> (/ A B) 1)", [0, 0, 1, NAN, NAN]),
        ("(! (/ A B))", [0, 0, 0, NAN, NAN]),
        ("(| 1 (/ A B))", [1, 1, 1, NAN, NAN]),
        ("(min 0 (/ A B))", [0, 0, 0, NAN, NAN]),
        ("(where (> (/ A B) 1) 5 A)", [1, 4, 5, NAN, NAN]),
        # A division by zero that `where` does not choose does no harm.
        ("(where (!= B 0) (/ A B) 7)", [0.5, 1, 3, 7, 7]),
        ("(where (== B 0) (/ A B) 7)", [7, 7, 7, NAN, NAN]),
    ],
)
def test_what_has_no_value_stays_without(expression: str, expected: list[float]) -> None:
    np.testing.assert_allclose(evaluate(expression, A=A, B=B), expected, rtol=1e-6)


def test_nodata_of_any_named_band_is_nodata() -> None:
    missing = np.array([1.0, NAN, 3.0, 4.0, 5.0])
    found = evaluate("(where 0 D A)", A=A, D=missing)
    assert np.isnan(found).tolist() == [False, True, False, False, False]


ERRORS = [
    ("", "column 1: a name and a colon"),
    ("A", "column 1: a name and a colon"),
    (":A", "column 1: a name and a colon"),
    ("../:A", "column 1: a name and a colon"),
    ("x:", "column 3: a number, a band or '(' is missing"),
    ("x:)", "column 3: a number, a band or '(' is missing"),
    ("x:(", "column 4: an operator is missing"),
    ("x:()", "column 4: an operator is missing"),
    ("x:((+ A B) A)", "column 4: an operator is missing"),
    ("x:(+ A (* B 2)", "column 3: this '(' is never closed"),
    ("x:(+ A (* B 2", "column 8: this '(' is never closed"),
    ("x:(+ A B))", "column 10: nothing may follow here: ')'"),
    ("x:A B", "column 5: nothing may follow here: 'B'"),
    ("x:(pow A 2)", "column 4: no operator 'pow', only + - "),
    ("x:(__import__ os)", "column 4: no operator '__import__'"),
    ("x:(+ A (/ B))", "column 9: / takes 2, not 1"),
    ("x:(/ A B C)", "column 4: / takes 2, not 3"),
    ("x:(-)", "column 4: - takes 1 or 2, not 0"),
    ("x:(- A B C)", "column 4: - takes 1 or 2, not 3"),
    ("x:(+)", "column 4: + takes 1 or more, not 0"),
    ("x:(& A)", "column 4: & takes 2 or more, not 1"),
    ("x:(where A B)", "column 4: where takes 3, not 2"),
    ("x:" + "(- " * 5000 + "A" + ")" * 5000, "column 303: more than 100 parentheses"),
]


@pytest.mark.parametrize(("text", "problem"), ERRORS, ids=[text[:20] for text, _ in ERRORS])
def test_a_wrong_expression_is_one_line_with_the_column(text: str, problem: str) -> None:
    with pytest.raises(snuggs.Complaint) as caught:
        snuggs.parse(text)
    assert str(caught.value).startswith(problem)
    assert "\n" not in str(caught.value)


HREFS = {"B02": "/b02", "B05": "/b05", "blue": "/b02"}


def test_bands_are_found_by_every_name() -> None:
    _, node = snuggs.parse("x:(+ blue B05)")
    assert snuggs.pick_hrefs(node, HREFS) == {"blue": "/b02", "B05": "/b05"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x:(+ B02 B99)", "column 10: no band 'B99', there are B02, B05, blue"),
        ("x:(+ B02 nan)", "column 10: no band 'nan', there are B02, B05, blue"),
        ("x:(+ 1 2)", "column 4: the expression names no band"),
    ],
)
def test_a_wrong_band_is_named_with_those_there_are(text: str, problem: str) -> None:
    _, node = snuggs.parse(text)
    with pytest.raises(snuggs.Complaint) as caught:
        snuggs.pick_hrefs(node, HREFS)
    assert str(caught.value) == problem


def make_item(**assets: dict[str, Any]) -> pystac.Item:
    record = {"type": "Feature", "stac_version": "1.1.0", "id": "i", "geometry": None, "links": []}
    record |= {"properties": {"datetime": "2024-01-01T00:00:00Z"}, "assets": assets}
    return pystac.Item.from_dict(record)


def test_names_in_stac_1_0_and_1_1_and_hrefs_beside_the_item() -> None:
    item = make_item(
        B02={"href": "./b02.tif", "eo:bands": [{"name": "B2", "common_name": "blue"}]},
        B04={"href": "http://other/b04.tif", "bands": [{"name": "B4", "eo:common_name": "red"}]},
        B08={"href": "../b08.tif"},
    )
    assert snuggs.find_hrefs(item, "http://host/items/i.json") == {
        **dict.fromkeys(("B02", "B2", "blue"), "http://host/items/b02.tif"),
        **dict.fromkeys(("B04", "B4", "red"), "http://other/b04.tif"),
        "B08": "http://host/b08.tif",
    }


def test_pictures_and_ambiguous_names_are_no_bands() -> None:
    item = make_item(
        visual={"href": "tci.tif", "eo:bands": [{"name": "B04"}, {"name": "B03"}]},
        thumbnail={"href": "t.png", "type": "image/png"},
        B05={"href": "b05.tif", "eo:bands": [{"name": "B05", "common_name": "rededge"}]},
        B06={"href": "b06.tif", "eo:bands": [{"name": "B06", "common_name": "rededge"}]},
    )
    assert set(snuggs.find_hrefs(item, "/d/i.json")) == {"B05", "B06"}


def test_the_finest_file_of_a_band_is_taken() -> None:
    item = make_item(
        B02_60m={"href": "60.jp2", "type": "image/jp2", "gsd": 60, "bands": [{"name": "B02"}]},
        B02_10m={"href": "10.jp2", "type": "image/jp2", "gsd": 10, "bands": [{"name": "B02"}]},
    )
    assert snuggs.find_hrefs(item, "/d/i.json")["B02"] == "/d/10.jp2"


@pytest.mark.parametrize(
    ("name", "safe"), [("ndvi", "ndvi"), ("a b/c", "a-b-c"), ("../../x", "x"), ("...", "")]
)
def test_names_are_made_safe_for_files(name: str, safe: str) -> None:
    assert snuggs.make_safe(name) == safe


@pytest.mark.parametrize(
    "content", [None, "", "[]", "{}", '{"type": "Catalog", "id": "c"}', "\xff"]
)
def test_what_is_no_item_is_a_complaint(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "item.json"
    if content is not None:
        path.write_text(content, encoding="latin-1")
    with pytest.raises(snuggs.Complaint, match="no STAC item can be read from"):
        snuggs.read_item(str(path))


def test_the_script_is_safe_inside_cwl_and_evaluates_nothing_as_python() -> None:
    script = read_snuggs()
    assert "$(" not in script
    assert "${" not in script
    calls = {
        node.func.id
        for node in ast.walk(ast.parse(script))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not calls & {"eval", "exec", "compile", "__import__"}
