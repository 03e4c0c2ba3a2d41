"""Reads a package in a short-lived child, so that the server imports no CWL and waits for none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec

from jupyter_ades import errors
from jupyter_ades.core.places import READING
from jupyter_ades.core.workspace import Workspace
from jupyter_ades.errors import AdesError, InvalidPackage, Problem
from jupyter_ades.jobdir import read_record, sync_tree, write_record
from jupyter_ades.model import DeployRequest, Process
from jupyter_ades.system.environment import TOKENS, without

#: Seconds that reading one package may take, its fetching included.
PATIENCE = 120.0
#: What the child runs.
PROGRAM = ["-m", "jupyter_ades.packages"]


@dataclass(frozen=True, kw_only=True)
class ReadPackage:
    """What a child made of a package: a folder with ``original`` and ``package/``."""

    folder: Path
    process: Process

    def discard(self) -> None:
        """Remove the folder of a package that is not kept."""
        shutil.rmtree(self.folder, ignore_errors=True)


class _Refusal(msgspec.Struct):
    cls: str = msgspec.field(name="class")
    detail: str
    problems: tuple[Problem, ...] = ()


def read_package(workspace: Workspace, request: DeployRequest) -> ReadPackage:
    """Fetch and read a package; blocks for seconds, so it runs beside the core's thread."""
    folder = Path(tempfile.mkdtemp(prefix=READING, dir=workspace.packages))
    try:
        write_record(folder / "deploy.json", request)
        _run_child(folder)
        process = read_record(folder / "process.json", Process)
        if process is None:
            raise _refusal(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    (folder / "deploy.json").unlink()
    # Here and not where it is recorded: it waits for the disk.
    sync_tree(folder)
    return ReadPackage(folder=folder, process=process)


def _run_child(folder: Path) -> None:
    with open(folder / "stderr", "wb") as stderr:
        try:
            subprocess.run(
                [sys.executable, *PROGRAM, str(folder)],
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
                cwd=folder,
                # It is busy with what others wrote: it has no token that a fault could tell.
                env={**without(os.environ, TOKENS), "PYTHONUNBUFFERED": "1"},
                timeout=PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise InvalidPackage(
                f"The package could not be read within {PATIENCE:.0f} seconds."
            ) from None


def _refusal(folder: Path) -> AdesError:
    refusal = read_record(folder / "error.json", _Refusal)
    if refusal is None:
        last = (folder / "stderr").read_text(errors="replace").strip().splitlines()[-1:]
        return InvalidPackage(
            f"The package could not be read: {''.join(last) or 'no reason given'}"
        )
    kind = getattr(errors, refusal.cls, InvalidPackage)
    error: AdesError = kind(refusal.detail, refusal.problems)
    return error
