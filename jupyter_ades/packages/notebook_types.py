"""Python annotations and default values as JSON Schema. Pure: from syntax, nothing is evaluated."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable

from jupyter_ades.model import JSON
from jupyter_ades.packages.schemas import Schema, nullable, reference, union

#: What a value is when its type is not known.
ANYTHING: Schema = {}
_NAMES: dict[str, Callable[[], Schema]] = {
    "str": lambda: {"type": "string"},
    "int": lambda: {"type": "integer"},
    "float": lambda: {"type": "number"},
    "bool": lambda: {"type": "boolean"},
    "None": lambda: {"type": "null"},
    "date": lambda: {"type": "string", "format": "date"},
    "datetime": lambda: {"type": "string", "format": "date-time"},
    **dict.fromkeys(("Path", "PurePath", "PosixPath"), lambda: reference("file")),
    **dict.fromkeys(
        ("list", "List", "Sequence", "MutableSequence", "Iterable", "Collection", "tuple", "Tuple"),
        lambda: {"type": "array"},
    ),
    **dict.fromkeys(
        ("set", "Set", "frozenset", "FrozenSet"), lambda: {"type": "array", "uniqueItems": True}
    ),
    **dict.fromkeys(("dict", "Dict", "Mapping", "MutableMapping"), lambda: {"type": "object"}),
}
_STAC_ITEMS = ("Item", "pystac.Item", "pystac.item.Item")
#: Wrappers that say nothing about values.
_TRANSPARENT = ("Annotated", "ClassVar", "Final")


def annotated(node: ast.expr) -> Schema:
    """The schema of values that an annotation allows; ANYTHING for one that is not known."""
    match node:
        case ast.Constant(value=None):
            return _NAMES["None"]()
        case ast.Constant(value=str(text)):
            return _quoted(text)
        case ast.Name() | ast.Attribute():
            return _named(dotted(node))
        case ast.BinOp(op=ast.BitOr()):
            return _union([node.left, node.right])
        case ast.Subscript():
            return _generic(dotted(node.value).rpartition(".")[2], _arguments(node.slice))
    return dict(ANYTHING)


def spelled(node: ast.expr) -> str:
    """An annotation as people read it: without the quotes that may stand around it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.strip()
    return ast.unparse(node)


def dotted(node: ast.expr) -> str:
    """``pystac.Item`` for a name or attribute; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


def _quoted(text: str) -> Schema:
    try:
        return annotated(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError):
        return dict(ANYTHING)


def _named(name: str) -> Schema:
    if name in _STAC_ITEMS:
        return reference("stac-item")
    known = _NAMES.get(name.rpartition(".")[2])
    return known() if known else dict(ANYTHING)


def _arguments(node: ast.expr) -> list[ast.expr]:
    return list(node.elts) if isinstance(node, ast.Tuple) else [node]


def _generic(name: str, arguments: list[ast.expr]) -> Schema:
    if name == "Literal":
        return _literal(arguments)
    if name == "Union":
        return _union(arguments)
    if name == "Optional":
        return nullable(annotated(arguments[0]))
    if name in _TRANSPARENT:
        return annotated(arguments[0])
    if name in ("tuple", "Tuple"):
        return _tuple(arguments)
    schema = _named(name)
    if schema.get("type") == "array":
        return {**schema, "items": annotated(arguments[0])}
    if schema.get("type") == "object" and len(arguments) == 2:
        return {**schema, "additionalProperties": annotated(arguments[1])}
    return schema


def _tuple(arguments: list[ast.expr]) -> Schema:
    if len(arguments) == 2 and isinstance(arguments[1], ast.Constant):
        return {"type": "array", "items": annotated(arguments[0])}
    length = {"minItems": len(arguments), "maxItems": len(arguments)}
    schemas = [annotated(each) for each in arguments]
    if all(schema == schemas[0] for schema in schemas):
        return {"type": "array", "items": schemas[0], **length}
    return {"type": "array", "prefixItems": schemas, **length}


def _literal(arguments: list[ast.expr]) -> Schema:
    values = [each.value for each in arguments if isinstance(each, ast.Constant)]
    given = [value for value in values if value is not None]
    schemas = [infer(value) for value in given]
    schema: Schema = {"enum": given}
    if schemas and all(each == schemas[0] for each in schemas):
        schema = {**schemas[0], **schema}
    return nullable(schema) if None in values else schema


def _union(arguments: list[ast.expr]) -> Schema:
    flat = [each for node in arguments for each in _alternatives(node)]
    schemas = [annotated(node) for node in flat if not _is_none(node)]
    if not schemas:
        return _NAMES["None"]()
    whole = union(schemas)
    return nullable(whole) if any(_is_none(node) for node in flat) else whole


def _alternatives(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return [*_alternatives(node.left), *_alternatives(node.right)]
    return [node]


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


# values


class NotData(ValueError):
    """A value that is not a literal, or has no JSON form."""


def literal(node: ast.expr) -> JSON:
    """The value of a literal as JSON has it (a tuple is a list); NotData for anything else."""
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        raise NotData from error
    return _as_json(value)


def _as_json(value: object) -> JSON:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, (list, tuple)):
        return [_as_json(each) for each in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _as_json(each) for key, each in value.items()}
    raise NotData


def infer(value: JSON) -> Schema:
    """The schema that a default value suggests."""
    if value is None:
        return dict(ANYTHING)
    if isinstance(value, list):
        items = {repr(schema): schema for schema in map(infer, value)}
        if set(items) == {repr(infer(1)), repr(infer(1.5))}:
            return {"type": "array", "items": infer(1.5)}
        return {"type": "array", **({"items": items.popitem()[1]} if len(items) == 1 else {})}
    if isinstance(value, dict):
        return {"type": "object"}
    return _NAMES[type(value).__name__]()


def suggested(node: ast.expr) -> Schema:
    """The schema that an expression which is no literal suggests: ``dict(a=1)``, ``Path("x")``."""
    match node:
        case ast.Call():
            return _named(dotted(node.func))
        case ast.JoinedStr():
            return _NAMES["str"]()
        case ast.List() | ast.ListComp() | ast.Tuple():
            return {"type": "array"}
        case ast.Dict() | ast.DictComp():
            return {"type": "object"}
    return dict(ANYTHING)
