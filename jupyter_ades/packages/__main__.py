"""Reads one package: ``python -m jupyter_ades.packages FOLDER``.

In the folder stands ``deploy.json`` (:class:`~jupyter_ades.model.DeployRequest`). Left in it are
``original`` (the deployed bytes), ``package/`` (what the runner needs) and ``process.json``
(:class:`~jupyter_ades.model.Process`), exit code 0; or ``error.json`` (``{"class", "detail",
"problems"}``), exit code 2 when the package is at fault and 1 when this program is.
"""

from __future__ import annotations

import hashlib
import resource
import shutil
import sys
import traceback
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from jupyter_ades.errors import AdesError, InvalidPackage, InvalidRequest, Problem
from jupyter_ades.fetch import fetch_bytes
from jupyter_ades.model import RUNNER, DeployRequest, Process
from jupyter_ades.packages.archive import MEDIA_TYPES
from jupyter_ades.packages.base import Package
from jupyter_ades.packages.bundle import is_bundle, unpack
from jupyter_ades.packages.folder import zipped
from jupyter_ades.packages.identity import check_id, versioned
from jupyter_ades.packages.registry import GENERIC, pick, readers
from jupyter_ades.references import is_remote, is_web, user_path

#: Bytes of address space that reading may take: many times what the largest package takes by the
#: default bounds (a zip of 95 MiB 260 MiB), so that only what is made to take more does.
MOST_MEMORY = 4 * 2**30
SYNC = "sync-execute"
#: OGC 18-062r2, jobControlOptions.
JOB_CONTROL = (SYNC, "async-execute", "dismiss")


def main(folder: Path) -> int:
    """Read the package in a folder; gives the exit code."""
    bound_memory()
    try:
        process = read(folder)
    except MemoryError:
        detail = (
            f"The package needs more memory than the {MOST_MEMORY // 2**30} GiB that reading it may"
            " take."
        )
        _write_error(folder, InvalidPackage.__name__, detail)
        return 2
    except AdesError as error:
        _write_error(folder, type(error).__name__, error.detail, error.problems)
        return 2
    except Exception as error:
        traceback.print_exc()
        detail = (
            f"The package could not be read ({type(error).__name__}); the server's log has more."
        )
        _write_error(folder, AdesError.__name__, detail)
        return 1
    (folder / "process.json").write_bytes(msgspec.json.encode(process))
    return 0


def bound_memory() -> None:
    """Let this process have no more address space, where the system knows such a bound."""
    with suppress(OSError, ValueError):
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        least = MOST_MEMORY if most == resource.RLIM_INFINITY else min(most, MOST_MEMORY)
        resource.setrlimit(resource.RLIMIT_AS, (least, most))


def read(folder: Path) -> Process:
    """What ``deploy.json`` asks for, as a process; raises an AdesError when that cannot be."""
    request = msgspec.json.decode((folder / "deploy.json").read_bytes(), type=DeployRequest)
    package = obtain(request)
    (folder / "original").write_bytes(package.data)
    target = folder / "package"
    target.mkdir()
    process = _read(package, folder, request)
    described = describe(process, request.description)
    if request.runner:
        described = replace(described, details={**described.details, RUNNER: request.runner})
    return replace(
        described,
        digest=digest(folder / "original", target),
        warnings=(*package.warnings, *process.warnings),
    )


def _read(package: Package, folder: Path, request: DeployRequest) -> Process:
    """The process of a package; one in a zip sees the files of that zip and no others."""
    known, target = readers(), folder / "package"
    if not is_bundle(package):
        return pick(package, known).read(package, target, request.fetch, request.kernels)
    unpacked = folder / "unpacked"
    try:
        inner = unpack(package, unpacked, known)
        fetch = replace(request.fetch, user_folder=str(inner.beside))
        process = pick(inner, known).read(inner, target, fetch, request.kernels)
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
    return replace(process, media_type=MEDIA_TYPES[0])


def obtain(request: DeployRequest) -> Package:
    """The package that a request carries or names; a folder of the user folder as a zip."""
    blank = Package(
        data=request.body or b"",
        media_type=request.media_type,
        workflow=request.workflow,
        tag_parameters=request.tag_parameters,
        max_bytes=request.max_bytes,
    )
    if request.body is not None:
        return blank
    href = request.href or ""
    path = unquote(urlsplit(href).path) if is_web(href) else href
    named = replace(blank, name=PurePosixPath(path).name)
    if not is_remote(href) and user_path(href, request.fetch).is_dir():
        data, warnings = zipped(href, request.fetch, request.max_bytes)
        return replace(named, data=data, media_type=MEDIA_TYPES[0], warnings=warnings)
    data, served, url = fetch_bytes(href, request.fetch, request.max_bytes)
    media_type = request.media_type or _trusted(served)
    return replace(named, data=data, media_type=media_type, href=url)


def _trusted(served: str) -> str:
    """What a server says of a file, unless it knows no better than its name and content do."""
    known = {each for reader in readers() for each in reader.media_types}
    return served if served in known | GENERIC | {*MEDIA_TYPES} else ""


def describe(process: Process, description: dict[str, Any]) -> Process:
    """The process with its id, and with what the request's own description says of it."""
    said = _said(description)
    version = said.get("version", process.version)
    named = said.get("id")
    return replace(
        process,
        id=check_id(named or versioned(process.alias, version)),
        alias=check_id(named or process.alias),
        version=version,
        title=said.get("title", process.title) or process.alias,
        description=said.get("description", process.description),
        keywords=_keywords(description, process.keywords),
        sync=_sync(description, process.sync),
    )


def _said(description: dict[str, Any]) -> dict[str, str]:
    said = {}
    for key in ("id", "title", "description", "version"):
        value = description.get(key)
        if isinstance(value, str) and value:
            said[key] = value
        elif value is not None and value != "":
            raise _wrong(key, "must be a text")
    return said


def _keywords(description: dict[str, Any], own: tuple[str, ...]) -> tuple[str, ...]:
    keywords = description.get("keywords")
    if keywords is None:
        return own
    if not isinstance(keywords, list) or not all(isinstance(each, str) for each in keywords):
        raise _wrong("keywords", "must be a list of texts")
    return tuple(keywords)


def _sync(description: dict[str, Any], own: bool) -> bool:
    """Whether it may be run while the client waits; asynchronous execution is always there."""
    options = description.get("jobControlOptions")
    if options is None:
        return own
    if not isinstance(options, list) or not set(map(str, options)) <= set(JOB_CONTROL):
        raise _wrong("jobControlOptions", f"must be a list of {', '.join(JOB_CONTROL)}")
    return SYNC in options


def _wrong(key: str, reason: str) -> InvalidRequest:
    path = f"processDescription.process.{key}"
    return InvalidRequest(f"{path} {reason}.", (Problem(path=path, detail=f"{reason}."),))


def digest(original: Path, package: Path) -> str:
    """The deployed bytes' sha256 in hex, with whatever else the package folder holds."""
    deployed = _sha256(original)
    others = {
        str(path.relative_to(package)): _sha256(path)
        for path in sorted(package.rglob("*"))
        if path.is_file() and _sha256(path) != deployed
    }
    return (
        hashlib.sha256(msgspec.json.encode([deployed, others])).hexdigest() if others else deployed
    )


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_error(folder: Path, kind: str, detail: str, problems: tuple[Problem, ...] = ()) -> None:
    error = {"class": kind, "detail": detail, "problems": problems}
    (folder / "error.json").write_bytes(msgspec.json.encode(error))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
