"""Puts what was measured into the page of figures."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.table import Row

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- figures: written by make bench -->", "<!-- end of the figures -->"
TITLES = {
    "jobs": "Jobs",
    "api": "Requests",
    "store": "A full store",
    "sizes": "Start and memory",
    "engines": "Other engines",
}


def write_figures(found: Mapping[str, Sequence[Row]], page: Path = PAGE) -> None:
    """Replace the figures of the page; what people wrote around them stays."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    tables = [_table(TITLES.get(name, name), rows) for name, rows in found.items()]
    figures = "\n\n".join([_machine(), *tables])
    page.write_text(f"{before}{BEGIN}\n\n{figures}\n\n{END}{after}", encoding="utf-8")


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {_processor()}, {os.cpu_count()} cores,"
        f" {memory:.0f} GiB of memory, {platform.system()} {platform.release().partition('-')[0]},"
        f" Python {platform.python_version()}."
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _table(title: str, rows: Sequence[Row]) -> str:
    lines = [
        f"### {title}",
        "",
        "| figure | ours | compared with | | ratio | goal | |",
        "|---|---:|---|---:|---:|---|---|",
    ]
    for row in rows:
        met = "met" if row.good else "**missed**"
        ours, theirs = (f"{value:,.4g} {row.unit}" for value in (row.ours, row.theirs))
        cells = (row.what, ours, row.peer, theirs, f"{row.ratio:.3f}", row.goal, met)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
