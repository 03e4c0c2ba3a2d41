"""Measures, and prints a table for each subject: ``python -m tests.benchmarks [name...]``.

Each figure is a ratio of two things done in one run on one machine, so that it means something on
another one. Without names those are measured that have goals, and docs/performance.md is written.
The exit code is 1 when a goal is missed.
"""

from __future__ import annotations

import importlib
import sys

from tests.benchmarks.page import write_figures
from tests.benchmarks.table import show

#: Measured when no name is given; ``transfers`` and ``jupyterlab`` take long, or a browser.
GOALS = ("jobs", "api", "store", "sizes", "engines")


def main(names: list[str]) -> int:
    """Run the named subjects, or all that have goals."""
    found = {
        name: show(name, importlib.import_module(f"tests.benchmarks.{name}").measure())
        for name in names or GOALS
    }
    if not names:
        write_figures(found)
    return 0 if all(row.good for rows in found.values() for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
