"""Checks values by JSON Schemas (draft 2020-12) that others wrote: nothing is fetched for it, and
no value makes it take long.

Stock validators ask the web and the disk for a ``$ref`` and match patterns with backtracking;
``docs/decisions/0017-schemas.md`` says what is done about either.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from functools import cache, lru_cache
from typing import Any

from jupyter_ades.late_grammar import late_grammar

with late_grammar():
    from jsonschema import Draft202012Validator, FormatChecker, SchemaError
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing.exceptions import Unresolvable
from referencing.jsonschema import EMPTY_REGISTRY

#: A schema: an object, or true or false.
Schema = Any
#: References that the check of one value may follow.
MOST_REFERENCES = 10_000
#: Characters of a pattern or an address that a message repeats.
_SHOWN = 100
_REFERRING = ("$ref", "$dynamicRef")
#: What is left of :data:`MOST_REFERENCES`.
_left: ContextVar[Iterator[int]] = ContextVar("left")


class UnusableSchema(ValueError):
    """A schema that nothing is checked by; the message says why, and where in it."""


def check_schema(schema: Schema) -> None:
    """Raise UnusableSchema for what is no JSON Schema, or one that values are not checked by."""
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise UnusableSchema(f"it is no JSON Schema: {error.message[:200]}") from error
    except RecursionError:
        raise UnusableSchema("it is nested too deeply") from None
    _usable(schema)


def is_valid(schema: Schema, value: Any) -> bool:
    """Whether a value is valid; UnusableSchema when that cannot be found out."""
    return not errors_of(schema, value)


def errors_of(
    schema: Schema, value: Any, formats: FormatChecker | None = None
) -> list[ValidationError]:
    """What is wrong with a value; UnusableSchema when that cannot be found out."""
    checker = _checker(schema, formats)
    token = _left.set(iter(range(MOST_REFERENCES)))
    try:
        return list(checker.iter_errors(value))
    except RecursionError:
        raise UnusableSchema("it refers to itself without an end") from None
    except Unresolvable as error:
        raise UnusableSchema(
            f"it refers to '{str(error.ref)[:_SHOWN]}', which it has not"
        ) from None
    finally:
        _left.reset(token)


# what is taken


def _usable(schema: Schema) -> Schema:
    """A copy without ``$schema``, which would choose a stock validator for a part."""
    copied = _copied(schema, "")
    if _uses(copied, "unevaluatedProperties") and _uses(copied, "patternProperties"):
        raise UnusableSchema(
            "it has patternProperties and unevaluatedProperties, which are not checked together"
        )
    return copied


def _copied(schema: Schema, path: str) -> Schema:
    if isinstance(schema, list):
        return [_copied(each, f"{path}/{n}") for n, each in enumerate(schema)]
    if not isinstance(schema, Mapping):
        return schema
    _check_references(schema, path)
    _check_patterns(schema, path)
    return {
        key: _copied(each, f"{path}/{key}")
        for key, each in schema.items()
        if not (key == "$schema" and isinstance(each, str))
    }


def _check_references(schema: Mapping[str, Any], path: str) -> None:
    for key in _REFERRING:
        target = schema.get(key)
        if isinstance(target, str) and not target.startswith("#"):
            raise UnusableSchema(
                f"{path}/{key}: '{target[:_SHOWN]}' is not in the schema, and schemas are not"
                " fetched; give it under $defs and refer to '#/$defs/...'"
            )


def _check_patterns(schema: Mapping[str, Any], path: str) -> None:
    by_pattern = schema.get("patternProperties")
    for pattern in (schema.get("pattern"), *(by_pattern if isinstance(by_pattern, dict) else ())):
        if isinstance(pattern, str):
            try:
                _compiled(pattern)
            except UnusableSchema as error:
                raise UnusableSchema(f"{path}: {error}") from None


def _uses(schema: Schema, word: str) -> bool:
    if isinstance(schema, list):
        return any(_uses(each, word) for each in schema)
    if not isinstance(schema, dict):
        return False
    return word in schema or any(_uses(each, word) for each in schema.values())


# how it is checked


def _checker(schema: Schema, formats: FormatChecker | None) -> Any:
    """What checks by a schema; made once for one that is used again and again."""
    try:
        text = json.dumps(schema)
    except (TypeError, ValueError):
        # YAML has more than JSON.
        return _made(schema, formats)
    return _remembered(text, formats)


@lru_cache(maxsize=128)
def _remembered(text: str, formats: FormatChecker | None) -> Any:
    return _made(json.loads(text), formats)


def _made(schema: Schema, formats: FormatChecker | None) -> Any:
    return _validators()(_usable(schema), format_checker=formats, registry=EMPTY_REGISTRY)


@cache
def _validators() -> Any:
    """The class of our validators."""
    return extend(
        Draft202012Validator,
        {
            "pattern": _pattern,
            "patternProperties": _pattern_properties,
            "additionalProperties": _additional_properties,
            **{word: _counted(Draft202012Validator.VALIDATORS[word]) for word in _REFERRING},
        },
    )


def _counted(follow: Any) -> Any:
    def counted(checker: Any, target: str, value: Any, schema: Schema) -> Any:
        if next(_left.get(), None) is None:
            raise UnusableSchema(f"more than {MOST_REFERENCES} references are to be followed")
        return follow(checker, target, value, schema)

    return counted


def _pattern(checker: Any, pattern: str, value: Any, schema: Schema) -> Iterator[ValidationError]:
    if isinstance(value, str) and not _matches(pattern, value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _pattern_properties(
    checker: Any, by_pattern: Mapping[str, Schema], value: Any, schema: Schema
) -> Iterator[ValidationError]:
    for pattern, wanted in by_pattern.items() if isinstance(value, dict) else ():
        for key, each in value.items():
            if _matches(pattern, key):
                yield from checker.descend(each, wanted, path=key, schema_path=pattern)


def _additional_properties(
    checker: Any, wanted: Schema, value: Any, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    """As the stock one, of the properties that no pattern is for."""
    by_pattern = schema.get("patternProperties", {})
    if isinstance(value, dict):
        others = {
            key: each
            for key, each in value.items()
            if not any(_matches(pattern, key) for pattern in by_pattern)
        }
        rest = {key: each for key, each in schema.items() if key != "patternProperties"}
        stock = Draft202012Validator.VALIDATORS["additionalProperties"]
        yield from stock(checker, wanted, others, rest)


def _matches(pattern: str, text: str) -> bool:
    # A lone surrogate is a character in JSON and none in UTF-8.
    return _compiled(pattern).search(text.encode(errors="replace").decode()) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    """A pattern for an engine that takes time linear in a text's length, whatever the pattern."""
    # Here, as most schemas have none.
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(re.sub(r"(\\\\)|\\u([0-9a-fA-F]{4})", _spelled, pattern), options)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace") if error.args else "it is none"
        raise UnusableSchema(
            f"the pattern '{pattern[:_SHOWN]}' is not taken ({reason}): patterns are those of RE2,"
            " without looking around and back references"
        ) from None
    except UnicodeEncodeError:
        raise UnusableSchema("a pattern has characters that are none in Unicode") from None


def _spelled(found: re.Match[str]) -> str:
    r"""``\u00e9`` of JSON Schema's regular expressions as RE2 spells it."""
    return found[1] or f"\\x{{{found[2]}}}"
