"""Widgets for single values: a choice, a number, a text, a time, a reference, any JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import ipywidgets as widgets

from jupyter_ades.model import STAGE_IN

#: What a field gives that was left empty: the request does not name its input.
NOTHING: Any = object()
WIDE = widgets.Layout(width="100%", max_width="720px")
#: Characters from which a text is edited in several lines.
LONG = 80

Schema = Mapping[str, Any]


class Unreadable(ValueError):
    """What a person wrote is no value of the field's kind; the text says what is expected."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """A widget and how its value is read and set."""

    widget: widgets.Widget
    #: The value as JSON has it, or :data:`NOTHING`; raises Unreadable.
    read: Callable[[], Any]
    #: Shows a value as JSON has it; :data:`NOTHING` empties the field.
    write: Callable[[Any], None]


def labelled(widget: widgets.Widget, text: str, *, width: str = "initial") -> bool:
    """Give a widget a label that belongs to its input, for screen readers too; whether it can."""
    if not isinstance(widget, widgets.widget_description.DescriptionWidget):
        return False
    widget.description = text
    widget.style.description_width = width
    return True


def without_null(schema: Schema) -> Schema:
    """A schema less the null that makes its value optional."""
    kinds = schema.get("type")
    if isinstance(kinds, list):
        rest = [each for each in kinds if each != "null"]
        return {**schema, "type": rest[0] if len(rest) == 1 else rest}
    for word in ("oneOf", "anyOf"):
        branches = schema.get(word)
        if isinstance(branches, list):
            rest = [each for each in branches if each != {"type": "null"}]
            others = {key: value for key, value in schema.items() if key != word}
            if len(rest) == 1 and isinstance(rest[0], Mapping):
                return without_null({**rest[0], **others})
            return {**others, word: rest}
    return schema


def is_reference(schema: Schema) -> bool:
    """Whether a value names a file, a folder or a STAC item."""
    branches = schema.get("oneOf") or schema.get("anyOf") or []
    uri = str(schema.get("format", "")).startswith("uri")
    return STAGE_IN in schema or uri or any(is_reference(each) for each in _schemas(branches))


def _schemas(branches: Any) -> list[Schema]:
    return [each for each in branches if isinstance(each, Mapping)]


def choice_field(options: list[Any], *, optional: bool) -> Field:
    """One of several values."""
    none = [("(not given)", NOTHING)] if optional else []
    widget = widgets.Dropdown(options=[*none, *((str(each), each) for each in options)])

    def write(value: Any) -> None:
        known = [option for _, option in widget.options]
        widget.index = known.index(value) if value in known else 0

    return Field(widget=widget, read=lambda: widget.value, write=write)


def check_field() -> Field:
    """True or false."""
    widget = widgets.Checkbox(indent=False)
    return Field(
        widget=widget,
        read=lambda: widget.value,
        write=lambda value: setattr(widget, "value", value is True),
    )


def number_field(schema: Schema, *, whole: bool, optional: bool) -> Field:
    """A spinner within the bounds; a text where nothing at all may be given."""
    low, high = schema.get("minimum"), schema.get("maximum")
    if optional:
        return _parsed(int if whole else float, "an integer" if whole else "a number")
    if low is not None and high is not None:
        bounded = widgets.BoundedIntText if whole else widgets.BoundedFloatText
        widget = bounded(min=low, max=high, value=low)
    else:
        widget = widgets.IntText() if whole else widgets.FloatText(value=low or 0)

    def write(value: Any) -> None:
        if isinstance(value, (int, float)):
            widget.value = value

    return Field(widget=widget, read=lambda: widget.value, write=write)


def _parsed(parse: Callable[[str], Any], what: str) -> Field:
    widget = widgets.Text(placeholder="(not given)")

    def read() -> Any:
        text = widget.value.strip()
        if not text:
            return NOTHING
        try:
            return parse(text)
        except ValueError:
            raise Unreadable(f"{what} is expected, not {text[:50]!r}") from None

    return Field(widget=widget, read=read, write=_shows_text(widget))


def text_field(schema: Schema) -> Field:
    """A text, in several lines where the default is long; a date or a time."""
    shape = schema.get("format")
    if shape == "date":
        return _moment(widgets.DatePicker(), date.fromisoformat)
    if shape == "date-time":
        return _moment(widgets.DatetimePicker(), datetime.fromisoformat)
    default = str(schema.get("default", ""))
    long = len(default) > LONG or "\n" in default or "contentMediaType" in schema
    kind = widgets.Textarea if long else widgets.Text
    widget = kind(layout=WIDE, continuous_update=False)
    return Field(widget=widget, read=lambda: widget.value or NOTHING, write=_shows_text(widget))


def _moment(widget: Any, parse: Callable[[str], Any]) -> Field:
    def write(value: Any) -> None:
        try:
            widget.value = parse(value) if isinstance(value, str) else None
        except ValueError:
            widget.value = None

    def read() -> Any:
        return NOTHING if widget.value is None else widget.value.isoformat()

    return Field(widget=widget, read=read, write=write)


def reference_field() -> Field:
    """An address or a path; a link or a STAC object as JSON."""
    widget = widgets.Text(
        layout=WIDE, placeholder="address or path: https://…/item.json, data/scene.tif, s3://…"
    )

    def read() -> Any:
        text = widget.value.strip()
        return _from_json(text) if text.startswith("{") else text or NOTHING

    return Field(widget=widget, read=read, write=_shows_text(widget))


def json_field() -> Field:
    """Any value, as JSON."""
    widget = widgets.Textarea(layout=WIDE, placeholder="JSON")

    def read() -> Any:
        return _from_json(widget.value) if widget.value.strip() else NOTHING

    def write(value: Any) -> None:
        widget.value = "" if value is NOTHING else json.dumps(value, ensure_ascii=False, indent=1)

    return Field(widget=widget, read=read, write=write)


def _from_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"JSON is expected: {error}") from None


def _shows_text(widget: Any) -> Callable[[Any], None]:
    def write(value: Any) -> None:
        if value is NOTHING or value is None:
            widget.value = ""
        else:
            widget.value = value if isinstance(value, str) else json.dumps(value)

    return write
