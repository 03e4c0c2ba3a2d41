"""What a fork server does not import though its libraries would, as jobs seldom or never use it.

Each fork pays for what its parent holds: its tables of memory are copied, and taken apart again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_debugger() -> Iterator[None]:
    """A job needs no debugger, which is a third of what a kernel imports."""
    sys.modules["debugpy"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["debugpy"]
