"""Rings for whoever dispatches a workspace: by a named pipe in its folder."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def ring(pipe: Path) -> None:
    """Call whoever listens; nobody may, and then there may be no pipe."""
    with suppress(OSError):
        handle = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            os.write(handle, b"!")
        finally:
            os.close(handle)
