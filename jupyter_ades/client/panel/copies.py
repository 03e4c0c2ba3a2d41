"""An execute request as people would write it: Python, curl, the magics."""

from __future__ import annotations

import json
import pprint
import shlex
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from typing import Any

import anywidget
from traitlets import Unicode


class CopyText(anywidget.AnyWidget):  # type: ignore[misc]
    """A text with a button that copies it."""

    _esm = (files("jupyter_ades.client.panel") / "copy.js").read_text("utf-8")

    text = Unicode().tag(sync=True)


def as_python(url: str, process_id: str, inputs: Mapping[str, Any]) -> str:
    """Lines for a notebook or a script."""
    given = pprint.pformat(dict(inputs), indent=1, width=88, sort_dicts=False)
    return (
        "from jupyter_ades import Client\n\n"
        f"client = Client({url!r})\n"
        f"job = client.process({process_id!r}).execute({given})\n"
        "job.wait()"
    )


def as_curl(url: str, process_id: str, inputs: Mapping[str, Any]) -> str:
    """A line for a shell; the token is the shell's own $ADES_TOKEN."""
    body = json.dumps({"inputs": dict(inputs)}, ensure_ascii=False)
    address = f"{url}/processes/{process_id}/execution"
    return (
        f"curl -X POST {shlex.quote(address)} \\\n"
        '  -H "Authorization: Bearer $ADES_TOKEN" \\\n'
        "  -H 'Content-Type: application/json' -H 'Prefer: respond-async' \\\n"
        f"  -d {shlex.quote(body)}"
    )


def as_magic(url: str, process_id: str, inputs: Mapping[str, Any]) -> str:
    """A cell of the magics, its inputs as YAML."""
    lines = [each for name, value in inputs.items() for each in _lines(f"{_text(name)}:", value)]
    return "\n".join([f"%%ades execute {process_id}", *lines])


def _lines(head: str, value: Any, indent: str = "") -> Iterator[str]:
    """YAML in blocks: the magics would read braces as Python."""
    if isinstance(value, Mapping) and value:
        yield f"{indent}{head}"
        for name, each in value.items():
            yield from _lines(f"{_text(name)}:", each, f"{indent}  ")
    elif isinstance(value, list) and value:
        yield f"{indent}{head}"
        for each in value:
            yield from _lines("-", each, f"{indent}  ")
    else:
        yield f"{indent}{head} {_text(value)}"


def _text(value: Any) -> str:
    """A scalar as JSON, in which the magics find no Python either."""
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("$", "$$").replace("{", "\\u007b") if isinstance(value, str) else text


FORMS: dict[str, Callable[[str, str, Mapping[str, Any]], str]] = {
    "Python": as_python,
    "curl": as_curl,
    "%ades": as_magic,
}
