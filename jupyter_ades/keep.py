"""How much of what has ended is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields


@dataclass(frozen=True, kw_only=True)
class Keep:
    """How much is kept, newest first; None is no bound."""

    #: Since the end of the job.
    days: float | None = None
    count: int | None = None
    bytes: int | None = None

    @classmethod
    def read(cls, said: Mapping[str, object]) -> Keep:
        """From a trait such as ``{"days": 30, "count": 1000}``; ValueError in words."""
        known = [each.name for each in fields(cls)]
        for name, value in said.items():
            if name not in known:
                raise ValueError(f"'{name}' is not one of {', '.join(known)}")
            if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
                raise ValueError(f"{name}: a number that is not negative is expected")
        return cls(**said)  # type: ignore[arg-type]

    @property
    def everything(self) -> bool:
        """Whether nothing is ever removed."""
        return self == Keep()
