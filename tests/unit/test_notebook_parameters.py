"""The parameters cell: what Python says becomes inputs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from jupyter_ades.errors import InvalidPackage
from jupyter_ades.model import Input
from jupyter_ades.packages.notebook_parameters import read_parameters
from jupyter_ades.packages.schemas import HREF, INLINE_STAC, LINK

FILE = {"oneOf": [HREF, LINK], "x-stage-in": "file"}
ITEM = {"oneOf": [HREF, LINK, INLINE_STAC], "x-stage-in": "stac-item"}
STRING = {"type": "string"}
INTEGER = {"type": "integer"}
NUMBER = {"type": "number"}
NULL = {"type": "null"}


def only(source: str) -> Input:
    (found,) = read_parameters(source, 2)
    return found


ANNOTATIONS: list[tuple[str, dict[str, Any]]] = [
    ("str", STRING),
    ("int", INTEGER),
    ("float", NUMBER),
    ("bool", {"type": "boolean"}),
    ("dict", {"type": "object"}),
    ("dict[str, float]", {"type": "object", "additionalProperties": NUMBER}),
    ("list", {"type": "array"}),
    ("list[float]", {"type": "array", "items": NUMBER}),
    ("List[List[int]]", {"type": "array", "items": {"type": "array", "items": INTEGER}}),
    ("typing.Sequence[str]", {"type": "array", "items": STRING}),
    ("set[str]", {"type": "array", "uniqueItems": True, "items": STRING}),
    ("tuple[float, ...]", {"type": "array", "items": NUMBER}),
    ("tuple[int, int]", {"type": "array", "items": INTEGER, "minItems": 2, "maxItems": 2}),
    (
        "tuple[int, str]",
        {"type": "array", "prefixItems": [INTEGER, STRING], "minItems": 2, "maxItems": 2},
    ),
    ("Literal['a', 'b']", {"type": "string", "enum": ["a", "b"]}),
    ("typing.Literal[1, 2, 3]", {"type": "integer", "enum": [1, 2, 3]}),
    ("Literal['a', 1]", {"enum": ["a", 1]}),
    ("Literal['a', None]", {"type": ["string", "null"], "enum": ["a", None]}),
    ("int | None", {"type": ["integer", "null"]}),
    ("None | int", {"type": ["integer", "null"]}),
    ("Optional[float]", {"type": ["number", "null"]}),
    ("Union[int, str]", {"oneOf": [INTEGER, STRING]}),
    ("int | str | None", {"anyOf": [{"oneOf": [INTEGER, STRING]}, NULL]}),
    ("int | float", {"anyOf": [INTEGER, NUMBER]}),
    ("Path", FILE),
    ("pathlib.Path", FILE),
    ("pystac.Item", ITEM),
    ("list[Path]", {"type": "array", "items": FILE}),
    ("list[pystac.Item]", {"type": "array", "items": ITEM}),
    ("Path | None", {"anyOf": [FILE, NULL]}),
    ("datetime.date", {"type": "string", "format": "date"}),
    ("datetime", {"type": "string", "format": "date-time"}),
    ("Annotated[int, 'metres']", INTEGER),
    ("'list[int]'", {"type": "array", "items": INTEGER}),
    ("list['pystac.Item']", {"type": "array", "items": ITEM}),
    ("'not a type'", {}),
    ("Any", {}),
    ("numpy.float64", {}),
    ("list[numpy.float64]", {"type": "array", "items": {}}),
]


@pytest.mark.parametrize(("annotation", "schema"), ANNOTATIONS)
def test_annotations(annotation: str, schema: dict[str, Any]) -> None:
    found = only(f"x: {annotation}")
    assert found.schema == schema
    assert found.required
    Draft202012Validator.check_schema(found.schema)


# source; schema with the default
DEFAULTS: list[tuple[str, dict[str, Any]]] = [
    ('q: str = "a=b"', {**STRING, "default": "a=b"}),
    ("x = 'a'", {**STRING, "default": "a"}),
    ("x = 'a' 'b'", {**STRING, "default": "ab"}),
    ("x = 3", {**INTEGER, "default": 3}),
    ("x = -3.5e2", {**NUMBER, "default": -350.0}),
    ("x = True", {"type": "boolean", "default": True}),
    ("x = False", {"type": "boolean", "default": False}),
    ("x = None", {"default": None}),
    ("x = []", {"type": "array", "default": []}),
    ("x = [1, 2]", {"type": "array", "items": INTEGER, "default": [1, 2]}),
    ("x = [1, 2.5]", {"type": "array", "items": NUMBER, "default": [1, 2.5]}),
    ("x = [1, 'a']", {"type": "array", "default": [1, "a"]}),
    ("x = (1.0, 2.0)", {"type": "array", "items": NUMBER, "default": [1.0, 2.0]}),
    ("x = {'a': [1, (2,)]}", {"type": "object", "default": {"a": [1, [2]]}}),
    ("x: float = 1", {**NUMBER, "default": 1}),
    ("x: int = None", {"type": ["integer", "null"], "default": None}),
    ("x: int | None = None", {"type": ["integer", "null"], "default": None}),
    ("x: Path = 'a.tif'", {**FILE, "default": "a.tif"}),
    ("x: Path = None", {"anyOf": [FILE, NULL], "default": None}),
    ("x: 'list[str]' = ['a#b']  # c", {"type": "array", "items": STRING, "default": ["a#b"]}),
    # no literals: nothing is evaluated, nothing is shown
    ("x = dict(a=1)", {"type": "object"}),
    ("x: dict = dict(a=1)", {"type": "object"}),
    ("x = list(range(3))", {"type": "array"}),
    ("x = [i for i in range(3)]", {"type": "array"}),
    ("x = {i: 1 for i in range(3)}", {"type": "object"}),
    ("x = [A]", {"type": "array"}),
    ("x = f'{a}'", STRING),
    ("x = float('nan')", NUMBER),
    ("x = Path('a.tif')", FILE),
    ("x = datetime.date(2024, 5, 1)", {"type": "string", "format": "date"}),
    ("x = open('/etc/passwd').read()", {}),
    ("x: str = __import__('os').system('ls')", STRING),
    ("x = b'bytes'", {}),
    ("x = {1: 'a'}", {"type": "object"}),
    ("x = 1e999", {}),
    ("x = 1 + 2j", {}),
]


@pytest.mark.parametrize(("source", "schema"), DEFAULTS)
def test_defaults(source: str, schema: dict[str, Any]) -> None:
    found = only(source)
    assert found.schema == schema
    assert not found.required
    Draft202012Validator.check_schema(found.schema)


DESCRIPTIONS = [
    ("x = 1  # how many", "how many"),
    ("x = 1 ## how many #2", "how many #2"),
    ('x: str = "# no comment"', ""),
    ('x: str = "a # b"  # c # d', "c # d"),
    ("x = [\n    1,  # one\n    2,\n]  # both", "both"),
    ("x = [  # the first line counts too\n    1,\n]", "the first line counts too"),
    ("x = '''a\n# b\nc'''  # text", "text"),
    ("# above\nx = 1\n# below", ""),
    ("x = 1  # noqa: E501", ""),
    ("x = 1  # type: ignore[assignment]", ""),
    ("x = 1  # type: float how much", "how much"),
    ("x = 1;  # with a semicolon", "with a semicolon"),
]


@pytest.mark.parametrize(("source", "description"), DESCRIPTIONS)
def test_the_comment_that_ends_the_line_describes(source: str, description: str) -> None:
    assert only(source).description == description


TYPES = [
    ("x: list[float] = []", "list[float]"),
    ("x: 'list[float]'", "list[float]"),
    ("x: Literal['a', 'b'] = 'a'", "Literal['a', 'b']"),
    ("x = 1", ""),
    ("x = 1  # type: list[int] which", "list[int]"),
]


@pytest.mark.parametrize(("source", "package_type"), TYPES)
def test_the_authors_own_word_for_the_type(source: str, package_type: str) -> None:
    assert only(source).package_type == package_type


NAMES = [
    ("", []),
    ("# nothing here", []),
    ("import os\nfrom pathlib import Path\nx = 1\nif x:\n    y = 2\ndef f(): z = 1", ["x"]),
    ("b = 1\na = 2", ["b", "a"]),
    ("a = b = 1", ["a", "b"]),
    ("a, (b, c) = 1, (2, 3)", ["a", "b", "c"]),
    ("a, b = f()", []),
    ("a.b = 1\nc[0] = 2\nd: int", ["d"]),
    ("a: int\nb = 2\na = 1", ["a", "b"]),
    ("%matplotlib inline\n!ls\nx = 1", ["x"]),
    ("x = 7 \\\n% 2", ["x"]),
    ("a = 1; b = 2", ["a", "b"]),
    ("größe = 1", ["größe"]),
]


@pytest.mark.parametrize(("source", "names"), NAMES)
def test_names(source: str, names: list[str]) -> None:
    assert [each.id for each in read_parameters(source, 1)] == names


def test_a_name_that_appears_twice() -> None:
    found = only("bands: list[str]  # which\nbands = ['B02']")
    assert found.schema == {"type": "array", "items": STRING, "default": ["B02"]}
    assert (found.description, found.required) == ("which", False)


WRONG = [
    ("x = 1\ny = = 2", r"cell 3, line 2"),
    ("x: int = (1,", r"cell 3, line 1"),
    ("%magic\nx = = 1", r"cell 3, line 2"),
    ("x = 1\0", r"cell 3"),
    ("x = " + "(" * 1000 + ")" * 1000, r"cell 3"),
    ("x = " + "-" * 100_000 + "1", r"cell 3"),
]


@pytest.mark.parametrize(("source", "where"), WRONG)
def test_a_cell_that_is_no_python(source: str, where: str) -> None:
    with pytest.raises(InvalidPackage, match=rf"parameters cell is not valid Python.*{where}"):
        read_parameters(source, 3)


LITERALS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(LITERALS, st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])))
def test_every_literal_is_read_as_python_means_it(value: Any, comment: str) -> None:
    found = only(f"x = {value!r}  # {comment}")
    assert found.schema["default"] == value
    assert Draft202012Validator(found.schema).is_valid(value)


@given(st.text(max_size=60))
def test_no_cell_makes_it_stumble(source: str) -> None:
    try:
        read_parameters(source, 1)
    except InvalidPackage as error:
        assert "cell 1" in error.detail  # noqa: PT017
