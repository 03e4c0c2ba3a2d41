"""Check and coerce an execute request's inputs against a process. Pure: no network, no files read.

Every problem of a request is found in one pass, each with its path. What comes back is canonical:
references are ``{REFERENCE: kind, "href": ..., "type"?: ...}``, a scalar for an array input is
wrapped, an array of one for a scalar input is unwrapped.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from jupyter_ades.errors import AdesError, InvalidInputs, Problem
from jupyter_ades.model import JSON, REFERENCE, STAGE_IN, FetchPolicy, Input, Process
from jupyter_ades.references import check_href

#: Characters of a validator's message that an answer repeats.
MESSAGE = 300
#: Problems that one answer lists.
LISTED = 100


def check(process: Process, values: Mapping[str, JSON], policy: FetchPolicy) -> dict[str, JSON]:
    """The inputs as the worker gets them; InvalidInputs with every problem when they do not fit."""
    problems = _unknown(process, values) + _missing(process, values)
    checked: dict[str, JSON] = {}
    for each in process.inputs:
        if each.id in values:
            checked[each.id] = coerce(values[each.id], each.schema)
            problems += _misfits(each, checked[each.id], policy)
    if problems:
        raise InvalidInputs(_summary(problems), tuple(problems[:LISTED]))
    return checked


def _summary(problems: list[Problem]) -> str:
    first = "; ".join(f"{problem.path}: {problem.detail}" for problem in problems[:LISTED])
    rest = len(problems) - LISTED
    return first + (f"; and {rest} more" if rest > 0 else "")


def _unknown(process: Process, values: Mapping[str, JSON]) -> list[Problem]:
    known = [each.id for each in process.inputs]
    return [
        Problem(path=f"inputs.{_short(name)}", detail=_suggest(name, known, process.id))
        for name in values
        if name not in known
    ]


def _suggest(name: str, known: list[str], process_id: str) -> str:
    close = difflib.get_close_matches(name[:100], known, n=1)
    if close:
        return f"{process_id} has no such input; did you mean '{close[0]}'?"
    if not known:
        return f"{process_id} takes no inputs."
    return f"{process_id} has no such input; its inputs are {', '.join(known)}."


def _missing(process: Process, values: Mapping[str, JSON]) -> list[Problem]:
    return [
        Problem(path=f"inputs.{each.id}", detail=f"is required ({_kind(each)}).")
        for each in process.inputs
        if each.required and each.id not in values
    ]


def _kind(each: Input) -> str:
    return each.package_type or str(each.schema.get("type", "any value"))


def _misfits(each: Input, value: JSON, policy: FetchPolicy) -> list[Problem]:
    validator = Draft202012Validator(
        _checked_schema(each.schema), format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    problems = [_problem(each, error) for error in validator.iter_errors(value)]
    return problems + _refused(f"inputs.{each.id}", value, policy)


def _problem(each: Input, error: ValidationError) -> Problem:
    found = best_match(error.context) if error.context else None
    error = found or error
    steps = "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path
    )
    message = _short(error.message)
    if error.schema.get("$comment") == STAGE_IN:
        message = f"{_short(repr(error.instance))} is not a reference (an href)"
    return Problem(path=f"inputs.{each.id}{steps}", detail=f"{message}; expected {_kind(each)}.")


def _refused(path: str, value: JSON, policy: FetchPolicy) -> list[Problem]:
    """Problems of the references in a value."""
    if isinstance(value, list):
        nested = [_refused(f"{path}[{i}]", item, policy) for i, item in enumerate(value)]
        return [problem for problems in nested for problem in problems]
    if not isinstance(value, dict):
        return []
    if REFERENCE in value and "href" in value:
        try:
            check_href(value["href"], policy)
        except AdesError as error:
            return [Problem(path=path, detail=error.detail)]
        return []
    nested = [_refused(f"{path}.{key}", item, policy) for key, item in value.items()]
    return [problem for problems in nested for problem in problems]


def _short(text: str) -> str:
    return text if len(text) <= MESSAGE else f"{text[:MESSAGE]}..."


def _checked_schema(schema: JSON) -> JSON:
    """The schema of a coerced value: where a reference was allowed, a marked one stands."""
    if isinstance(schema, list):
        return [_checked_schema(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if STAGE_IN in schema:
        return {"$comment": STAGE_IN, "type": "object", "required": [REFERENCE]}
    return {key: _checked_schema(each) for key, each in schema.items()}


# coercion


def coerce(value: JSON, schema: Mapping[str, JSON]) -> JSON:
    """A value in the shape its schema wants, where that is plain; else the value as it is."""
    if STAGE_IN in schema:
        return _reference(value, schema[STAGE_IN])
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
            key: coerce(item, fields[key]) if key in fields else item for key, item in value.items()
        }
    return value


def _allows(schema: Mapping[str, JSON], kind: str) -> bool:
    types = schema.get("type", kind)
    return kind in (types if isinstance(types, list) else [types])


def _is_array(schema: Mapping[str, JSON]) -> bool:
    return "type" in schema and _allows(schema, "array")


def _coerce_array(value: JSON, schema: Mapping[str, JSON]) -> JSON:
    if value is None and _allows(schema, "null"):
        return None
    items = value if isinstance(value, list) else [value]
    return [coerce(item, schema.get("items") or {}) for item in items]


def _coerce_union(value: JSON, branches: list[Mapping[str, JSON]]) -> JSON:
    """As the first branch that takes the value as it is, else the first that takes it coerced."""
    for branch in branches:
        if not _has_reference(branch) and _accepts(branch, value):
            return value
    for branch in branches:
        candidate = coerce(value, branch)
        if _accepts(_checked_schema(branch), candidate):
            return candidate
    return value


def _accepts(schema: JSON, value: JSON) -> bool:
    valid: bool = Draft202012Validator(schema).is_valid(value)
    return valid


def _has_reference(schema: Any) -> bool:
    if isinstance(schema, list):
        return any(_has_reference(each) for each in schema)
    if not isinstance(schema, Mapping):
        return False
    return STAGE_IN in schema or any(_has_reference(each) for each in schema.values())


def _reference(value: JSON, kind: str) -> JSON:
    """A marked reference for an href in any of the spellings that clients use."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        return {REFERENCE: kind, "href": value}
    if not isinstance(value, dict) or REFERENCE in value:
        return value
    if value.get("type") in ("Feature", "Collection", "FeatureCollection"):
        return {REFERENCE: kind, "value": value}
    if isinstance(value.get("value"), dict) and "href" not in value:
        return _reference(value["value"], kind)
    href = next((value[key] for key in ("href", "location", "path") if key in value), None)
    if not isinstance(href, str):
        return value
    media_type = value.get("type") or value.get("mediaType") or value.get("format")
    marked = {REFERENCE: kind, "href": href}
    return {**marked, "type": media_type} if isinstance(media_type, str) else marked
