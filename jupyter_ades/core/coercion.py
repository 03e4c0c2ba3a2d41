"""Values of a request in the shape that an input's schema wants, where that is plain. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_ades.core.marking import as_reference, is_cwl_object, mark_files
from jupyter_ades.json_schema import UnusableSchema, is_valid
from jupyter_ades.model import JSON, REFERENCE, STAGE_IN

Schema = Mapping[str, JSON]


def coerce(value: JSON, schema: Schema) -> JSON:
    """A value in the shape its schema wants, where that is plain; else the value as it is."""
    if STAGE_IN in schema:
        return as_reference(value, schema[STAGE_IN])
    for union in ("oneOf", "anyOf"):
        if union in schema:
            return _coerce_union(value, schema[union])
    if _is_array(schema):
        return _coerce_array(value, schema)
    if isinstance(value, list) and len(value) == 1 and "type" in schema:
        return coerce(value[0], schema) if not _allows(schema, "array") else value
    if isinstance(value, dict) and "properties" in schema:
        fields = schema["properties"]
        return {
            key: coerce(item, fields[key]) if key in fields else mark_files(item)
            for key, item in value.items()
        }
    return mark_files(value) if _allows(schema, "object") else value


def checked_schema(schema: JSON) -> JSON:
    """The schema of a coerced value: where a reference was allowed, a marked one stands."""
    if isinstance(schema, list):
        return [checked_schema(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if STAGE_IN in schema:
        return {"$comment": STAGE_IN, "type": "object", "required": [REFERENCE]}
    checked = {key: checked_schema(each) for key, each in schema.items()}
    branches = checked.get("oneOf")
    if isinstance(branches, list) and any("contentMediaType" in each for each in branches):
        # What tells the branches apart is said beside the value, and was read with it.
        checked["anyOf"] = checked.pop("oneOf")
    return checked


def accepts(schema: JSON, value: JSON) -> bool:
    """Whether a value is valid by a schema as it is; by one that cannot be used, none is."""
    try:
        return is_valid(schema, value)
    except UnusableSchema:
        return False


def _allows(schema: Schema, kind: str) -> bool:
    types = schema.get("type", kind)
    return kind in (types if isinstance(types, list) else [types])


def _is_array(schema: Schema) -> bool:
    return "type" in schema and _allows(schema, "array")


def _coerce_array(value: JSON, schema: Schema) -> JSON:
    if value is None and _allows(schema, "null"):
        return None
    items = value if isinstance(value, list) else [value]
    return [coerce(item, schema.get("items") or {}) for item in items]


def _coerce_union(value: JSON, branches: list[Schema]) -> JSON:
    """As the first branch that takes the value as it is, else the first that takes it coerced.

    Of the latter those go first that are for values of this form: a list of one file for
    ``File | File[]`` stays a list.
    """
    for branch in branches:
        if not _has_reference(branch) and accepts(branch, value):
            return mark_files(value)
    for branch in sorted(branches, key=lambda branch: not _suits(branch, value)):
        candidate = coerce(value, branch)
        if accepts(checked_schema(branch), candidate):
            return candidate
    return value


def _suits(schema: Schema, value: JSON) -> bool:
    """Whether a schema is for values of this form: lists, or references of this class."""
    for union in ("oneOf", "anyOf"):
        if union in schema and STAGE_IN not in schema:
            return any(_suits(each, value) for each in schema[union])
    if isinstance(value, dict) and "class" in value:
        return STAGE_IN in schema and is_cwl_object(value, schema[STAGE_IN])
    return _is_array(schema) == isinstance(value, list)


def _has_reference(schema: Any) -> bool:
    if isinstance(schema, list):
        return any(_has_reference(each) for each in schema)
    if not isinstance(schema, Mapping):
        return False
    return STAGE_IN in schema or any(_has_reference(each) for each in schema.values())
