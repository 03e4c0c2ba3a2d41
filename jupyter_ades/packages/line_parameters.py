"""The parameters of an R, bash or Julia cell: assignments of literals, with comments behind them.

papermill's own inspection tells nothing of these languages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from jupyter_ades.model import JSON, Input
from jupyter_ades.packages.bash_values import bash_value
from jupyter_ades.packages.line_statements import Statement, statements
from jupyter_ades.packages.line_values import JULIA, R, value_of
from jupyter_ades.packages.notebook_types import NotData, infer
from jupyter_ades.packages.schemas import Schema, nullable

#: A statement that gives a name a value: ``name``, ``value`` and perhaps ``type``.
_ASSIGNMENTS = {
    "bash": re.compile(
        r"(?:(?:export|readonly|local|declare|typeset)\s+(?P<type>-\w+\s+)*)?"
        r"(?P<name>[A-Za-z_]\w*)=(?P<value>.*)",
        re.DOTALL,
    ),
    "r": re.compile(
        r"(?P<type>)(?P<name>(?:[A-Za-z]|\.(?!\d))[\w.]*)\s*(?:<<?-|=(?!=))\s*+"
        r"(?P<value>(?!function\b|\\\().+)",
        re.DOTALL,
    ),
    "julia": re.compile(
        r"(?:const\s+|global\s+)?(?P<name>[^\W\d]\w*!?)\s*(?:::\s*(?P<type>[\w.{}, ]+?))?\s*"
        r"=(?![=>])\s*(?P<value>.+)",
        re.DOTALL,
    ),
}
#: Statements that only make something known.
_IMPORTS = {
    "bash": re.compile(r"(source|\.|set|shopt)\s"),
    "r": re.compile(r"(suppressPackageStartupMessages\(\s*)?(library|require|source|options)\s*\("),
    "julia": re.compile(r"(using|import|include)\b"),
}
_JULIA_TYPES: Mapping[str, Schema] = {
    "String": {"type": "string"},
    "Bool": {"type": "boolean"},
    "Int": {"type": "integer"},
    "Float": {"type": "number"},
    "Vector": {"type": "array"},
    "Dict": {"type": "object"},
}
#: Beyond this, a float that is whole is not one number any more.
_EXACT = 2.0**53

LANGUAGES = frozenset(_ASSIGNMENTS)


def read_lines(source: str, language: str) -> tuple[Input, ...]:
    """The inputs that a parameters cell of one of LANGUAGES declares, in its order."""
    found: dict[str, Input] = {}
    for statement in statements(source, language):
        each = _input(statement, language)
        if each is not None:
            found[each.id] = each
    return tuple(found.values())


def only_assigns(source: str, language: str) -> bool:
    """Whether a cell gives names literal values and does nothing else but import."""
    parts = statements(source, language)
    inputs = [_input(each, language) for each in parts if not _imports(each, language)]
    return bool(inputs) and all(each and "default" in each.schema for each in inputs)


def only_imports(source: str, language: str) -> bool:
    """Whether a cell does nothing that can be seen."""
    return all(_imports(each, language) for each in statements(source, language))


def _imports(statement: Statement, language: str) -> bool:
    return bool(_IMPORTS[language].match(statement.code))


def _input(statement: Statement, language: str) -> Input | None:
    found = _ASSIGNMENTS[language].fullmatch(statement.code)
    if found is None:
        return None
    stated = (found["type"] or "").strip()
    schema = _stated(stated, language)
    try:
        value = _literal(found["value"].strip(), language)
    except NotData:
        if language == "bash" and not found["value"].startswith("("):
            schema = schema or {"type": "string"}
    except ValueError:
        # Not an assignment after all: ``name=value command``.
        return None
    else:
        schema = _with_default(schema, value)
    return Input(
        id=found["name"],
        description=statement.comment,
        schema=schema,
        required=False,
        package_type=stated,
    )


def _literal(code: str, language: str) -> JSON:
    if language == "bash":
        return bash_value(code)
    return value_of(code, R if language == "r" else JULIA)


def _stated(stated: str, language: str) -> Schema:
    if language == "bash":
        return {"type": "integer"} if "i" in stated else {}
    for name, schema in _JULIA_TYPES.items():
        if stated.startswith(name):
            return dict(schema)
    return {}


def _with_default(schema: Schema, value: JSON) -> Schema:
    schema = schema or infer(value)
    if value is None:
        schema = nullable(schema)
    return {**schema, "default": _tidy(value)}


def _tidy(value: JSON) -> JSON:
    """Whole floats as people write them."""
    if isinstance(value, list):
        return [_tidy(each) for each in value]
    if isinstance(value, dict):
        return {key: _tidy(each) for key, each in value.items()}
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    return value
