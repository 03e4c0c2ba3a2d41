"""A job that goes on where an earlier one failed: its finished steps and its staged inputs."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import JSON


def take_over(earlier: JobDir, job: JobDir) -> dict[str, JSON] | None:
    """Take the steps that an earlier job finished, and what it staged in; the staged inputs.

    The earlier job may be this very one, which was interrupted. None when the inputs are no longer
    there: they are staged in again then. Files are linked, not
    copied; the earlier job's directory stays as it is. Modification times stay, by which cwltool
    knows that a step's inputs are the same.
    """
    itself = earlier.root == job.root
    if earlier.steps.is_dir() and not itself:
        _link(earlier.steps, job.steps)
    try:
        staged = earlier.staged.read_text("utf-8")
    except FileNotFoundError:
        return None
    if not earlier.inputs.is_dir():
        return None
    if itself:
        unchanged: dict[str, JSON] = json.loads(staged)
        return unchanged
    _link(earlier.inputs, job.inputs)
    here, there = (json.dumps(str(each.inputs))[1:-1] for each in (job, earlier))
    taken: dict[str, JSON] = json.loads(staged.replace(there, here))
    return taken


def _link(source: Path, target: Path) -> None:
    shutil.copytree(source, target, symlinks=True, copy_function=_one, dirs_exist_ok=True)


def _one(source: str, target: str) -> str:
    # cwltool writes into a step's status file again; what a step made is never written to.
    if source.endswith(".status"):
        return str(shutil.copy2(source, target))
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target)
    return target
