"""For notebooks: name the outputs of the process that the notebook is."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: In the folder that the notebook runs in; jupyter_ades.runners.notebook_outputs reads it.
OUTPUTS_FILE = "ades-outputs.json"


def give_outputs(**outputs: Any) -> None:
    """Add outputs to those that this notebook gives, in ``ades-outputs.json`` beside it.

    A value is a number, text, boolean, list or mapping, a date or time, a NumPy number or array,
    or a :class:`pathlib.Path` to a file or folder below the working directory. Giving a name again
    replaces its value. Raises TypeError for what JSON cannot hold, ValueError for NaN and infinity
    and for a path elsewhere; then nothing is written.

    >>> give_outputs(mean=0.43, map=Path("map.tif"))  # doctest: +SKIP
    """
    path = Path(OUTPUTS_FILE)
    earlier = json.loads(path.read_text("utf-8")) if path.exists() else {}
    given = {name: _plain(value) for name, value in outputs.items()}
    text = json.dumps({**earlier, **given}, ensure_ascii=False, allow_nan=False, indent=1)
    partial = path.with_name(f".{OUTPUTS_FILE}.partial")
    partial.write_text(text, "utf-8")
    os.replace(partial, path)


def _plain(value: Any) -> Any:
    """The value as JSON has it."""
    if isinstance(value, Path):
        return _file(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(each) for each in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    # NumPy's numbers and arrays, and what behaves like them.
    return value.tolist() if hasattr(value, "tolist") else value


def _file(path: Path) -> dict[str, str]:
    here = Path.cwd().resolve()
    found = path.resolve(strict=True)
    if not found.is_relative_to(here):
        raise ValueError(f"{path} is not below the working directory {here}: copy it there")
    kind = "Directory" if found.is_dir() else "File"
    return {"class": kind, "path": found.relative_to(here).as_posix()}
