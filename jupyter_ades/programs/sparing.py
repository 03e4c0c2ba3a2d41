"""What a fork server does not import though its libraries would, as jobs seldom or never use it.

Each fork pays for what its parent holds: its tables of memory are copied, and taken apart again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

GRAMMAR = "rfc3987_syntax"


@contextmanager
def without_debugger() -> Iterator[None]:
    """A job needs no debugger, which is a third of what a kernel imports."""
    sys.modules["debugpy"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["debugpy"]


@contextmanager
def with_late_grammar() -> Iterator[None]:
    """jsonschema compiles its grammar of IRIs, a sixth of all memory, with the first of them."""
    stand_in = ModuleType(GRAMMAR)
    vars(stand_in)["is_valid_syntax"] = _is_valid_syntax
    sys.modules[GRAMMAR] = stand_in
    try:
        yield
    finally:
        del sys.modules[GRAMMAR]


def _is_valid_syntax(*arguments: Any) -> Any:
    return import_module(GRAMMAR).is_valid_syntax(*arguments)
