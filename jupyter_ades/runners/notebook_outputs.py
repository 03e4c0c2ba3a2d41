"""Outputs that a notebook gives by name: ``ades-outputs.json`` in the folder that it runs in.

Any language can write it: an object of output ids and values, a value being a literal or, for a
file or folder, CWL's ``{"class": "File" | "Directory", "path": "map.tif"}`` with a path relative
to that folder. It is what ``cwl.output.json`` is for a CWL tool.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from jupyter_ades.giving import OUTPUTS_FILE
from jupyter_ades.model import JSON, Output

#: What every notebook gives by itself.
RESERVED = ("notebook", "results")
_CLASSES = ("File", "Directory")


class InvalidOutputs(ValueError):
    """What a notebook gave cannot be taken; the text says why."""


def read_given(work: Path) -> dict[str, JSON]:
    """Output ids and values, files with absolute paths; InvalidOutputs in words."""
    try:
        text = (work / OUTPUTS_FILE).read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidOutputs(f"{OUTPUTS_FILE} cannot be read: {error}") from error
    try:
        given = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidOutputs(f"{OUTPUTS_FILE} is not JSON: {error}") from error
    if not isinstance(given, dict):
        raise InvalidOutputs(f"{OUTPUTS_FILE}: an object of output ids and values is expected")
    taken = [name for name in given if name in RESERVED]
    if taken:
        raise InvalidOutputs(f"{OUTPUTS_FILE}: every notebook has an output '{taken[0]}'")
    return {name: _located(value, work, name) for name, value in given.items()}


def missing_or_wrong(outputs: Sequence[Output], given: dict[str, JSON]) -> Iterator[str]:
    """A sentence for each declared output that was not given, or not as it is declared."""
    # Here, as it loads jsonschema.
    from jupyter_ades.json_schema import UnusableSchema, errors_of, is_valid

    for output in outputs:
        if output.id in RESERVED:
            continue
        try:
            if output.id in given:
                for error in errors_of(output.schema, _as_link(given[output.id])):
                    yield f"output '{output.id}' is not as it is declared: {error.message[:300]}"
            elif not is_valid(output.schema, None):
                yield (
                    f"the notebook declares an output '{output.id}' and did not give it:"
                    f" it is not in {OUTPUTS_FILE}"
                )
        except UnusableSchema as error:
            yield f"output '{output.id}' cannot be checked: its schema: {error}"


def _no_constant(word: str) -> JSON:
    raise ValueError(f"{word} is no number in JSON")


def _located(value: JSON, work: Path, output: str) -> JSON:
    """A value with its files found, which must lie in the notebook's folder."""
    if isinstance(value, list):
        return [_located(each, work, output) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get("class") not in _CLASSES:
        return {key: _located(each, work, output) for key, each in value.items()}
    named = str(value.get("path") or "")
    path = (work / named).resolve()
    if not named or not path.is_relative_to(work.resolve()):
        raise InvalidOutputs(f"output '{output}': '{named}' is not in the notebook's folder")
    if not (path.is_file() if value["class"] == "File" else path.is_dir()):
        raise InvalidOutputs(f"output '{output}': there is no {value['class'].lower()} '{named}'")
    relative = path.relative_to(work.resolve()).as_posix()
    return {**value, "path": str(path), "basename": path.name, "relative": relative}


def _as_link(value: JSON) -> JSON:
    """The value as the process description's schema sees it: a file is a link."""
    if isinstance(value, list):
        return [_as_link(each) for each in value]
    if isinstance(value, dict) and value.get("class") in _CLASSES:
        return {"href": value["path"]}
    return value
