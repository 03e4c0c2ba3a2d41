"""Inputs that people write: ``name=value`` arguments and YAML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jupyter_ades.client.errors import InvalidInputs
from jupyter_ades.client.records import Parameter, ProcessRecord


def read_yaml(text: str) -> Any:
    """YAML 1.2, of which JSON is a part; InvalidInputs with the line of a fault."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}: " if mark is not None else ""
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise InvalidInputs(f"The inputs are no YAML: {place}{reason}.") from None


def read_document(text: str) -> dict[str, Any]:
    """Inputs as a YAML document; an execute request is taken by its ``inputs``."""
    document = read_yaml(text)
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise InvalidInputs("The inputs are no YAML mapping: write 'name: value' lines.")
    inner = document.get("inputs")
    return inner if isinstance(inner, dict) and len(document) == 1 else document


def read_pairs(pairs: Iterable[str], process: ProcessRecord) -> dict[str, Any]:
    """Inputs as ``name=value`` arguments; a name that comes again makes a list."""
    kinds = {each.id: each for each in process.inputs}
    found: dict[str, list[Any]] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise InvalidInputs(f"{pair!r}: an input is written name=value.")
        found.setdefault(name, []).append(read_value(text, kinds.get(name)))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def read_value(text: str, kind: Parameter | None) -> Any:
    """A text as the input takes it: as it stands for a string or a reference, else as YAML."""
    if kind is not None and takes_text(kind.schema) and not text.startswith(("[", "{")):
        return text
    try:
        value = read_yaml(text)
    except InvalidInputs:
        return text
    return value if isinstance(value, bool | int | float | list | dict) or value is None else text


def takes_text(schema: Mapping[str, Any]) -> bool:
    """Whether a value may be a string."""
    kinds = schema.get("type")
    named = kinds if isinstance(kinds, list) else [kinds]
    items, branches = schema.get("items"), schema.get("oneOf") or schema.get("anyOf") or []
    inner = [*branches, *([items] if isinstance(items, Mapping) else [])]
    return (
        "string" in named
        or isinstance(schema.get("enum"), list)
        or any(takes_text(each) for each in inner if isinstance(each, Mapping))
    )
