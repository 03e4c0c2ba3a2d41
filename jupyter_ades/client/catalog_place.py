"""Finds where a job's STAC catalog is read from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_ades.client.errors import NoCatalog
from jupyter_ades.client.outputs import find_catalog
from jupyter_ades.client.records import JobRecord
from jupyter_ades.client.site import Site
from jupyter_ades.client.steps import Operation


def catalog_place(
    site: Site, job: JobRecord, outputs: Mapping[str, Any]
) -> Operation[str | dict[str, Any]]:
    """A file of this machine, else an address, else the STAC object that the results hold."""
    local = local_catalog(site.found.root_dir, site.found.workspace, job.id)
    if local is not None:
        return local
    link = job.link("catalog")
    if link is not None:
        return (yield from site.url(link))
    found = find_catalog(outputs)
    if found is None:
        raise NoCatalog(
            f"The results of job {job.id} are no STAC catalog; job.outputs has"
            f" {', '.join(outputs) or 'nothing'}."
        )
    if isinstance(found, str) and not found.startswith("s3://"):
        return (yield from site.url(found))
    return found


def local_catalog(root_dir: Path | None, workspace: str, job_id: str) -> str | None:
    """The catalog's file when the server delivers into a folder of this machine."""
    if root_dir is None or not job_id:
        return None
    path = root_dir / "ades-results" / workspace / f"wf-{job_id}" / "catalog.json"
    return str(path) if path.is_file() else None
