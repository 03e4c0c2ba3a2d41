"""Delivered outputs as CWL's File and Directory objects (CWL v1.2, CommandLineTool, 4.1.2.2).

A result is a link, which says where a file is; these say besides what it is called, how large it
is, its checksum and format, which files belong to it and what a folder holds. A ``location`` is
relative to the results folder, as a link's href is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from jupyter_ades.model import JSON
from jupyter_ades.worker.delivery import is_within

#: Gives the delivered place of a file that was left; None when it is not delivered.
Place = Callable[[Path], str | None]


def describe(value: JSON, place: Place) -> JSON:
    """An output with each file and folder in it as a CWL object; null for one not delivered."""
    if isinstance(value, list):
        taken = [(describe(each, place), each) for each in value]
        return [each for each, before in taken if each is not None or before is None]
    if not isinstance(value, dict):
        return value
    match value.get("class"):
        case "File":
            return _file(value, place)
        case "Directory":
            return _directory(value, place)
    return {key: describe(each, place) for key, each in value.items()}


def _file(value: Mapping[str, JSON], place: Place) -> JSON:
    path = Path(str(value.get("path")))
    location = place(path)
    if location is None:
        return None
    said = {"format": value["format"]} if isinstance(value.get("format"), str) else {}
    beside = [describe(each, place) for each in value.get("secondaryFiles") or []]
    beside = [each for each in beside if each is not None]
    return {
        **_entry(path, location, str(value.get("basename") or path.name)),
        **said,
        **({"secondaryFiles": beside} if beside else {}),
    }


def _directory(value: Mapping[str, JSON], place: Place) -> JSON:
    path = Path(str(value.get("path")))
    if not path.is_dir():
        return None
    return _folder(path, str(value.get("basename") or path.name), path.resolve(), place)


def _folder(path: Path, name: str, root: Path, place: Place) -> JSON:
    """A folder with everything in it that is delivered."""
    listing = []
    for each in sorted(path.iterdir()):
        if each.is_dir() and not each.is_symlink():
            listing.append(_folder(each, each.name, root, place))
        elif is_within(each, root) and (location := place(each)) is not None:
            listing.append(_entry(each, location, each.name))
    location = place(path)
    here = {} if location is None else {"location": location}
    return {"class": "Directory", **here, "basename": name, "listing": listing}


def _entry(path: Path, location: str, name: str) -> dict[str, JSON]:
    with open(path, "rb") as file:
        checksum = hashlib.file_digest(file, "sha1").hexdigest()
    return {
        "class": "File",
        "location": location,
        "basename": name,
        "size": path.stat().st_size,
        "checksum": f"sha1${checksum}",
    }
