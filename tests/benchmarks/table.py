"""Figures for people."""

from __future__ import annotations

from collections.abc import Iterable
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
    #: The least that ours may be of theirs.
    least: float | None = None
    #: What is compared with; a goal itself, or something else that did the same in this run.
    peer: str = ""

    @property
    def ratio(self) -> float:
        """Ours of theirs."""
        return self.ours / self.theirs

    @property
    def good(self) -> bool:
        """Whether it is within its bounds."""
        low = self.least is None or self.ratio >= self.least
        return low and (self.bound is None or self.ratio <= self.bound)

    @property
    def goal(self) -> str:
        """The bound, for people."""
        if self.least is not None:
            return f">= {self.least:g}"
        return "" if self.bound is None else f"<= {self.bound:g}"


def show(name: str, measured: Iterable[Row]) -> list[Row]:
    """Print a table as it is measured; its rows."""
    print(f"\n{name}\n{'':46}{'ours':>12}{'theirs':>12}{'ratio':>8}  goal", flush=True)
    rows = []
    for row in measured:
        rows.append(row)
        mark = "" if row.good else "  <- missed"
        print(
            f"{row.what:46}{row.ours:9.2f}{row.unit:3}{row.theirs:9.2f}{row.unit:3}"
            f"{row.ratio:8.3f}  {row.goal:8}{row.peer}{mark}",
            flush=True,
        )
    return rows
