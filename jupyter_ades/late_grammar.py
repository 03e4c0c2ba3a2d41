"""jsonschema without its grammar of IRIs, which takes a second to compile, until one is checked."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

GRAMMAR = "rfc3987_syntax"


@contextmanager
def late_grammar() -> Iterator[None]:
    """Import jsonschema in such a block, and its grammar is compiled for the first IRI.

    For programs that start anew, where that second is most of their start, and for fork servers,
    whose forks all pay for its memory. Nothing changes where jsonschema, or the grammar, is
    imported already.
    """
    if "jsonschema" in sys.modules or GRAMMAR in sys.modules:
        yield
        return
    stand_in = ModuleType(GRAMMAR)
    vars(stand_in)["is_valid_syntax"] = _is_valid_syntax
    sys.modules[GRAMMAR] = stand_in
    try:
        yield
    finally:
        del sys.modules[GRAMMAR]


def _is_valid_syntax(*arguments: Any) -> Any:
    return import_module(GRAMMAR).is_valid_syntax(*arguments)
