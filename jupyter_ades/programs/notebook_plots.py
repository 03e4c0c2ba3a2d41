"""The pictures in a notebook's outputs as files, named by the cells that made them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from papermill.execute import ERROR_MARKER_TAG

from jupyter_ades.programs.notebook_engine import cell_numbers
from jupyter_ades.runners.papermill import PLOTS, PLOTS_LIST

#: Media types in the order in which one output's picture is chosen, to their endings.
ENDINGS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/svg+xml": ".svg",
}
#: Pictures that are kept, the bytes of one, and of all together.
MOST, LARGEST, ALL = 100, 20 * 2**20, 100 * 2**20
#: Characters of a title.
LONGEST = 100
_HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Plot:
    """One picture."""

    #: ``cell-5.png``; further ones of the cell are ``cell-5-2.png``...
    name: str
    media_type: str
    title: str
    data: bytes


def plots(deployed: Sequence[NotebookNode], executed: Sequence[NotebookNode]) -> Iterator[Plot]:
    """The pictures that a run left in its cells, each once, numbered as the deployed cells are."""
    cells = [cell for cell in executed if ERROR_MARKER_TAG not in cell.metadata.get("tags", [])]
    seen: set[bytes] = set()
    heading = ""
    for number, cell in zip(cell_numbers(deployed, cells), cells, strict=True):
        if cell.cell_type == "markdown":
            heading = [heading, *_HEADING.findall(cell.source)][-1]
        if cell.cell_type != "code" or number is None:
            continue
        of_cell = 0
        for kind, data in _pictures(cell):
            digest = hashlib.sha256(data).digest()
            if digest in seen:
                continue
            seen.add(digest)
            of_cell += 1
            again = f"-{of_cell}" if of_cell > 1 else ""
            yield Plot(
                name=f"cell-{number}{again}{ENDINGS[kind]}",
                media_type=kind,
                title=_title(cell, heading, number),
                data=data,
            )


def _pictures(cell: NotebookNode) -> Iterator[tuple[str, bytes]]:
    for output in cell.get("outputs", []):
        bundle = output.get("data", {})
        for kind in ENDINGS:
            data = _decoded(bundle[kind], kind) if kind in bundle else b""
            if data:
                yield kind, data
                break


def _decoded(value: Any, kind: str) -> bytes:
    """A picture's bytes; empty for what is none."""
    text = "".join(value) if isinstance(value, list) else str(value)
    if kind == "image/svg+xml":
        return text.encode()
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        return b""


def _title(cell: NotebookNode, heading: str, number: int) -> str:
    """The comment that begins the cell, else the heading above it, else its number."""
    first = next((line.strip() for line in cell.source.splitlines() if line.strip()), "")
    comment = first.lstrip("#").strip(" %") if first.startswith("#") else ""
    return (comment or heading or f"Cell {number}")[:LONGEST]


def keep_plots(
    deployed: Sequence[NotebookNode], executed: Sequence[NotebookNode], outputs: Path
) -> str:
    """Write the pictures below ``outputs``, with a list of them; what to say of those left out."""
    folder = outputs / PLOTS
    kept: list[dict[str, str]] = []
    size = left_out = 0
    for plot in plots(deployed, executed):
        size_now = size + len(plot.data)
        if len(kept) >= MOST or len(plot.data) > LARGEST or size_now > ALL:
            left_out += 1
            continue
        folder.mkdir(exist_ok=True)
        (folder / plot.name).write_bytes(plot.data)
        size = size_now
        kept.append({"name": plot.name, "type": plot.media_type, "title": plot.title})
    if kept:
        (outputs / PLOTS_LIST).write_text(json.dumps(kept), encoding="utf-8")
    if not left_out:
        return ""
    return (
        f"{left_out} pictures of the cells are not kept as files: at most {MOST} are, of"
        f" {LARGEST // 2**20} MiB each and {ALL // 2**20} MiB together; the executed notebook has"
        " them all."
    )
