"""A browser's loop and the one that server tests share do not go together."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def jp_server_cleanup() -> None:
    """In place of the one that cleans up after a server in the tests' own process."""


@pytest.fixture
def jp_asyncio_loop() -> None:
    """No loop beside the browser's."""
