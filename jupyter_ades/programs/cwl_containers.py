"""How cwltool, and Toil by it, are told of the engine that runs containers."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from jupyter_ades.jobdir import JobDir
from jupyter_ades.system.containers import note

_OPTIONS = {"podman": "--podman", "singularity": "--singularity", "apptainer": "--singularity"}


def container_arguments(engine: str, job: JobDir) -> list[str]:
    """Options for an engine, empty for none; containers leave their ids in the job directory."""
    if not engine:
        return ["--no-container"]
    note(job.containers, engine)
    if engine == "apptainer":
        _call_it_singularity(job.root / "bin")
    named = [_OPTIONS[engine]] if engine in _OPTIONS else []
    return [*named, "--cidfile-dir", str(job.containers)]


def _call_it_singularity(folder: Path) -> None:
    """Give apptainer its older name, by which alone cwltool calls it, where it has none."""
    found = shutil.which("apptainer")
    if found is None or shutil.which("singularity") is not None:
        return
    folder.mkdir(exist_ok=True)
    (folder / "singularity").symlink_to(found)
    os.environ["PATH"] = os.pathsep.join([str(folder), os.environ.get("PATH", os.defpath)])
