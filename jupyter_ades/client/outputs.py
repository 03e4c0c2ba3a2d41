"""Reads a results document in any of its shapes, and finds the STAC catalog in it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from jupyter_ades.client.steps import Reply

#: The one output of an ADES v2, and the key of its catalog's address.
WF_OUTPUTS = "wf_outputs"
CATALOG_URI = "StacCatalogUri"
#: Members that an output may have beside its ``value``.
QUALIFIERS = frozenset(
    {"value", "mediaType", "encoding", "schema", "format", "id", "time", "type", "title", "uom"}
)
STAC_TYPES = ("Catalog", "Collection", "Feature", "FeatureCollection")


def read_answer(reply: Reply) -> dict[str, Any]:
    """Output id to value of any answer; one that is no JSON is the output ``result``."""
    document = reply.document
    if document is None and reply.content:
        textual = reply.media_type.startswith("text/")
        return {"result": reply.text if textual else reply.content}
    return read_outputs(document)


def read_outputs(document: Any) -> dict[str, Any]:
    """Output id to value: a literal, a list, or a link ``{"href": ..., "type": ...}``."""
    if isinstance(document, list):
        return _of_list(document)
    if not isinstance(document, Mapping):
        return {} if document is None else {"result": document}
    for name in ("outputs", "results"):
        inner = document.get(name)
        if isinstance(inner, list) or (isinstance(inner, Mapping) and _is_wrapper(document)):
            return read_outputs(inner)
    if CATALOG_URI in document:
        return {WF_OUTPUTS: dict(document)}
    if isinstance(document.get("id"), str) and "value" in document:
        return {document["id"]: plain(document)}
    if _is_stac(document) or "href" in document:
        return {"result": dict(document)}
    return {str(name): plain(value) for name, value in document.items() if name != "links"}


def _is_wrapper(document: Mapping[str, Any]) -> bool:
    """Whether ``outputs`` is the document's frame rather than an output of that name."""
    return document.keys() <= {"outputs", "results", "links", "jobID", "id", "status"}


def _of_list(members: list[Any]) -> dict[str, Any]:
    found: dict[str, list[Any]] = {}
    for place, each in enumerate(members):
        named = isinstance(each, Mapping) and (each.get("id") or each.get("identifier"))
        found.setdefault(str(named or f"result_{place + 1}"), []).append(plain(each))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def plain(value: Any) -> Any:
    """An output's value without what qualifies it."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    if "inlineValue" in value:
        return _parsed(value["inlineValue"])
    for name in ("value", "data"):
        if name in value and value.keys() <= QUALIFIERS | {name}:
            return plain(value[name])
    if isinstance(value.get("href"), str):
        return {key: item for key, item in value.items() if key not in ("id", "time")}
    return dict(value)


def _parsed(value: Any) -> Any:
    """JSON that stands in a text, as ADES v2 writes it."""
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def find_catalog(outputs: Mapping[str, Any]) -> str | dict[str, Any] | None:
    """The address of the STAC catalog among the outputs, or the STAC object itself."""
    for value in _walk(outputs):
        if CATALOG_URI in value and isinstance(value[CATALOG_URI], str):
            return str(value[CATALOG_URI])
        if _is_stac(value):
            return dict(value)
        href = value.get("href")
        if isinstance(href, str) and _names_catalog(href, value):
            return href
    return None


def _walk(value: Any) -> Iterator[Mapping[str, Any]]:
    """All objects in a value, the outer ones first; not those inside a STAC object."""
    if isinstance(value, list):
        for each in value:
            yield from _walk(each)
    elif isinstance(value, Mapping):
        yield value
        if not _is_stac(value):
            for each in value.values():
                yield from _walk(each)


def _is_stac(value: Mapping[str, Any]) -> bool:
    if value.get("type") not in STAC_TYPES:
        return False
    features = value.get("features")
    if value["type"] == "FeatureCollection":
        return isinstance(features, list) and any(
            isinstance(each, Mapping) and "stac_version" in each for each in features
        )
    return "stac_version" in value


def _names_catalog(href: str, link: Mapping[str, Any]) -> bool:
    path = href.partition("?")[0].rstrip("/")
    stac = "stac" in str(link.get("type", "")) or "stac" in str(link.get("rel", ""))
    return stac or path.endswith(("catalog.json", "collection.json"))
