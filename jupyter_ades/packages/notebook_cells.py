"""Which cell of a notebook is its contract, what it declares, and what to say of the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jupyter_ades.errors import InvalidPackage, Problem
from jupyter_ades.model import JSON, Input
from jupyter_ades.packages import line_parameters
from jupyter_ades.packages import notebook_parameters as python
from jupyter_ades.packages.magics import installs

TAG = "parameters"
PYTHON = ("python", "python3", "ipython")


@dataclass(frozen=True, kw_only=True)
class Contract:
    """What the parameters cell of a notebook says."""

    inputs: tuple[Input, ...] = ()
    warnings: tuple[dict[str, JSON], ...] = ()
    #: The cell (from 0) that is to be tagged, as the deploy asked; None when there is none.
    tagging: int | None = None


def read_contract(book: Any, language: str, *, tag_parameters: bool) -> Contract:
    """The inputs of a notebook.

    When no cell is tagged, the first one that only gives names values is offered in a warning, or
    read when ``tag_parameters``; InvalidPackage when that was asked for and there is none.
    """
    warnings = tuple(_installing(book))
    tagged = next((number for number, cell in _code(book) if TAG in _tags(cell)), None)
    if tagged is not None:
        inputs, more = _read(book, tagged, language)
        return Contract(inputs=inputs, warnings=(*more, *warnings))
    found = _candidate(book, language)
    if found is None:
        if tag_parameters:
            raise _nothing_to_tag()
        return Contract(warnings=warnings)
    inputs, more = _read(book, found, language)
    if tag_parameters:
        return Contract(inputs=inputs, warnings=(*more, *warnings), tagging=found)
    return Contract(warnings=(_offer(found, inputs), *warnings))


def _code(book: Any) -> Iterator[tuple[int, Any]]:
    return ((place, cell) for place, cell in enumerate(book.cells) if cell.cell_type == "code")


def _tags(cell: Any) -> list[str]:
    return list(cell.metadata.get("tags") or [])


def _read(
    book: Any, place: int, language: str
) -> tuple[tuple[Input, ...], tuple[dict[str, JSON], ...]]:
    source = book.cells[place].source
    if language in PYTHON:
        return python.read_parameters(source, place + 1), ()
    if language in line_parameters.LANGUAGES:
        return line_parameters.read_lines(source, language), ()
    detail = (
        f"The parameters of a notebook in '{language[:50]}' are not read, so the process has no"
        " inputs and the cell's own values are used."
    )
    return (), ({"path": f"cell {place + 1}", "detail": detail},)


def _candidate(book: Any, language: str) -> int | None:
    """The first code cell that does more than import, when it only gives names plain values."""
    for place, cell in _code(book):
        only_imports, only_assigns = _judged(cell.source, language)
        if not only_imports:
            return place if only_assigns else None
    return None


def _judged(source: str, language: str) -> tuple[bool, bool]:
    if language in PYTHON:
        return python.only_imports(source), python.only_assigns(source)
    if language in line_parameters.LANGUAGES:
        return (
            line_parameters.only_imports(source, language),
            line_parameters.only_assigns(source, language),
        )
    return False, False


def _offer(place: int, inputs: tuple[Input, ...]) -> dict[str, JSON]:
    names = ", ".join(each.id for each in inputs[:10]) + (", ..." if len(inputs) > 10 else "")
    return {
        "path": f"cell {place + 1}",
        "detail": (
            f"No cell is tagged '{TAG}', so the process has no inputs. Cell {place + 1} only gives"
            f' values to {names}: deploy again with "tagParameters": true (or'
            " ?tag-parameters=true) to make them inputs, or tag the cell."
        ),
    }


def _nothing_to_tag() -> InvalidPackage:
    detail = (
        f"tagParameters: no cell is tagged '{TAG}', and the first cell that does more than import"
        " does not only give names plain values; tag the cell that holds the parameters."
    )
    return InvalidPackage(detail, (Problem(path="tagParameters", detail=detail),))


def _installing(book: Any) -> Iterator[dict[str, JSON]]:
    for place, cell in _code(book):
        command = installs(cell.source)
        if command:
            detail = (
                f"'{command}' installs into the environment of the notebook's kernel, which other"
                " notebooks and jobs share, each time that a job runs; better install there once"
                " what the notebook needs."
            )
            yield {"path": f"cell {place + 1}", "detail": detail}
