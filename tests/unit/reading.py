"""Packages read in this process, as the child reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jupyter_ades.model import FetchPolicy, Process
from jupyter_ades.packages.base import Package
from jupyter_ades.packages.cwl import CwlReader
from jupyter_ades.packages.notebook import NotebookReader

KERNELS = ("ir", "python3")


def read_cwl(text: str | bytes, folder: Path, *, name: str = "app.cwl", **more: Any) -> Process:
    """The process of a CWL document that was sent as a body; the entry is left in ``folder``."""
    data = text if isinstance(text, bytes) else text.encode()
    package = Package(data=data, name=name, **more)
    return CwlReader().read(package, folder, FetchPolicy(user_folder=str(folder)), ())


def read_notebook(
    book: dict[str, Any] | bytes,
    folder: Path,
    *,
    name: str = "",
    kernels: tuple[str, ...] = KERNELS,
) -> Process:
    """The process of a notebook; the entry is left in ``folder``."""
    data = book if isinstance(book, bytes) else json.dumps(book).encode()
    package = Package(data=data, name=name)
    return NotebookReader().read(package, folder, FetchPolicy(user_folder=str(folder)), kernels)


def tool(version: str = "v1.2", inputs: str = "[]", outputs: str = "[]", more: str = "") -> str:
    """A CommandLineTool whose inputs and outputs are YAML in flow style."""
    return (
        f"cwlVersion: {version}\nclass: CommandLineTool\nbaseCommand: echo\n"
        f"inputs: {inputs}\noutputs: {outputs}\n{more}"
    )


def cell(source: str, *tags: str, kind: str = "code") -> dict[str, Any]:
    """A notebook's cell."""
    made: dict[str, Any] = {"cell_type": kind, "metadata": {"tags": list(tags)}, "source": source}
    return {**made, "outputs": [], "execution_count": None} if kind == "code" else made


def notebook(
    *cells: dict[str, Any], kernel: str | None = "python3", **metadata: Any
) -> dict[str, Any]:
    """A notebook with these cells."""
    spec = {"kernelspec": {"name": kernel, "display_name": kernel}} if kernel else {}
    return {
        "nbformat": 4,
        "nbformat_minor": 4,
        "metadata": {**spec, **metadata},
        "cells": list(cells),
    }
