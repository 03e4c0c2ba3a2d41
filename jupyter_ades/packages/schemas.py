"""JSON Schema pieces that every reader builds its inputs from (draft 2020-12)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jupyter_ades.model import JSON, STAGE_IN, StageIn

Schema = dict[str, JSON]

HREF: Schema = {"type": "string", "format": "uri-reference"}
LINK: Schema = {
    "type": "object",
    "required": ["href"],
    "properties": {"href": HREF, "type": {"type": "string"}},
}
INLINE_STAC: Schema = {
    "type": "object",
    "required": ["type", "links"],
    "properties": {
        "type": {"type": "string", "enum": ["Feature", "Collection", "FeatureCollection"]}
    },
}
_ALL = frozenset({"array", "boolean", "null", "number", "object", "string"})


def reference(kind: StageIn) -> Schema:
    """A value that the worker stages in: an href, a link, or a STAC object where one will do."""
    inline = [] if kind == "file" else [INLINE_STAC]
    return {"oneOf": [HREF, LINK, *inline], STAGE_IN: kind}


def file_link(media_type: str = "") -> Schema:
    """An output that is a file: a link to it."""
    schema: Schema = {**LINK}
    return {**schema, "contentMediaType": media_type} if media_type else schema


def nullable(schema: Schema) -> Schema:
    """The schema with null allowed beside it."""
    if "null" in _types(schema):
        return schema
    if isinstance(schema.get("type"), str) and STAGE_IN not in schema:
        widened: Schema = {**schema, "type": [schema["type"], "null"]}
        return {**widened, "enum": [*schema["enum"], None]} if "enum" in schema else widened
    return {"anyOf": [schema, {"type": "null"}]}


def union(schemas: Sequence[Schema]) -> Schema:
    """One of several: ``oneOf`` when a value can fit one only, else ``anyOf``."""
    if len(schemas) == 1:
        return schemas[0]
    seen: set[str] = set()
    for schema in schemas:
        types = _types(schema)
        if seen & types:
            return {"anyOf": list(schemas)}
        seen |= types
    return {"oneOf": list(schemas)}


def any_value() -> Schema:
    """Anything but null."""
    arrays: Schema = {"type": "array", "items": {}}
    plain = [{"type": name} for name in ("boolean", "number", "string", "object")]
    return {"oneOf": [*plain, arrays]}


def _types(schema: Schema) -> frozenset[str]:
    """The JSON types that values of a schema can have; an integer counts as a number."""
    named: Any = schema.get("type")
    if named is not None:
        names = named if isinstance(named, list) else [named]
        return frozenset("number" if name == "integer" else name for name in names)
    branches = schema.get("oneOf") or schema.get("anyOf")
    if branches:
        return frozenset().union(*(_types(branch) for branch in branches))
    return _ALL
