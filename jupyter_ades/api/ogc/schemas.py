"""JSON Schema of our records (draft 2020-12) as OpenAPI 3.0 has it. Pure.

OGC 18-062r2's ``schema.yaml`` allows these keywords and no others; OpenAPI 3.0 itself knows fewer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_ades.model import JSON

#: Keywords that mean in OpenAPI 3.0 what they mean in our records.
SAME = frozenset(
    {"title", "description", "format", "default", "enum", "multipleOf", "maximum", "minimum"}
    | {"maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems"}
    | {"maxProperties", "minProperties", "required", "nullable", "readOnly", "writeOnly"}
    | {"deprecated", "example"}
)
#: Those that OGC adds.
OF_OGC = frozenset({"contentMediaType", "contentEncoding", "contentSchema"})
UNIONS = ("oneOf", "anyOf", "allOf")
Schema = dict[str, Any]


def as_openapi(schema: JSON, *, ogc: bool = True) -> Schema:
    """A schema in OpenAPI 3.0's words; with ``ogc`` also in those that OGC adds."""
    if not isinstance(schema, Mapping):
        return {}
    kept = SAME | OF_OGC if ogc else SAME
    found: Schema = {key: value for key, value in schema.items() if key in kept}
    if not found.get("required", True):
        del found["required"]
    if "const" in schema:
        found["enum"] = [schema["const"]]
    _bounds(schema, found)
    _nested(schema, found, ogc)
    return _typed(schema, found)


def _bounds(schema: Mapping[str, JSON], found: Schema) -> None:
    """``exclusiveMinimum: 3`` is ``minimum: 3, exclusiveMinimum: true``."""
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        limit = schema.get(exclusive)
        if isinstance(limit, (int, float)) and not isinstance(limit, bool):
            found[bound], found[exclusive] = limit, True


def _nested(schema: Mapping[str, JSON], found: Schema, ogc: bool) -> None:
    for union in UNIONS:
        if isinstance(schema.get(union), list):
            branches = [each for each in schema[union] if each != {"type": "null"}]
            if len(branches) < len(schema[union]):
                found["nullable"] = True
            found[union] = [as_openapi(each, ogc=ogc) for each in branches]
    if isinstance(schema.get("properties"), Mapping):
        fields = schema["properties"].items()
        found["properties"] = {name: as_openapi(each, ogc=ogc) for name, each in fields}
    more = schema.get("additionalProperties")
    if more is not None:
        found["additionalProperties"] = (
            more if isinstance(more, bool) else as_openapi(more, ogc=ogc)
        )
    items = schema.get("items")
    if isinstance(items, Mapping):
        found["items"] = as_openapi(items, ogc=ogc)
    elif isinstance(schema.get("prefixItems"), list):
        found["items"] = {"anyOf": [as_openapi(each, ogc=ogc) for each in schema["prefixItems"]]}


def _typed(schema: Mapping[str, JSON], found: Schema) -> Schema:
    """The schema with one type: null becomes ``nullable``, of several each becomes a branch."""
    kinds = schema.get("type")
    kinds = list(kinds) if isinstance(kinds, list) else [kinds] if kinds else []
    if "null" in kinds:
        found["nullable"] = True
    plain = [kind for kind in kinds if kind != "null"]
    if len(plain) == 1:
        found["type"] = plain[0]
    elif plain:
        found["anyOf"] = [_whole({"type": kind}) for kind in plain]
    if found.get("nullable") and found.get("enum") and None not in found["enum"]:
        found["enum"] = [*found["enum"], None]
    return _whole(found)


def _whole(schema: Schema) -> Schema:
    """OpenAPI wants to know what an array is of."""
    if schema.get("type") == "array":
        schema.setdefault("items", {})
    return schema


def is_text(schema: Mapping[str, JSON]) -> bool:
    """Whether only a string will do."""
    branches = schema.get("oneOf") or schema.get("anyOf") or [schema]
    return all(isinstance(each, dict) and each.get("type") == "string" for each in branches)
