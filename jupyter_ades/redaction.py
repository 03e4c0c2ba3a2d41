"""Keeps out of what is shown the values that a process declares secret (``writeOnly``). No I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from jupyter_ades.model import JSON, REFERENCE, Process

HIDDEN = "***"
#: Characters below which a value is not looked for in texts: it would be found everywhere.
SHORTEST = 4
#: Bytes of JSON beyond which an input is only counted.
LONGEST_INPUT = 16 * 2**10
_SECRET_NAME = re.compile(r"passw|secret|token|credential|api_?key|private_?key", re.IGNORECASE)
_URL = re.compile(r"([a-z][a-z0-9+.-]*://)([^/?#\s]*@)?([^?#\s]*)([?#]\S*)?", re.IGNORECASE)


def secret_inputs(process: Process) -> frozenset[str]:
    """Ids of the inputs that are secret: JSON Schema's ``writeOnly``, cwltool's ``Secrets``."""
    return frozenset(each.id for each in process.inputs if each.schema.get("writeOnly"))


def shown_inputs(process: Process, inputs: Mapping[str, JSON]) -> dict[str, JSON]:
    """The inputs as the user gave them, without what is secret or too long to repeat."""
    return {
        name: HIDDEN if is_hidden(name, process) else _shown(value)
        for name, value in inputs.items()
    }


def is_hidden(name: str, process: Process) -> bool:
    """Whether an input's value is not shown: it is declared secret, or its name says so."""
    return name in secret_inputs(process) or _SECRET_NAME.search(name) is not None


def _shown(value: JSON) -> JSON:
    shown = without_secrets(value)
    size = len(json.dumps(shown))
    return shown if size <= LONGEST_INPUT else f"({size} bytes of JSON)"


def without_secrets(value: JSON) -> JSON:
    """A value without fields whose names are secret, and its texts' URLs without credentials,
    query and fragment."""
    if isinstance(value, str):
        return _URL.sub(lambda found: found[1] + found[3] + ("?..." if found[4] else ""), value)
    if isinstance(value, list):
        return [without_secrets(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: HIDDEN if _SECRET_NAME.search(key) else without_secrets(each)
        for key, each in value.items()
        if key != REFERENCE
    }


class Redaction:
    """Replaces a job's secrets in texts."""

    def __init__(self, process: Process, inputs: Mapping[str, Any]) -> None:
        found: set[str] = set()
        for name in secret_inputs(process):
            for value in _texts(inputs.get(name)):
                # Logs have it line by line, JSON and Python's repr with escapes.
                quoted = (json.dumps(value), json.dumps(value, ensure_ascii=False), repr(value))
                escaped = value.encode("unicode_escape").decode()
                # As papermill writes parameters into a cell.
                written = escaped.replace('"', '\\"')
                forms = (value, *value.splitlines(), *(each[1:-1] for each in quoted), written)
                found.update(each for each in forms if len(each.strip()) >= SHORTEST)
        self._found = sorted(found, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """The text with each secret as :data:`HIDDEN`."""
        for each in self._found:
            text = text.replace(each, HIDDEN)
        return text

    def tree(self, value: Any) -> Any:
        """JSON with each text so."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, list):
            return [self.tree(each) for each in value]
        if isinstance(value, dict):
            return {name: self.tree(each) for name, each in value.items()}
        return value

    def __bool__(self) -> bool:
        return bool(self._found)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
        yield str(value)
