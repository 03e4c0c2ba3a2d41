"""One input of a process as a field: what its JSON Schema says decides which."""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_ades.client.panel.fields import (
    NOTHING,
    Field,
    Schema,
    check_field,
    choice_field,
    is_reference,
    json_field,
    number_field,
    reference_field,
    text_field,
    without_null,
)
from jupyter_ades.client.panel.lists import list_field
from jupyter_ades.client.panel.places import is_bbox, place_field


def make_field(schema: Schema, *, required: bool) -> Field:
    """The field of a schema; one that no widget fits is edited as JSON."""
    schema = without_null(schema)
    kind = schema.get("type")
    default = schema.get("default", NOTHING)
    needs_value = required or default is not NOTHING
    if is_bbox(schema):
        field = place_field(schema)
    elif isinstance(schema.get("enum"), list) and schema["enum"]:
        field = choice_field(schema["enum"], optional=not needs_value)
    elif kind == "boolean":
        field = check_field() if needs_value else choice_field([True, False], optional=True)
    elif kind in ("integer", "number"):
        field = number_field(schema, whole=kind == "integer", optional=not needs_value)
    elif kind == "array" and isinstance(schema.get("items"), Mapping):
        field = list_field(schema, make_field)
    elif is_reference(schema):
        field = reference_field()
    elif kind == "string":
        field = text_field(schema)
    else:
        field = json_field()
    field.write(default)
    return field
