"""The panel's form: each JSON Schema has a field that gives what a person put in."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import ipywidgets as widgets
import pytest

from jupyter_ades.client.panel.fields import NOTHING, Field
from jupyter_ades.client.panel.form import Form
from jupyter_ades.client.panel.making import make_field
from jupyter_ades.client.panel.map import Map
from jupyter_ades.client.records import Parameter, ProcessRecord
from jupyter_ades.errors import Problem
from jupyter_ades.packages.schemas import nullable, reference

NOON = "2024-06-20T12:00:00"
BBOX = {"type": "array", "format": "ogc-bbox", "items": {"type": "number"}}
SCHEMAS: list[tuple[dict[str, Any], Any, type]] = [
    ({"type": "string"}, "a", widgets.Text),
    ({"type": "string", "default": "x" * 100}, "b", widgets.Textarea),
    ({"type": "string", "format": "date"}, "2024-06-20", widgets.DatePicker),
    (
        {"type": "string", "format": "date-time"},
        "2024-06-20T10:00:00+00:00",
        widgets.DatetimePicker,
    ),
    ({"type": "string", "enum": ["a", "b"]}, "b", widgets.Dropdown),
    ({"type": "boolean"}, True, widgets.Checkbox),
    ({"type": "integer"}, 7, widgets.IntText),
    ({"type": "integer", "minimum": 1, "maximum": 9}, 5, widgets.BoundedIntText),
    ({"type": "number"}, 0.5, widgets.FloatText),
    ({"type": "number", "minimum": 0, "maximum": 1}, 0.25, widgets.BoundedFloatText),
    ({"type": "array", "items": {"type": "string"}}, ["a", "b"], widgets.VBox),
    ({"type": "array", "items": {"enum": ["a", "b", "c"]}}, ["a", "c"], widgets.SelectMultiple),
    (reference("stac-item"), "https://host/item.json", widgets.Text),
    (reference("file"), {"href": "a.tif", "type": "image/tiff"}, widgets.Text),
    ({"type": "object"}, {"a": [1, None]}, widgets.Textarea),
    ({"oneOf": [{"type": "number"}, {"type": "object"}]}, {"a": 1}, widgets.Textarea),
    ({}, [1, "x"], widgets.Textarea),
    (BBOX, [1.5, -2, 3, 4], widgets.VBox),
    ({"type": "object", "properties": {"bbox": {}}}, {"bbox": [1, 2, 3, 4]}, widgets.VBox),
]


@pytest.mark.parametrize(("schema", "value", "kind"), SCHEMAS)
def test_a_field_gives_back_what_it_is_given(
    schema: dict[str, Any], value: Any, kind: type
) -> None:
    field = make_field(schema, required=True)
    assert isinstance(field.widget, kind)
    field.write(value)
    assert field.read() == value


@pytest.mark.parametrize(("schema", "value", "kind"), SCHEMAS)
def test_a_field_that_may_be_empty_is_empty_and_gives_back_the_same(
    schema: dict[str, Any], value: Any, kind: type
) -> None:
    plain = {key: each for key, each in schema.items() if key != "default"}
    field = make_field(nullable(plain), required=False)
    assert field.read() is NOTHING
    field.write(value)
    assert field.read() == value
    field.write(NOTHING)
    assert field.read() is NOTHING


def test_a_default_is_shown() -> None:
    assert make_field({"type": "integer", "default": 3}, required=False).read() == 3
    assert make_field({"type": "boolean", "default": False}, required=False).read() is False
    enum = make_field({"enum": ["a", "b"], "default": "b"}, required=False)
    assert [label for label, _ in enum.widget.options] == ["a", "b"]
    assert enum.read() == "b"


def rows(field: Field) -> Any:
    return field.widget.children[0].children


def test_values_are_added_and_removed() -> None:
    field = make_field({"type": "array", "items": {"type": "integer"}}, required=True)
    field.write([1, 2, 3])
    rows(field)[1].children[1].click()
    assert field.read() == [1, 3]
    field.widget.children[1].click()
    assert len(rows(field)) == 3
    rows(field)[2].children[0].value = "9"
    assert field.read() == [1, 3, 9]


def test_a_box_is_drawn_or_typed() -> None:
    field = make_field(BBOX, required=True)
    area, sides = field.widget.children
    assert isinstance(area, Map)
    area.bbox = [10, 40, 12.5, 43]
    assert [side.value for side in sides.children] == ["10", "40", "12.5", "43"]
    assert field.read() == [10, 40, 12.5, 43]
    sides.children[0].value = "-5"
    assert area.bbox == [-5, 40, 12.5, 43]


def process(*inputs: Parameter) -> ProcessRecord:
    return ProcessRecord(id="p", inputs=inputs)


def parameter(name: str, *, required: bool = False, **schema: Any) -> Parameter:
    return Parameter(id=name, schema=schema, required=required)


def test_a_form_says_what_is_wrong_where_it_is() -> None:
    form = Form(
        process(
            parameter("n", type=["integer", "null"]),
            parameter("item", required=True, type="string"),
            parameter("share", type="number", maximum=1, default=0.5),
        )
    )
    form._fields["n"].widget.value = "many"
    given, unreadable = form.read()
    assert given == {"share": 0.5}
    assert unreadable == [Problem(path="inputs.n", detail="an integer is expected, not 'many'")]
    problems = form.check({"share": 2, "other": 1})
    assert {each.path for each in problems} == {"inputs.item", "inputs.other", "inputs.share"}
    rest = form.show_problems([*unreadable, *problems])
    assert [each.path for each in rest] == ["inputs.other"]
    assert "2 is greater than the maximum of 1" in form._faults["share"].value
    assert "This input is required." in form._faults["item"].value
    assert form.show_problems([]) == []
    assert form._faults["share"].value == ""


def test_a_scalar_may_stand_for_a_list_of_one() -> None:
    form = Form(process(parameter("bands", type="array", items={"type": "string"})))
    assert form.check({"bands": "B04"}) == []
    assert [each.path for each in form.check({"bands": 4})] == ["inputs.bands"]


def test_words_of_a_process_are_no_markup() -> None:
    title = "<script>alert(1)</script>"
    form = Form(process(Parameter(id="a", title=title, description=title, schema={})))
    label, about, _ = form.widget.children[0].children
    assert (label.description, label.description_allow_html) == (title, False)
    shown = about.value
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_times_are_what_the_pickers_hold() -> None:
    day = make_field({"type": "string", "format": "date"}, required=True)
    day.widget.value = date(2024, 6, 20)
    moment = make_field({"type": "string", "format": "date-time"}, required=True)
    moment.widget.value = datetime(2024, 6, 20, 10, tzinfo=UTC)
    assert (day.read(), moment.read()) == ("2024-06-20", "2024-06-20T10:00:00+00:00")
    moment.write("no time")
    assert moment.read() is NOTHING
