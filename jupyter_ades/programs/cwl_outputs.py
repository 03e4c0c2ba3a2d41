"""Keeps a workflow's outputs apart: scattered parts mostly give theirs the same names.

cwltool puts all outputs into one folder. Folders of one name it merges there, so that files are
lost; files of one name it numbers behind their extension, so that they lose their type.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from cwltool.errors import WorkflowException
from schema_salad.ref_resolver import uri_file_path


def keep_apart(outputs: Any) -> None:
    """Give outputs of one name, at different places, names of their own: ``a.tif``, ``a_2.tif``."""
    taken: dict[str, str] = {}
    for each in _top(outputs):
        name, place = each["basename"], each["location"]
        free, number = name, 1
        while taken.setdefault(free.casefold(), place) != place:
            number += 1
            free = _numbered(name, number, folder=each["class"] == "Directory")
        if free != name:
            _rename(each, name, free)


def refuse_strays(outputs: Any, *folders: Path, dangling: bool = True) -> None:
    """Raise WorkflowException for an output that is a link out of a job's folders.

    cwltool would follow it, and deliver what it leads to; links inside of folders it keeps. Without
    ``dangling`` one that leads to nothing passes: a container's may lead to what is in there.
    """
    for each in _top(outputs):
        location = str(each["location"])
        place = uri_file_path(location) if location.startswith("file://") else location
        if not place.startswith("/") or not (dangling or Path(place).exists()):
            continue
        if not _is_in(Path(place), folders):
            raise WorkflowException(
                f"The output '{each['basename']}' is a link to {Path(place).resolve()}, which is"
                " not of this job: let the tool copy what it wants to give."
            )


def _is_in(place: Path, folders: tuple[Path, ...]) -> bool:
    real = place.resolve()
    return any(real.is_relative_to(folder.resolve()) for folder in folders)


def _top(value: Any) -> Iterator[Any]:
    """The files and folders that outputs are, not those inside of them."""
    if isinstance(value, dict) and value.get("class") in ("File", "Directory"):
        if "basename" in value and "location" in value:
            yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _top(item)
    elif isinstance(value, list):
        for item in value:
            yield from _top(item)


def _numbered(name: str, number: int, *, folder: bool) -> str:
    path = PurePosixPath(name)
    return f"{name}_{number}" if folder else f"{path.stem}_{number}{path.suffix}"


def _rename(entry: Any, name: str, free: str) -> None:
    """Rename a file or folder, and the secondary files that follow its name."""
    entry["basename"] = free
    root, new_root = PurePosixPath(name).stem, PurePosixPath(free).stem
    for second in entry.get("secondaryFiles", []):
        if str(second.get("basename", "")).startswith(root):
            second["basename"] = new_root + second["basename"].removeprefix(root)
