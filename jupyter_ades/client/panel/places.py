"""A bounding box: drawn on a map, or typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets

from jupyter_ades.client.panel.fields import NOTHING, Field, Schema, Unreadable
from jupyter_ades.client.panel.map import Map

#: OGC's name of the format (18-062r2, 7.11.2.3), and the schema that it is written as.
_FORMATS = ("ogc-bbox",)
_SIDES = ("west", "south", "east", "north")
_SIDE, _LABEL = {"width": "10em"}, {"description_width": "initial"}


def is_bbox(schema: Schema) -> bool:
    """Whether values are OGC bounding boxes: said by the format, or by a ``bbox`` property."""
    if schema.get("format") in _FORMATS:
        return True
    if any(is_bbox(each) for each in schema.get("allOf", []) if isinstance(each, Mapping)):
        return True
    properties = schema.get("properties")
    return isinstance(properties, Mapping) and "bbox" in properties and "href" not in properties


def place_field(schema: Schema) -> Field:
    """A map and four numbers, which follow each other.

    The value is an array of four where the schema takes arrays, else OGC's object with ``bbox``.
    """
    as_object = schema.get("type") == "object"
    area = Map(editable=True, label="Map: drag to draw the area of interest")
    sides = [widgets.Text(description=side, layout=_SIDE, style=_LABEL) for side in _SIDES]

    def drawn(change: Any) -> None:
        for side, value in zip(sides, change["new"], strict=False):
            side.value = f"{value:g}"

    def typed(_: Any) -> None:
        try:
            area.bbox = _numbers(sides) or []
        except Unreadable:
            area.bbox = []

    area.observe(drawn, "bbox")
    for side in sides:
        side.observe(typed, "value")

    def read() -> Any:
        numbers = _numbers(sides)
        if numbers is None:
            return NOTHING
        return {"bbox": numbers} if as_object else numbers

    def write(value: Any) -> None:
        numbers = value.get("bbox") if isinstance(value, Mapping) else value
        known = numbers if isinstance(numbers, list) and len(numbers) == len(sides) else []
        texts = [f"{number:g}" for number in known] or [""] * len(sides)
        for side, text in zip(sides, texts, strict=True):
            side.value = text

    return Field(widget=widgets.VBox([area, widgets.HBox(sides)]), read=read, write=write)


def _numbers(sides: list[Any]) -> list[float] | None:
    texts = [side.value.strip() for side in sides]
    if not any(texts):
        return None
    try:
        numbers = [float(text) for text in texts]
    except ValueError:
        raise Unreadable("west, south, east and north are expected, in degrees") from None
    return numbers
