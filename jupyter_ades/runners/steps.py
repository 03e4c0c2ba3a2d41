"""The lines by which a program tells its runner how far it is, and why it failed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from jupyter_ades.jobdir import JobDir, write_atomic
from jupyter_ades.model import JSON
from jupyter_ades.runners.base import STEP_PREFIX, Step

#: Named by a runner's explain(), written by its program: a JSON object of the runner's own.
FAILURE = "failure.json"
#: SIGKILL, by which the system ends what needs too much memory.
KILL = 9


def step_line(done: int, total: int, label: str) -> str:
    """What a program prints."""
    return STEP_PREFIX + json.dumps({"done": done, "total": total, "label": label})


def read_step_line(line: str) -> Step | None:
    """What :func:`step_line` made; None for any other line."""
    if not line.startswith(STEP_PREFIX):
        return None
    with suppress(ValueError, KeyError, TypeError):
        told = json.loads(line.removeprefix(STEP_PREFIX))
        done, total, label = int(told["done"]), int(told["total"]), str(told["label"])
        if 0 <= done <= total and total > 0:
            return Step(done=done, total=total, label=label)
    return None


def write_failure(job: JobDir, failure: Mapping[str, JSON]) -> None:
    """Leave why a program failed for its runner."""
    write_atomic(job.root / FAILURE, json.dumps(failure).encode())


def read_failure(job: JobDir) -> dict[str, Any]:
    """Why a program failed; empty when it could not say."""
    try:
        failure = json.loads((job.root / FAILURE).read_bytes())
    except (OSError, ValueError):
        return {}
    return failure if isinstance(failure, dict) else {}


def how_it_ended(exit_code: int) -> str:
    """An exit code in words; negative is a signal, as subprocess tells it."""
    if exit_code == 128 + KILL:
        # A shell's word for a child of its own.
        return f"failed with exit code {exit_code}: killed by signal {KILL} (out of memory?)"
    if exit_code >= 0:
        return f"failed with exit code {exit_code}"
    if -exit_code == KILL:
        return f"was killed by signal {KILL} (out of memory?)"
    return f"was ended by signal {-exit_code}"


def last_words(lines: list[str], most: int = 5) -> str:
    """The last lines that say something, for the end of a sentence."""
    said = [line.strip() for line in lines if line.strip()]
    return "\n".join(said[-most:])
