"""IPython's own syntax in a Python cell: ``%magic``, ``!command``, ``name?``, ``%%time``."""

from __future__ import annotations

import re

#: Cell magics that run the cell as Python all the same.
_PYTHON = ("capture", "prun", "time", "timeit")
_CELL_MAGIC = re.compile(r"\A\s*%%(\w+)[^\n]*")
_INSTALL = re.compile(
    r"^[ \t]*(?P<how>%%?|!+)\s*(?P<what>(?:(?:\S*python\S*|\{sys\.executable\})\s+-m\s+)?"
    r"(?:pip3?|uv\s+pip|conda|mamba|micromamba)\s+install)\b",
    re.MULTILINE,
)


def without_magics(source: str) -> str:
    """The cell as plain Python with as many lines; what IPython runs itself are calls in it."""
    magic = _CELL_MAGIC.match(source)
    if magic:
        blank = "\n" * magic[0].count("\n")
        if magic[1] not in _PYTHON:
            return blank
        source = blank + source[magic.end() :]
    # IPython takes a moment that most cells need not spend.
    from IPython.core.inputtransformer2 import TransformerManager

    manager = TransformerManager()  # type: ignore[no-untyped-call]
    # These take lines away, by which a comment finds its parameter.
    manager.cleanup_transforms = []
    manager.line_transforms = []
    try:
        return str(manager.transform_cell(source))
    except (SyntaxError, ValueError, RecursionError):
        return source


def installs(source: str) -> str:
    """The command of a cell that installs packages (``%pip install``); empty for other cells."""
    found = _INSTALL.search(source)
    return " ".join(f"{found['how']}{found['what']}".split()) if found else ""
