"""How lists and objects look on a terminal: columns for people, JSON for programs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jupyter_ades.client.display import age, clip, duration, need, per_cent, words
from jupyter_ades.client.records import JobRecord, ProcessRecord
from jupyter_ades.client.signature import type_label


def columns(head: Sequence[str], rows: Iterable[Sequence[str]], *, whole: bool = False) -> str:
    """Cells under their heads; the last column takes what is left of the terminal's width.

    ``whole`` lets it take all that it needs.
    """
    cells = [list(map(str, row)) for row in rows]
    widths = [max(len(row[place]) for row in [list(head), *cells]) for place in range(len(head))]
    left = shutil.get_terminal_size().columns - sum(widths[:-1]) - 2 * len(widths)
    last = max(20, left, widths[-1] if whole else 0)
    lines = []
    for row in [list(head), *cells]:
        before = [cell.ljust(width) for cell, width in zip(row[:-1], widths[:-1], strict=True)]
        lines.append("  ".join([*before, clip(row[-1], last)]).rstrip())
    return "\n".join(lines)


def processes_text(processes: Sequence[ProcessRecord]) -> str:
    """A list of processes."""
    if not processes:
        return "no processes"
    rows = [(each.id, each.version, each.title or each.description) for each in processes]
    return columns(["PROCESS", "VERSION", "TITLE"], rows)


def jobs_text(jobs: Sequence[JobRecord]) -> str:
    """A list of jobs."""
    if not jobs:
        return "no jobs"
    rows = [
        (each.id, each.process_id, each.status, per_cent(each), age(each.created), each.message)
        for each in jobs
    ]
    return columns(["JOB", "PROCESS", "STATUS", "PROGRESS", "CREATED", "MESSAGE"], rows)


def process_text(process: ProcessRecord) -> str:
    """A process with its inputs and outputs."""
    version = f" {process.version}" if process.version else ""
    parts = [f"{process.id}: {process.title}{version}"]
    if process.description and process.description != process.title:
        parts.append(process.description)
    if process.inputs:
        rows = [(each.id, type_label(each), need(each), words(each)) for each in process.inputs]
        parts.append("\n" + columns(["INPUT", "TYPE", "", "DESCRIPTION"], rows))
    if process.outputs:
        described = [(each.id, type_label(each), words(each)) for each in process.outputs]
        parts.append("\n" + columns(["OUTPUT", "TYPE", "DESCRIPTION"], described))
    return "\n".join(parts)


def job_text(job: JobRecord) -> str:
    """A job, a line for each thing that is known."""
    known = {
        "job": job.id,
        "process": job.process_id,
        "status": str(job.status),
        "progress": per_cent(job),
        "message": job.message,
        "created": job.created.isoformat() if job.created else "",
        "duration": duration(job),
    }
    return "\n".join(f"{name:9} {value}" for name, value in known.items() if value)


def json_text(value: Any) -> str:
    """JSON that people can read too."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)
