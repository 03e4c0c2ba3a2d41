"""Inputs of several values: a row each, to add and to remove."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from jupyter_ades.client.panel.fields import NOTHING, Field, Schema, labelled, without_null

#: Makes the field of one value.
Make = Callable[..., Field]


def list_field(schema: Schema, make: Make) -> Field:
    """Several choices of an enum at once, else one row for each value."""
    items = without_null(schema["items"])
    if isinstance(items.get("enum"), list) and items["enum"]:
        return _choices(items["enum"])
    return _Rows(items, make, least=int(schema.get("minItems") or 0)).field()


def _choices(options: list[Any]) -> Field:
    widget = widgets.SelectMultiple(
        options=[(str(each), each) for each in options], rows=min(len(options), 8)
    )

    def write(value: Any) -> None:
        chosen = value if isinstance(value, list) else []
        widget.value = tuple(each for each in options if each in chosen)

    return Field(widget=widget, read=lambda: list(widget.value) or NOTHING, write=write)


class _Rows:
    """The rows of one input."""

    def __init__(self, items: Schema, make: Make, *, least: int) -> None:
        self._items = items
        self._make = make
        self._least = least
        self._fields: list[Field] = []
        self._box = widgets.VBox()
        self._add = widgets.Button(description="Add", icon="plus", tooltip="Add a value")
        self._add.on_click(lambda _: self._append(NOTHING))

    def field(self) -> Field:
        widget = widgets.VBox([self._box, self._add])
        return Field(widget=widget, read=self._read, write=self._write)

    def _read(self) -> Any:
        values = [field.read() for field in self._fields]
        given = [value for value in values if value is not NOTHING]
        return given or NOTHING

    def _write(self, value: Any) -> None:
        self._fields = []
        # One value stands for a list of one.
        values = [] if value is NOTHING else value if isinstance(value, list) else [value]
        for each in [*values, *[NOTHING] * (max(1, self._least) - len(values))]:
            self._append(each, showing=False)
        self._show()

    def _append(self, value: Any, *, showing: bool = True) -> None:
        field = self._make(self._items, required=False)
        if value is not NOTHING:
            field.write(value)
        self._fields.append(field)
        if showing:
            self._show()

    def _remove(self, field: Field) -> None:
        self._fields.remove(field)
        self._show()

    def _show(self) -> None:
        self._box.children = [self._row(place, each) for place, each in enumerate(self._fields, 1)]

    def _row(self, place: int, field: Field) -> widgets.Widget:
        remove = widgets.Button(
            icon="trash",
            tooltip=f"Remove value {place}",
            layout=widgets.Layout(width="3em"),
        )
        remove.on_click(lambda _: self._remove(field))
        labelled(field.widget, str(place))
        return widgets.HBox([field.widget, remove])
