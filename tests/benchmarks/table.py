"""Figures for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure against what it is compared with."""

    what: str
    ours: float
    theirs: float
    unit: str = "s"
    #: The most that ours may be of theirs; None when it is only told.
    bound: float | None = None

    @property
    def ratio(self) -> float:
        """Ours of theirs."""
        return self.ours / self.theirs

    @property
    def good(self) -> bool:
        """Whether it is within its bound."""
        return self.bound is None or self.ratio <= self.bound


def show(name: str, rows: Sequence[Row]) -> bool:
    """Print a table; whether all rows are within their bounds."""
    print(f"\n{name}\n{'':44}{'ours':>10}{'theirs':>10}{'ratio':>8}{'bound':>8}")
    for row in rows:
        bound = "" if row.bound is None else f"{row.bound:.2f}"
        mark = "" if row.good else "  <- above"
        print(
            f"{row.what:44}{row.ours:9.2f}{row.unit[:1]}{row.theirs:9.2f}{row.unit[:1]}"
            f"{row.ratio:8.2f}{bound:>8}{mark}",
            flush=True,
        )
    return all(row.good for row in rows)
