"""What to send to deploy a path, an address or a document. Reads files, asks nobody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jupyter_ades.client.errors import InvalidPackage

NOTEBOOK = "application/x-ipynb+json"
CWL = "application/cwl+yaml"
CWL_JSON = "application/cwl+json"
OGC_PACKAGE = "application/ogcapppkg+json"
MEDIA_TYPES = {".ipynb": NOTEBOOK, ".cwl": CWL, ".yaml": CWL, ".yml": CWL, ".json": CWL_JSON}


@dataclass(frozen=True, kw_only=True)
class DeployCall:
    """The body of a deploy request."""

    content: bytes
    media_type: str
    query: Mapping[str, str] = field(default_factory=dict)


def deploy_call(
    package: str | Path | Mapping[str, Any], *, process_id: str = "", root_dir: Path | None = None
) -> DeployCall:
    """The request that deploys a package.

    A file in the folder of a server on this machine is named, so that what it refers to is found;
    any other file is sent. A path that is no file here is taken as one in the server's folder.
    """
    if isinstance(package, Mapping):
        return _of_document(dict(package), process_id)
    name, _, workflow = str(package).partition("#")
    fragment = f"#{workflow}" if workflow else ""
    if urlsplit(name).scheme in ("http", "https", "s3"):
        return _of_unit({"href": f"{name}{fragment}"}, process_id)
    path = Path(name).expanduser()
    if not path.is_file():
        if path.is_absolute() or path.is_dir():
            raise InvalidPackage(f"{path}: there is no such file.")
        return _of_unit({"href": f"{name}{fragment}"}, process_id)
    inside = _relative(path, root_dir)
    if inside is not None:
        return _of_unit({"href": f"{inside}{fragment}"}, process_id)
    return _of_file(path, workflow, process_id)


def _of_document(document: dict[str, Any], process_id: str) -> DeployCall:
    if "executionUnit" in document or ("inputs" in document and "cwlVersion" not in document):
        return DeployCall(content=json.dumps(document).encode(), media_type=OGC_PACKAGE)
    kinds = {"nbformat": NOTEBOOK, "cwlVersion": CWL_JSON}
    kind = next((kinds[key] for key in kinds if key in document), None)
    if kind is None:
        raise InvalidPackage(
            "The document is neither CWL (cwlVersion) nor a notebook (nbformat) nor an OGC"
            " application package (executionUnit)."
        )
    if process_id:
        return _of_unit({"value": document, "mediaType": kind}, process_id)
    return DeployCall(content=json.dumps(document).encode(), media_type=kind)


def _of_file(path: Path, workflow: str, process_id: str) -> DeployCall:
    kind = MEDIA_TYPES.get(path.suffix.lower())
    if kind is None:
        known = ", ".join(MEDIA_TYPES)
        raise InvalidPackage(f"{path}: what it is cannot be told; known are files in {known}.")
    data = path.read_bytes()
    if kind == CWL_JSON and b'"nbformat"' in data:
        kind = NOTEBOOK
    query = {"w": workflow} if workflow else {}
    if not process_id:
        return DeployCall(content=data, media_type=kind, query=query)
    named = _of_unit({"value": data.decode(), "mediaType": kind}, process_id)
    return DeployCall(content=named.content, media_type=named.media_type, query=query)


def _of_unit(unit: dict[str, Any], process_id: str) -> DeployCall:
    document: dict[str, Any] = {"executionUnit": unit}
    if process_id:
        document["processDescription"] = {"process": {"id": process_id}}
    return DeployCall(content=json.dumps(document).encode(), media_type=OGC_PACKAGE)


def _relative(path: Path, root_dir: Path | None) -> str | None:
    """The path below the server's folder, or None when it lies elsewhere."""
    if root_dir is None:
        return None
    try:
        return path.resolve().relative_to(root_dir.resolve()).as_posix()
    except ValueError:
        return None
