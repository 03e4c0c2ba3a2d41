"""Measures, and prints a table for each subject: ``python -m tests.benchmarks [name...]``.

Each figure is a ratio of two things done in one run on one machine, so that it means something on
another one. The exit code is 1 when one is above its bound.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

from tests.benchmarks.table import Row, show


def main(names: list[str]) -> int:
    """Run the named subjects, or all that have a ``measure``."""
    found = [each.name for each in pkgutil.iter_modules([str(Path(__file__).parent)])]
    good = True
    for name in names or found:
        measure = getattr(importlib.import_module(f"tests.benchmarks.{name}"), "measure", None)
        if measure is not None:
            rows: list[Row] = measure()
            good = show(name, rows) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
