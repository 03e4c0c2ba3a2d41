"""What numbers of traits may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from traitlets import TraitError


def at_least_one(proposal: Mapping[str, Any]) -> int:
    """The proposed value of a trait; TraitError, by the trait's name, when it is below 1."""
    value: int = proposal["value"]
    if value < 1:
        raise TraitError(f"ADES.{proposal['trait'].name}: 1 or more is expected, not {value}")
    return value


def above_zero(proposal: Mapping[str, Any]) -> Any:
    """The proposed value of a trait; TraitError, by the trait's name, when it is not above 0."""
    value = proposal["value"]
    if value <= 0:
        raise TraitError(f"ADES.{proposal['trait'].name}: more than 0 is expected, not {value}")
    return value
