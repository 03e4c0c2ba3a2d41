"""Python values as JSON for an execute request: paths, times, STAC objects, arrays."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import Path, PurePath
from typing import Any

from jupyter_ades.client.errors import InvalidInputs
from jupyter_ades.client.records import ProcessRecord
from jupyter_ades.errors import Problem


def to_json(value: Any, *, root_dir: Path | None = None, path: str = "inputs") -> Any:
    """A value as JSON; InvalidInputs that names the place of one that cannot be sent."""
    if value is None or (
        isinstance(value, str | int | float | bool) and not isinstance(value, Enum)
    ):
        return value
    if isinstance(value, Enum):
        return to_json(value.value, root_dir=root_dir, path=path)
    if isinstance(value, PurePath):
        return {"href": _in_folder(value, root_dir)}
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"PT{value.total_seconds():g}S"
    if isinstance(value, Mapping):
        return {
            str(key): to_json(item, root_dir=root_dir, path=f"{path}.{key}")
            for key, item in value.items()
        }
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes | bytearray):
        members = sorted(value) if isinstance(value, set | frozenset) else value
        return [
            to_json(item, root_dir=root_dir, path=f"{path}[{place}]")
            for place, item in enumerate(members)
        ]
    return _of_library(value, root_dir, path)


def _of_library(value: Any, root_dir: Path | None, path: str) -> Any:
    """STAC objects by their address, numpy's values as Python's, without importing either."""
    if callable(getattr(value, "get_self_href", None)):
        href = value.get_self_href()
        if href:
            local = "://" not in href
            return {"href": _in_folder(PurePath(href), root_dir) if local else href}
        return value.to_dict()
    if callable(getattr(value, "tolist", None)):
        return to_json(value.tolist(), root_dir=root_dir, path=path)
    if callable(getattr(value, "__geo_interface__", None)) or hasattr(value, "__geo_interface__"):
        return to_json(value.__geo_interface__, root_dir=root_dir, path=path)
    detail = f"a {type(value).__name__} cannot be sent as JSON."
    raise InvalidInputs(f"{path}: {detail}", problems=(Problem(path=path, detail=detail),))


def _in_folder(path: PurePath, root_dir: Path | None) -> str:
    """A path as the server knows it: below its folder when it lies there."""
    if root_dir is not None:
        try:
            return Path(path).resolve().relative_to(root_dir.resolve()).as_posix()
        except ValueError:
            pass
    return path.as_posix()


def check_names(process: ProcessRecord, inputs: Mapping[str, Any]) -> None:
    """InvalidInputs with a suggestion for every name that the process does not have."""
    known = [each.id for each in process.inputs]
    problems = [
        Problem(path=f"inputs.{name}", detail=suggestion(name, known, process.id))
        for name in inputs
        if name not in known
    ]
    if problems:
        problems += [
            Problem(path=f"inputs.{each.id}", detail="is required.")
            for each in process.inputs
            if each.required and each.id not in inputs
        ]
        detail = "; ".join(f"{each.path}: {each.detail}" for each in problems)
        title = f"The inputs do not fit {process.id}"
        raise InvalidInputs(detail, title=title, problems=tuple(problems))


def suggestion(name: str, known: Sequence[str], owner: str, *, kind: str = "input") -> str:
    """What to say of a name that is unknown."""
    close = difflib.get_close_matches(name[:100], known, n=1)
    if close:
        return f"{owner} has no such {kind}; did you mean '{close[0]}'?"
    if not known:
        return f"{owner} has no {kind}s."
    return f"{owner} has no such {kind}; there are {', '.join(known)}."
