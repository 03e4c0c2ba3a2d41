"""Finds runners by name among the installed entry points, on first use."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.metadata import entry_points
from typing import cast

from jupyter_ades.errors import Unavailable
from jupyter_ades.runners.base import Runner

GROUP = "jupyter_ades.runners"


@cache
def names() -> tuple[str, ...]:
    """The names of the runners that are installed; they are looked for once."""
    return tuple(sorted(entry_points(group=GROUP).names))


@lru_cache(maxsize=32)
def runner(name: str) -> Runner:
    """The runner of this name; raises Unavailable when none is installed."""
    found = entry_points(group=GROUP, name=name)
    if not found:
        raise Unavailable(
            f"There is no runner called {name!r} here; installed are {', '.join(names())}."
        )
    return cast("Runner", next(iter(found)).load()())
