"""Check and coerce an execute request's inputs against a process. Pure: no network, no files read.

Every problem of a request is found in one pass, each with its path. What comes back is canonical:
references are ``{REFERENCE: kind, "href": ..., "type"?: ...}``, a scalar for an array input is
wrapped, an array of one for a scalar input is unwrapped.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

from jsonschema.exceptions import ValidationError, best_match

from jupyter_ades.core.chaining import OwnJobs, is_chained
from jupyter_ades.core.coercion import accepts, checked_schema, coerce
from jupyter_ades.core.formats import FORMATS
from jupyter_ades.core.limits import Limits
from jupyter_ades.core.marking import mark_files
from jupyter_ades.errors import AdesError, InvalidInputs, Problem, TooLarge
from jupyter_ades.json_schema import UnusableSchema, errors_of
from jupyter_ades.model import JSON, REFERENCE, STAGE_IN, STAGED, FetchPolicy, Input, Process
from jupyter_ades.references import check_href

#: Characters of a validator's message that an answer repeats.
MESSAGE = 300
#: Kind of process to keys beside its inputs (CWL v1.2, 2. "Data model": requirements of a job).
OF_THE_JOB = {"cwl": ("cwl:requirements",)}
#: Problems that one answer lists.
LISTED = 100


def check(
    process: Process,
    values: Mapping[str, JSON],
    policy: FetchPolicy,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    own: OwnJobs = OwnJobs(),  # noqa: B008 (frozen)
) -> dict[str, JSON]:
    """The inputs as the worker gets them; InvalidInputs with every problem when they do not fit.

    TooLarge when there are so many values that looking at each would hold up everybody else.
    """
    _check_size(values, limits)
    values, more = _without_defaults(process, values), _of_the_job(process, values)
    problems = _unknown(process, values, more) + _missing(process, values)
    problems += [each for name in more for each in _refused(f"inputs.{name}", more[name], policy)]
    checked: dict[str, JSON] = dict(more)
    for each in process.inputs:
        if each.id in values:
            checked[each.id] = own.canonical(coerce(values[each.id], each.schema))
            problems += unquoted(process, _misfits(each, checked[each.id], policy))
    refuse(problems)
    return checked


def refuse(problems: Sequence[Problem]) -> None:
    """Raise InvalidInputs when there are problems."""
    if problems:
        raise InvalidInputs(_summary(problems), tuple(problems[:LISTED]))


def unquoted(process: Process, problems: Iterable[Problem]) -> list[Problem]:
    """Problems of values, those of secret inputs without a word of the value."""
    secret = [each for each in process.inputs if each.schema.get("writeOnly")]
    # A secret's are one by now.
    return list(dict.fromkeys(_unquoted(secret, each) for each in problems))


def _unquoted(secret: list[Input], problem: Problem) -> Problem:
    for each in secret:
        path = f"inputs.{each.id}"
        if problem.path == path or problem.path.startswith((f"{path}.", f"{path}[")):
            detail = f"its value, which is secret, cannot be taken; expected {_kind(each)}."
            return Problem(path=path, detail=detail)
    return problem


def _check_size(values: Mapping[str, JSON], limits: Limits) -> None:
    if len(values) > limits.max_inputs:
        raise TooLarge(
            f"inputs: {len(values)} are given, the most is {limits.max_inputs} (c.ADES.max_inputs)."
        )
    for name, value in values.items():
        longest = _longest(value)
        if longest > limits.max_array_length:
            raise TooLarge(
                f"inputs.{_short(name)}: an array has {longest} items, the most is"
                f" {limits.max_array_length} (c.ADES.max_array_length)."
            )


def _longest(value: JSON) -> int:
    """Items of the longest array or object in a value."""
    if not isinstance(value, (list, dict)):
        return 0
    items = value.values() if isinstance(value, dict) else value
    return max(len(value), max(map(_longest, items), default=0))


def _without_defaults(process: Process, values: Mapping[str, JSON]) -> dict[str, JSON]:
    """The values without a null for what has a default: JSON's and CWL's way to leave it out."""
    nulls = {name for name, value in values.items() if value is None}
    defaults = {
        each.id
        for each in process.inputs
        if each.id in nulls and not each.required and not accepts(each.schema, None)
    }
    return {name: value for name, value in values.items() if name not in defaults}


def _of_the_job(process: Process, values: Mapping[str, JSON]) -> dict[str, JSON]:
    """What a request says of the job as a whole, in the words of the package's own language."""
    return {
        name: mark_files(values[name])
        for name in OF_THE_JOB.get(process.kind, ())
        if isinstance(values.get(name), list)
    }


def _summary(problems: Sequence[Problem]) -> str:
    first = "; ".join(f"{problem.path}: {problem.detail}" for problem in problems[:LISTED])
    rest = len(problems) - LISTED
    return first + (f"; and {rest} more" if rest > 0 else "")


def _unknown(
    process: Process, values: Mapping[str, JSON], more: Mapping[str, JSON]
) -> list[Problem]:
    known = [each.id for each in process.inputs]
    return [
        Problem(path=f"inputs.{_short(name)}", detail=_suggest(name, known, process.id))
        for name in values
        if name not in known and name not in more
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
    try:
        errors = errors_of(checked_schema(each.schema), value, FORMATS)
    except UnusableSchema as error:
        return [
            Problem(path=f"inputs.{each.id}", detail=f"cannot be checked: its schema: {error}.")
        ]
    problems = [_problem(each, error) for error in errors]
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
    if STAGED in value:
        return [Problem(path=path, detail=f"{STAGED!r} is no key that a request may use.")]
    if REFERENCE in value and "assets" in value and not _is_choice(value["assets"]):
        detail = "a list of asset keys is expected, such as ['B04', 'role:thumbnail']."
        return [Problem(path=f"{path}.assets", detail=detail)]
    if REFERENCE in value and isinstance(value.get("href"), str):
        if is_chained(value["href"]):
            return []
        try:
            check_href(value["href"], policy)
        except AdesError as error:
            return [Problem(path=path, detail=error.detail)]
    nested = [_refused(f"{path}.{key}", item, policy) for key, item in value.items()]
    return [problem for problems in nested for problem in problems]


def _is_choice(assets: JSON) -> bool:
    return isinstance(assets, list) and all(isinstance(each, str) and each for each in assets)


def _short(text: str) -> str:
    return text if len(text) <= MESSAGE else f"{text[:MESSAGE]}..."
