"""Processes in OGC's words (18-062r2, processSummary.yaml and process.yaml). Pure."""

from __future__ import annotations

from typing import Any

from jupyter_ades.api.dialect import EXECUTE, Links
from jupyter_ades.api.ogc.schemas import as_openapi
from jupyter_ades.model import Input, Output, Process

PROFILE = "http://www.opengis.net/def/profile/OGC/0/ogc-process-description"


def link(rel: str, title: str, href: str, media_type: str = "application/json") -> dict[str, str]:
    """A link of OGC 18-062r2, link.yaml."""
    return {"href": href, "rel": rel, "type": media_type, "title": title}


def summary(process: Process, links: Links) -> dict[str, Any]:
    """A process as a list shows it."""
    here = ("processes", process.id)
    modes = ["sync-execute"] if process.sync else []
    found = [
        link("self", "Process description", links.url(*here)),
        link("alternate", "The same as a page", f"{links.url(*here)}?f=html", "text/html"),
        link(EXECUTE, "Execute the process", links.url(*here, "execution")),
    ]
    if process.media_type:
        package = links.url(*here, "package")
        found.append(link("package", "Application package", package, process.media_type))
    return {
        "id": process.id,
        "title": process.title or process.id,
        "description": process.description,
        "version": process.version or "0",
        "mutable": process.mutable,
        "keywords": list(process.keywords),
        "metadata": list(process.metadata),
        "jobControlOptions": [*modes, "async-execute", "dismiss"],
        "outputTransmission": ["value", "reference"],
        "links": found,
    }


def description(process: Process, links: Links) -> dict[str, Any]:
    """A process with its inputs and outputs."""
    warnings = {"warnings": list(process.warnings)} if process.warnings else {}
    return {
        **summary(process, links),
        **warnings,
        "inputs": {each.id: _input(each) for each in process.inputs},
        "outputs": {each.id: _output(each) for each in process.outputs},
    }


def _input(each: Input) -> dict[str, Any]:
    return {
        **_described(each),
        "minOccurs": 1 if each.required else 0,
        "maxOccurs": 1,
        "schema": as_openapi(each.schema),
    }


def _output(each: Output) -> dict[str, Any]:
    return {**_described(each), "schema": as_openapi(each.schema)}


def _described(each: Input | Output) -> dict[str, Any]:
    said = {"title": each.title or each.id, "description": each.description}
    kind = {"title": "package type", "role": "package-type", "value": each.package_type}
    return {**said, "metadata": [kind]} if each.package_type else said
