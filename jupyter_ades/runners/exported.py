"""Notebooks in the hands of a runner of CWL: as the package that they export as."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import JSON, STAGED, Process
from jupyter_ades.packages.export import MAIN, as_json, export

#: In the package folder: what is made of a notebook.
EXPORTED = "exported.cwl.json"
#: In the package folder of a job: the package with steps around it that move its data.
STAGED_DOCUMENT = "staged.cwl.json"
#: In the plan's environment: the image that the notebook's tool runs in.
IMAGE = "JUPYTER_ADES_NOTEBOOK_IMAGE"


def document_of(process: Process) -> tuple[str, str]:
    """The file in the package folder that an engine of CWL reads, and the process in it."""
    if process.kind == "notebook":
        return EXPORTED, MAIN
    return process.entry, str(process.details.get("workflow") or "").lstrip("#")


def file_url(path: Path | str) -> str:
    """A path as a URL: CWL's tools read paths as URLs, and take "#" and "%" in them as that."""
    return f"file://{quote(str(path))}"


def document_url(process: Process, package: Path) -> str:
    """What an engine of CWL is told to run, of a package in this folder."""
    if (package / STAGED_DOCUMENT).is_file():
        return file_url(package / STAGED_DOCUMENT)
    document, workflow = document_of(process)
    url = file_url(package / document)
    return f"{url}#{workflow}" if workflow else url


def write_export(job: JobDir, process: Process) -> None:
    """Write a notebook's CWL beside it."""
    order = job.read_plan()
    image = order.plan.env.get(IMAGE, "") if order else ""
    (job.package / EXPORTED).write_bytes(as_json(export(process, job.package, image=image)))


def with_catalogs(value: JSON) -> JSON:
    """Staged inputs with folders that hold a catalog in the places of STAC items."""
    if isinstance(value, list):
        return [with_catalogs(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get(STAGED) == "stac-item":
        return {**value, STAGED: "directory", "path": str(Path(value["path"]).parent.parent)}
    return {key: with_catalogs(each) for key, each in value.items()}
