"""Files that a notebook needs beside it: all of its zip or folder, or those that it names.

``metadata.ades.files: ["helpers.py", "data/*.csv"]`` names files relative to the notebook.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from jupyter_ades.errors import InvalidPackage, Problem, UnreachableReference
from jupyter_ades.fetch import fetch_bytes
from jupyter_ades.model import JSON, FetchPolicy
from jupyter_ades.packages.base import Package
from jupyter_ades.packages.contents import Budget, is_left_out
from jupyter_ades.references import is_remote, is_web, resolve, user_path

_MAGIC = frozenset("*?[")


def bring_files(package: Package, named: JSON, folder: Path, fetch: FetchPolicy) -> None:
    """Put what comes along with a notebook into ``folder``; InvalidPackage for what is missing."""
    patterns = _patterns(named)
    budget = Budget(max_bytes=package.max_bytes)
    budget.add_bytes(package.label, len(package.data))
    if package.beside is not None:
        _bring_all(package.beside, package.name, folder)
        for pattern in patterns:
            if not any(_matches(package.beside, pattern)):
                raise _missing(pattern, "is not in the package")
    elif not patterns:
        return
    elif package.href is None:
        raise _missing(
            patterns[0],
            "cannot come along with a notebook that is sent by itself: send a zip of both, or"
            " deploy the notebook by its href",
        )
    elif is_remote(package.href):
        for pattern in patterns:
            _bring_from_web(package.href, pattern, folder, fetch, budget)
    else:
        home = user_path(package.href, fetch).parent
        for pattern in patterns:
            _bring_from_folder(home, pattern, folder, fetch, budget)


def _patterns(named: JSON) -> list[str]:
    """The patterns as relative paths without steps up."""
    if named is None:
        return []
    if not isinstance(named, list) or not all(isinstance(each, str) and each for each in named):
        raise _wrong("must be a list of file names or patterns, such as 'data/*.csv'.")
    for each in named:
        steps = PurePosixPath(each).parts
        if each.startswith("/") or ".." in steps or not steps or "\\" in each or "\x00" in each:
            raise _missing(each, "is not a path below the notebook's folder")
    return list(named)


def _bring_all(beside: Path, entry: str, folder: Path) -> None:
    """The zip's files, which were counted when they were inflated."""
    shutil.copytree(beside, folder, dirs_exist_ok=True)
    (folder / entry).unlink()


def _matches(home: Path, pattern: str) -> Iterator[Path]:
    """Files that a pattern means: of a folder, everything in it that is not hidden."""
    for path in sorted(home.glob(pattern)):
        below = sorted(path.rglob("*")) if path.is_dir() else [path]
        for each in below:
            steps = each.relative_to(home).parts
            if each.is_file() and not any(is_left_out(step) for step in steps):
                yield each


def _bring_from_folder(
    home: Path, pattern: str, folder: Path, fetch: FetchPolicy, budget: Budget
) -> None:
    found = False
    for path in _matches(home, pattern):
        name = path.relative_to(home).as_posix()
        source = user_path(str(path), fetch)
        budget.add_file(name)
        budget.add_bytes(name, source.stat().st_size)
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
        found = True
    if not found:
        raise _missing(pattern, "is not beside the notebook")


def _bring_from_web(
    href: str, pattern: str, folder: Path, fetch: FetchPolicy, budget: Budget
) -> None:
    if _MAGIC & set(pattern):
        raise _missing(pattern, "is a pattern, which the web cannot list; name each file")
    budget.add_file(pattern)
    room = max(1, budget.max_bytes - budget.size)
    beside = resolve(quote(pattern) if is_web(href) else pattern, href)
    try:
        data, _, _ = fetch_bytes(beside, fetch, room)
    except UnreachableReference as error:
        raise _missing(pattern, f"could not be brought along: {error.detail}") from error
    budget.add_bytes(pattern, len(data))
    target = folder / pattern
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)


def _missing(name: str, reason: str) -> InvalidPackage:
    return _wrong(f"{name[:200]!r} {reason}.")


def _wrong(reason: str) -> InvalidPackage:
    detail = f"The notebook's metadata.ades.files: {reason}"
    return InvalidPackage(detail, (Problem(path="metadata.ades.files", detail=detail),))
