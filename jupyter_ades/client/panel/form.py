"""The inputs of a process as a form, made from its description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets as widgets

from jupyter_ades.client.display import need, words
from jupyter_ades.client.panel.fields import NOTHING, Field, Unreadable, labelled
from jupyter_ades.client.panel.making import make_field
from jupyter_ades.client.records import Parameter, ProcessRecord
from jupyter_ades.errors import Problem
from jupyter_ades.json_schema import UnusableSchema, errors_of, is_valid

#: Width of the labels.
LABEL = "160px"


class Form:
    """One row for each input, and what is wrong with it."""

    def __init__(self, process: ProcessRecord) -> None:
        self._inputs = {each.id: each for each in process.inputs}
        self._fields = {each.id: _field(each) for each in process.inputs}
        self._faults = {each.id: widgets.HTML() for each in process.inputs}
        rows = [self._row(each) for each in process.inputs]
        none = widgets.HTML("<i>This process takes no inputs.</i>")
        self.widget = widgets.VBox(rows or [none])

    def _row(self, each: Parameter) -> widgets.Widget:
        title = f"{each.title or each.id}{' *' if each.required else ''}"
        field = self._fields[each.id].widget
        above = [] if labelled(field, title, width=LABEL) else [widgets.HTML(_bold(title))]
        about = f"<code>{escape(each.id)}</code>, {escape(need(each))}. {escape(words(each))}"
        return widgets.VBox(
            [
                *above,
                field,
                widgets.HTML(f"<small>{about}</small>"),
                self._faults[each.id],
            ],
            layout=widgets.Layout(margin="0 0 8px 0"),
        )

    def read(self) -> tuple[dict[str, Any], list[Problem]]:
        """The inputs that are given, and what cannot be read."""
        given: dict[str, Any] = {}
        problems = []
        for name, field in self._fields.items():
            try:
                value = field.read()
            except Unreadable as error:
                problems.append(Problem(path=f"inputs.{name}", detail=str(error)))
                continue
            if value is not NOTHING:
                given[name] = value
        return given, problems

    def write(self, inputs: Mapping[str, Any]) -> None:
        """Show these inputs; others become empty."""
        for name, field in self._fields.items():
            field.write(inputs.get(name, NOTHING))

    def check(self, inputs: Mapping[str, Any]) -> list[Problem]:
        """What is wrong with inputs by the description: missing ones, unknown ones, other types."""
        missing = [
            Problem(path=f"inputs.{each.id}", detail="This input is required.")
            for each in self._inputs.values()
            if each.required and each.id not in inputs
        ]
        unknown = [
            Problem(path=f"inputs.{name}", detail="The process has no such input.")
            for name in inputs
            if name not in self._inputs
        ]
        wrong = [
            Problem(path=f"inputs.{name}", detail=error.message[:300])
            for name, value in inputs.items()
            if name in self._inputs
            for error in _errors(self._inputs[name], value)
        ]
        return [*missing, *unknown, *wrong]

    def show_problems(self, problems: Sequence[Problem]) -> list[Problem]:
        """Say at each input what is wrong with it; those that belong to none are given back."""
        for fault in self._faults.values():
            fault.value = ""
        rest = []
        for problem in problems:
            fault = self._faults.get(_input_of(problem.path))
            if fault is None:
                rest.append(problem)
            else:
                fault.value += fault_html(problem.detail)
        return rest


def _bold(text: str) -> str:
    return f"<b>{escape(text)}</b>"


def fault_html(text: str) -> str:
    """A fault in words, with a sign beside its colour."""
    return f'<div style="color: var(--jp-error-color1, #b00)">⚠ {escape(text)}</div>'


def _field(each: Parameter) -> Field:
    schema = each.schema
    if each.many and schema.get("type") != "array":
        schema = {"type": "array", "items": schema}
    return make_field(schema, required=each.required)


def _errors(each: Parameter, value: Any) -> list[Any]:
    """Faults by the schema; a scalar may stand for an array of one, as the service takes it."""
    try:
        errors = errors_of(each.schema, value)
        if not errors or (not isinstance(value, list) and is_valid(each.schema, [value])):
            return []
    except UnusableSchema:
        # The service has the last word.
        return []
    return errors[:3]


def _input_of(path: str) -> str:
    """``inputs.bands[0]`` -> ``bands``."""
    return path.removeprefix("inputs.").partition("[")[0].partition(".")[0]
