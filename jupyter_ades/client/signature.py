"""A process as a Python function: signature and docstring from its description."""

from __future__ import annotations

import functools
import inspect
import keyword
import operator
import re
from collections.abc import Callable, Mapping
from types import GenericAlias
from typing import Any, Literal, TypeVar

from jupyter_ades.client.records import Parameter, ProcessRecord

F = TypeVar("F", bound=Callable[..., Any])

TYPES: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": None,
}
#: Keyword of this service's schemas: the value is a reference that is staged in.
STAGE_IN = "x-stage-in"


def python_name(name: str) -> str:
    """An input's id as the name of an argument."""
    found = re.sub(r"\W", "_", name)
    found = f"_{found}" if not found or found[0].isdigit() else found
    return f"{found}_" if keyword.iskeyword(found) else found


def input_ids(process: ProcessRecord) -> dict[str, str]:
    """Argument name to input id; an input keeps its own id when two would share a name."""
    names: dict[str, str] = {}
    for each in process.inputs:
        names.setdefault(python_name(each.id), each.id)
    return names


def by_id(process: ProcessRecord, given: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs by their ids, whichever of both names they were given by."""
    names, ids = input_ids(process), {each.id for each in process.inputs}
    return {name if name in ids else names.get(name, name): value for name, value in given.items()}


def signature_of(process: ProcessRecord) -> inspect.Signature:
    """Required inputs first, each by keyword, with its type and default."""
    parameters = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=_default(each),
            annotation=annotation_of(each),
        )
        for name, input_id in input_ids(process).items()
        for each in process.inputs
        if each.id == input_id
    ]
    parameters.sort(key=lambda each: each.default is not inspect.Parameter.empty)
    return inspect.Signature(parameters)


def _default(each: Parameter) -> Any:
    if each.required:
        return inspect.Parameter.empty
    return each.schema.get("default")


def annotation_of(each: Parameter) -> Any:
    """The Python type that an input takes."""
    found = _annotation(each.schema)
    if each.many and "array" not in str(each.schema.get("type", "")):
        return _list_of(found)
    return found


def _annotation(schema: Mapping[str, Any]) -> Any:
    if STAGE_IN in schema or "contentMediaType" in schema:
        return "Path | str"
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return Literal[tuple(schema["enum"])]
    kind = schema.get("type")
    if isinstance(kind, list):
        return _union([_annotation({**schema, "type": each}) for each in kind])
    branches = schema.get("oneOf") or schema.get("anyOf")
    if isinstance(branches, list):
        return _union([_annotation(each) for each in branches if isinstance(each, Mapping)])
    if kind == "array" and isinstance(schema.get("items"), Mapping):
        return _list_of(_annotation(schema["items"]))
    return TYPES.get(str(kind), Any)


def _list_of(items: Any) -> Any:
    return f"list[{items}]" if isinstance(items, str) else GenericAlias(list, (items,))


def _union(members: list[Any]) -> Any:
    """The union of types; as a text when one of them is known by its name only."""
    if not members or Any in members:
        return Any
    if any(isinstance(each, str) for each in members):
        return " | ".join(dict.fromkeys(shown(each) for each in members))
    return functools.reduce(operator.or_, members)


def shown(annotation: Any) -> str:
    """A type as people write it."""
    if annotation is None:
        return "None"
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def type_label(each: Parameter) -> str:
    """An input's type for people: the package's own word when there is one."""
    return each.package_type or shown(annotation_of(each)).replace("typing.", "")


def docstring(process: ProcessRecord) -> str:
    """Title, description and inputs, in numpydoc's form."""
    lines = [process.title or process.id]
    if process.description and process.description != process.title:
        lines += ["", process.description]
    lines += ["", f"Executes the process {process.id} and gives the job."]
    if process.inputs:
        lines += ["", "Parameters", "----------"]
        for each in process.inputs:
            lines.append(f"{python_name(each.id)} : {type_label(each)}{_optional(each)}")
            words = each.description or (each.title if each.title != each.id else "")
            lines += [f"    {words}"] if words else []
    return "\n".join(lines)


def _optional(each: Parameter) -> str:
    if each.required:
        return ""
    default = each.schema.get("default")
    return ", optional" if default is None else f", default {default!r}"


def described(function: F, process: ProcessRecord) -> F:
    """The function with a process's signature and docstring, for ``?`` and Tab."""
    function.__name__ = "execute"
    function.__qualname__ = f"{python_name(process.id)}.execute"
    function.__doc__ = docstring(process)
    function.__signature__ = signature_of(process)  # type: ignore[attr-defined]
    return function
