"""Calls one function: ``python -m jupyter_ades.programs.run_function JOB MODULE:FUNCTION``.

Its arguments are ``staged.json`` of the job directory; what it returns goes to
``outputs/outputs.json``. Exit code 1 when it raises; why is left for the runner.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import traceback
from collections.abc import Mapping
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

from jupyter_ades.jobdir import JobDir, write_atomic
from jupyter_ades.model import JSON, STAGED
from jupyter_ades.runners.python import OUTPUTS
from jupyter_ades.runners.steps import write_failure

#: The output of a function whose annotation names no others.
RESULT = "result"


def main(folder: str, entry_point: str) -> int:
    """Call the function; the exit code."""
    job = JobDir(Path(folder))
    order = job.read_plan()
    named = {each.id for each in order.process.outputs} if order else {RESULT}
    try:
        given = json.loads(job.staged.read_bytes())
        result = function_of(entry_point)(**{key: _argument(each) for key, each in given.items()})
        outputs = result if named != {RESULT} else {RESULT: result}
        document = json.dumps({name: _plain(value) for name, value in dict(outputs).items()})
        write_atomic(job.outputs / OUTPUTS, document.encode())
    except Exception as error:
        traceback.print_exc()
        write_failure(job, {"detail": _why(error, entry_point)})
        return 1
    return 0


def function_of(entry_point: str) -> Any:
    """The function that an entry point names."""
    module, _, name = entry_point.partition(":")
    return getattr(import_module(module), name)


def _argument(value: JSON) -> Any:
    """A staged input: a path where a file was given."""
    if isinstance(value, list):
        return [_argument(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    if STAGED in value:
        return Path(value["path"])
    return {key: _argument(each) for key, each in value.items()}


def _plain(value: Any) -> JSON:
    """What a function gave, as JSON; a path as CWL's File or Directory."""
    if isinstance(value, Path):
        kind = "Directory" if value.is_dir() else "File"
        return {"class": kind, "path": str(value.absolute()), "basename": value.name}
    if isinstance(value, date):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _plain(dataclasses.asdict(value))
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(each) for each in value]
    return value


def _why(error: Exception, entry_point: str) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at line {frames[-1].lineno} of {Path(frames[-1].filename).name}" if frames else ""
    return f"{entry_point} failed{where}: {type(error).__name__}: {error}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
