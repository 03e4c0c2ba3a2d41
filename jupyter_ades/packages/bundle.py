"""A zip as an application package: its files, and the one among them that is run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from jupyter_ades.errors import InvalidPackage, Problem, WorkflowNotFound
from jupyter_ades.packages import archive
from jupyter_ades.packages.base import Package, Reader
from jupyter_ades.packages.registry import GENERIC

#: Stems of the file that is run where several could be.
MAIN = ("index", "main", "app")


def is_bundle(package: Package) -> bool:
    """Whether a package is a zip, as somebody said or as it looks."""
    if package.media_type in archive.MEDIA_TYPES:
        return True
    return package.media_type in GENERIC and package.data.startswith(archive.SIGNATURE)


def unpack(package: Package, folder: Path, readers: Sequence[Reader]) -> Package:
    """The package in a zip, whose files are put into a new ``folder``.

    ``#name.ipynb`` picks the file that is run; another fragment is handed on to its reader.
    """
    folder.mkdir()
    archive.extract(package.data, folder, package.max_bytes)
    root = _root(folder)
    suffixes = tuple(suffix for reader in readers for suffix in reader.suffixes)
    named = package.workflow.lower().endswith(suffixes)
    entry = _named(root, package) if named else _entry(root, package, suffixes)
    return replace(
        package,
        data=entry.read_bytes(),
        media_type="",
        name=entry.name,
        href=entry.as_uri(),
        workflow="" if named else package.workflow,
        beside=root,
    )


def _root(folder: Path) -> Path:
    """The folder itself, or the one folder that is all there is in it."""
    inside = list(folder.iterdir())
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else folder


def _named(root: Path, package: Package) -> Path:
    for path in root.iterdir():
        if path.is_file() and path.name == package.workflow:
            return path
    detail = f"{package.label} has no file '{package.workflow[:200]}' at its top level."
    raise WorkflowNotFound(detail)


def _entry(root: Path, package: Package, suffixes: tuple[str, ...]) -> Path:
    found = sorted(
        path for path in root.iterdir() if path.is_file() and path.name.lower().endswith(suffixes)
    )
    if not found:
        kinds = " or ".join(suffixes)
        raise InvalidPackage(
            f"{package.label} holds no file at its top level that ends in {kinds}."
        )
    for stem in MAIN:
        main = [path for path in found if path.stem.lower() == stem]
        if main and len(found) > 1:
            found = main
            break
    if len(found) > 1:
        raise _several(package, found)
    return found[0]


def _several(package: Package, found: list[Path]) -> InvalidPackage:
    names = ", ".join(path.name for path in found[:20])
    detail = (
        f"{package.label} holds several files that could be run ({names}): name one after a '#' in"
        f" the href (or by ?w=), as in '#{found[0].name}', or call it index, main or app."
    )
    return InvalidPackage(detail, (Problem(path="executionUnit.href", detail=detail),))
