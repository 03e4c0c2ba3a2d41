"""Container images as CWL names them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def image_of(requirement: Mapping[str, Any] | None) -> str:
    """The image of a DockerRequirement; empty for none, and for one that has yet to be built."""
    said = requirement or {}
    return str(said.get("dockerPull") or said.get("dockerImageId") or "")
