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
GRAPH = """cwlVersion: v1.0
$namespaces: {s: https://schema.org/}
$schemas: [http://schema.org/version/9.0/schemaorg-current-http.rdf]
s:softwareVersion: 0.3.0
schemas: [http://schema.org/version/9.0/schemaorg-current-http.rdf]
$graph:
- class: Workflow
  id: snuggs
  label: s expressions
  doc: Applies s expressions to EO acquisitions.
  requirements: [{class: ScatterFeatureRequirement}]
  inputs:
    s_expression: {type: 'string[]', label: Expressions, doc: name and expression}
    input_reference: {type: 'string[]', doc: item URLs}
  outputs:
    results: {type: 'Directory[]', outputSource: [step/results]}
  steps:
    step:
      run: '#clt'
      scatter: [a]
      in: {a: s_expression, b: input_reference}
      out: [results]
- class: CommandLineTool
  id: clt
  hints: {DockerRequirement: {dockerPull: alpine}}
  baseCommand: echo
  inputs: {a: string, b: 'string[]'}
  outputs: {results: {type: Directory, outputBinding: {glob: .}}}
"""


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


def workflow(identifier: str, *runs: str) -> str:
    """A graph's entry: a Workflow with a step for each process that it runs."""
    steps = ", ".join(f"s{i}: {{run: '#{run}', in: [], out: []}}" for i, run in enumerate(runs))
    return (
        f"- {{class: Workflow, id: {identifier}, inputs: [], outputs: [], steps: {{{steps}}},"
        " requirements: {SubworkflowFeatureRequirement: {}}}\n"
    )


def clt(identifier: str) -> str:
    """A graph's entry: a CommandLineTool."""
    made = f"class: CommandLineTool, id: {identifier}, inputs: [], outputs: [], baseCommand: ls"
    return f"- {{{made}}}\n"


def graph(*processes: str) -> str:
    """A document with these entries."""
    return "cwlVersion: v1.2\n$graph:\n" + "".join(processes)
