"""How cwltool, and Toil by it, are told of the engine that runs containers."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from jupyter_ades.jobdir import JobDir
from jupyter_ades.system.containers import note

#: Beside the cache of a workspace: images that singularity or apptainer have pulled.
IMAGES = "images"
_OPTIONS = {"podman": "--podman", "singularity": "--singularity", "apptainer": "--singularity"}


def container_arguments(engine: str, job: JobDir) -> list[str]:
    """Options for an engine, empty for none; containers leave their ids in the job directory."""
    if not engine:
        return ["--no-container"]
    note(job.containers, engine)
    if engine in ("apptainer", "singularity"):
        _keep_images(job)
    if engine == "apptainer":
        _call_it_singularity(job.root / "bin")
    named = [_OPTIONS[engine]] if engine in _OPTIONS else []
    return [*named, "--cidfile-dir", str(job.containers)]


def _keep_images(job: JobDir) -> None:
    """Keep images as files for later jobs of the workspace: else each would lie in a job's own."""
    order = job.read_plan()
    if order is not None and order.cache_folder:
        images = Path(order.cache_folder).with_name(IMAGES)
        images.mkdir(exist_ok=True)
        os.environ.setdefault("CWL_SINGULARITY_CACHE", str(images))


def _call_it_singularity(folder: Path) -> None:
    """Give apptainer its older name, by which alone cwltool calls it, where it has none."""
    found = shutil.which("apptainer")
    if found is None or shutil.which("singularity") is not None:
        return
    folder.mkdir(exist_ok=True)
    (folder / "singularity").symlink_to(found)
    os.environ["PATH"] = os.pathsep.join([str(folder), os.environ.get("PATH", os.defpath)])
