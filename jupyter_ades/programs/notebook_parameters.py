"""Staged inputs as a notebook's parameters, written into its cell by papermill's translators.

A staged file is a text to JSON and to every language, and a ``pathlib.Path`` to Python; a staged
STAC item is a ``pystac.Item`` there, and a date or time what ``datetime`` has for it. Nothing of
ours pastes a value into source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from papermill.exceptions import PapermillException
from papermill.translators import PythonTranslator, papermill_translators

from jupyter_ades.model import JSON, STAGED, Input
from jupyter_ades.programs.notebook_languages import TRANSLATORS


class StagedPath(str):
    """The path of a staged file or folder."""

    __slots__ = ()


class StagedItem(str):
    """The path of a staged STAC item's JSON."""

    __slots__ = ()


class Day(str):
    """A date, as JSON has it."""

    __slots__ = ()


class Moment(str):
    """A date and time, as JSON has it."""

    __slots__ = ()


#: Class to the Python that makes the value of a path, and the module that it needs.
PYTHON: dict[type[str], tuple[str, str]] = {
    StagedPath: ("pathlib.Path({})", "pathlib"),
    StagedItem: ("pystac.Item.from_file({})", "pystac"),
    Day: ("", "datetime as _datetime"),
    Moment: ("", "datetime as _datetime"),
}
#: JSON Schema's formats to their marks, and those to Python's classes.
FORMATS: dict[JSON, type[str]] = {"date": Day, "date-time": Moment}
TIMES: dict[type[str], type[date]] = {Day: date, Moment: datetime}


def parameters(inputs: Mapping[str, JSON], declared: Iterable[Input] = ()) -> dict[str, Any]:
    """The staged inputs; staged references and moments are texts that know what they are."""
    schemas = {each.id: each.schema for each in declared}
    return {name: _marked(value, schemas.get(name, {})) for name, value in inputs.items()}


def _marked(value: JSON, schema: JSON) -> JSON:
    schema = schema if isinstance(schema, dict) else {}
    if isinstance(value, list):
        first = schema.get("prefixItems") or []
        rest = [schema.get("items")] * (len(value) - len(first))
        pairs = zip(value, [*first, *rest], strict=False)
        found: JSON = [_marked(*pair) for pair in pairs]
    elif isinstance(value, dict):
        if STAGED in value:
            kind = StagedItem if value[STAGED] == "stac-item" else StagedPath
            return kind(value["path"])
        each = schema.get("additionalProperties")
        found = {key: _marked(item, each) for key, item in value.items()}
    elif isinstance(value, str) and schema.get("format") in FORMATS:
        found = FORMATS[schema["format"]](value)
        _made(found)
        return found
    else:
        found = value
    return _by_alternative(found, schema)


def _made(text: str) -> str:
    """The Python that makes a date or time; PapermillException when the text is none."""
    kind = TIMES[type(text)]
    try:
        # The module's own name is often that of the class in notebooks.
        return repr(kind.fromisoformat(text)).replace("datetime.", "_datetime.")
    except ValueError as error:
        raise PapermillException(f"{text[:100]!r} is no {kind.__name__}: {error}") from error


def _by_alternative(value: JSON, schema: Mapping[str, JSON]) -> JSON:
    """The value as the first alternative of a union has it that makes something of it."""
    for each in [*schema.get("anyOf", []), *schema.get("oneOf", [])]:
        try:
            marked = _marked(value, each)
        except PapermillException:
            continue
        if _modules(marked) != _modules(value):
            return marked
    return value


class Translator(PythonTranslator):  # type: ignore[misc]
    """Papermill's Python, with paths and STAC items."""

    @classmethod
    def translate_str(cls, val: str) -> str:
        """A text's Python; a marked one's makes what the notebook expects."""
        if type(val) in TIMES:
            return _made(val)
        text: str = super().translate_str(val)
        call, _ = PYTHON.get(type(val), ("{}", ""))
        return call.format(text)

    @classmethod
    def codify(cls, parameters: Mapping[str, Any], comment: str = "Parameters") -> str:
        """The cell's source, with the imports that its values need."""
        imports = "".join(f"import {module}\n" for module in sorted(_modules(parameters)))
        return f"{imports}{super().codify(parameters, comment)}"

    @classmethod
    def inspect(cls, parameters_cell: object) -> list[object]:
        """Nothing: inputs were checked before, and papermill's own reading drops some."""
        return []


def _modules(value: Any) -> set[str]:
    """The modules that the Python of a value needs."""
    if isinstance(value, Mapping):
        return set().union(*(_modules(item) for item in value.values()))
    if isinstance(value, list):
        return set().union(*(_modules(item) for item in value))
    return {PYTHON[type(value)][1]} if type(value) in PYTHON else set()


def register(kernel_name: str, language: str) -> None:
    """Use our translator for this kernel where we have one for its language."""
    translators = {"python": Translator, **TRANSLATORS}
    if language.lower() in translators:
        papermill_translators.register(kernel_name, translators[language.lower()])
