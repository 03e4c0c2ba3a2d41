"""Reads an application package as a deploy would, without a server."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_ades.model import DeployRequest, FetchPolicy, Process
from jupyter_ades.references import is_web

if TYPE_CHECKING:
    from collections.abc import Mapping


def validate(package: str) -> Process:
    """The process that a deploy of this file or address would make.

    Raises an AdesError that says what is wrong and where.
    """
    from jupyter_ades.jobdir import write_record
    from jupyter_ades.packages.__main__ import read

    name, _, workflow = package.partition("#")
    href, folder = (name, Path.cwd()) if is_web(name) else _place(Path(name))
    request = DeployRequest(
        href=href,
        workflow=workflow,
        kernels=tuple(_kernels()),
        fetch=FetchPolicy(user_folder=str(folder), allow_hosts=(), timeout=60.0),
    )
    with tempfile.TemporaryDirectory() as scratch:
        write_record(Path(scratch) / "deploy.json", request)
        return read(Path(scratch))


def _place(path: Path) -> tuple[str, Path]:
    """A file's path in the folder that it may refer to: this one, or else its own."""
    path, here = path.expanduser().resolve(), Path.cwd().resolve()
    folder = here if here in path.parents else path.parent
    return path.relative_to(folder).as_posix(), folder


def _kernels() -> Mapping[str, str]:
    from jupyter_client.kernelspec import KernelSpecManager

    found: Mapping[str, str] = KernelSpecManager().find_kernel_specs()
    return found
