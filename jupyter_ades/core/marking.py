"""References in an execute request's values become marked ones, in whatever spelling they came.

A marked reference is ``{REFERENCE: kind, "href": ..., "type"?: ...}``, or with ``"value"`` the STAC
object itself; ``"assets"`` are those wanted of STAC items. One that was written as CWL's File or
Directory (CWL v1.2, CommandLineTool, 4.1.2.2) keeps what that says: ``class``, ``basename``,
``format``, ``contents`` of a literal (with our own ``encoding``: ``base64``), and
``secondaryFiles`` and ``listing``, whose members are marked alike. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_ades.model import JSON, REFERENCE

#: CWL's classes to the kinds of stage-in.
CLASSES = {"File": "file", "Directory": "directory"}
STAC_TYPES = ("Feature", "Collection", "FeatureCollection")
_ADDRESSES = ("href", "location", "path")
#: What a File or Directory may say of itself besides where it is.
_SAID = ("basename", "format", "contents", "encoding")
_MEMBERS = ("secondaryFiles", "listing")


def as_reference(value: JSON, kind: str) -> JSON:
    """A marked reference for an href in any of the spellings that clients use; else the value."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        return {REFERENCE: kind, "href": value}
    if not isinstance(value, dict) or REFERENCE in value:
        return value
    if value.get("type") in STAC_TYPES:
        return {REFERENCE: kind, "value": value}
    if isinstance(value.get("value"), dict) and "href" not in value:
        return _choosing(as_reference(value["value"], kind), value)
    if value.get("class") in CLASSES:
        return _from_cwl(value, kind)
    return _from_link(value, kind)


def mark_files(value: JSON) -> JSON:
    """A value of any shape with the File and Directory objects in it marked."""
    if isinstance(value, list):
        return [mark_files(each) for each in value]
    if not isinstance(value, dict) or REFERENCE in value:
        return value
    if value.get("class") in CLASSES:
        return _from_cwl(value, CLASSES[value["class"]])
    return {key: mark_files(each) for key, each in value.items()}


def is_cwl_object(value: JSON, kind: str) -> bool:
    """Whether a value says by its ``class`` that it is a reference of this kind."""
    return isinstance(value, dict) and CLASSES.get(str(value.get("class"))) == kind


def _from_link(value: Mapping[str, JSON], kind: str) -> JSON:
    href = _address(value)
    if not isinstance(href, str):
        return value
    media_type = value.get("type") or value.get("mediaType") or value.get("format")
    marked = {REFERENCE: kind, "href": href}
    typed = {**marked, "type": media_type} if isinstance(media_type, str) else marked
    return _choosing(typed, value)


def _choosing(marked: JSON, value: Mapping[str, JSON]) -> JSON:
    """A reference with the choice of assets that was written beside it."""
    if isinstance(marked, dict) and REFERENCE in marked and "assets" in value:
        return {**marked, "assets": value["assets"]}
    return marked


def _from_cwl(value: Mapping[str, JSON], kind: str) -> JSON:
    href = _address(value)
    if not isinstance(href, str) and not _is_literal(value, kind):
        return value
    marked: dict[str, JSON] = {REFERENCE: kind, "class": value["class"]}
    if isinstance(href, str):
        marked["href"] = href
    for name in _SAID:
        if isinstance(value.get(name), str):
            marked[name] = value[name]
    for name in _MEMBERS:
        if isinstance(value.get(name), list):
            marked[name] = [mark_files(each) for each in value[name]]
    return _choosing(marked, value)


def _is_literal(value: Mapping[str, JSON], kind: str) -> bool:
    """Whether a File or Directory carries what it holds."""
    if kind == "directory":
        return isinstance(value.get("listing"), list)
    return isinstance(value.get("contents"), str)


def _address(value: Mapping[str, JSON]) -> JSON:
    return next((value[key] for key in _ADDRESSES if key in value), None)
