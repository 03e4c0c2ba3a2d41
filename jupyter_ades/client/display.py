"""How objects look: one line for a terminal, HTML for a notebook. All content is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from jupyter_ades.client.records import JobRecord, Parameter, ProcessRecord
from jupyter_ades.client.signature import type_label
from jupyter_ades.model import JobStatus

#: A sign beside each word, so that nothing is told by colour alone; and the theme's colour.
SIGNS = {
    JobStatus.ACCEPTED: ("○", "var(--jp-ui-font-color2, inherit)"),
    JobStatus.RUNNING: ("▶", "var(--jp-info-color1, inherit)"),
    JobStatus.SUCCESSFUL: ("✓", "var(--jp-success-color1, inherit)"),
    JobStatus.FAILED: ("✗", "var(--jp-error-color1, inherit)"),
    JobStatus.DISMISSED: ("■", "var(--jp-warn-color1, inherit)"),
}
#: Characters of an id and of a message in one line.
SHORT, MESSAGE = 8, 80


def clip(text: str, length: int = MESSAGE) -> str:
    """The beginning of a text, in one line."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"


def per_cent(job: JobRecord) -> str:
    """The progress as people write it."""
    return "" if job.progress is None else f"{job.progress} %"


def job_line(job: JobRecord) -> str:
    """A job in one line."""
    words = [str(job.status), per_cent(job), clip(job.message)]
    return f"{job.id} of {job.process_id}: {', '.join(word for word in words if word)}"


def age(moment: datetime | None, now: datetime | None = None) -> str:
    """How long ago a time is, in its largest unit."""
    if moment is None:
        return ""
    seconds = max(0, int(((now or datetime.now(UTC)) - moment).total_seconds()))
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit} ago"
    return f"{seconds} s ago"


def duration(job: JobRecord) -> str:
    """How long a job ran, or has run."""
    if job.started is None:
        return ""
    end = job.finished or (datetime.now(UTC) if not job.status.final else job.updated)
    return f"{(end - job.started).total_seconds():.1f} s" if end else ""


# HTML


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str = "") -> str:
    """An HTML table of cells that are HTML already."""
    titles = "".join(f'<th style="text-align: left">{escape(each)}</th>' for each in head)
    body = "".join(
        "<tr>" + "".join(f'<td style="text-align: left">{cell}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    above = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{above}<thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"


def status_html(status: JobStatus) -> str:
    """A status as a sign and its word."""
    sign, colour = SIGNS[status]
    return f'<span style="color: {colour}">{sign}</span> {escape(str(status))}'


def progress_html(job: JobRecord) -> str:
    """A bar with its number."""
    if job.progress is None:
        return ""
    label = f"progress of job {escape(job.id, quote=True)}"
    bar = f'<progress value="{job.progress}" max="100" aria-label="{label}"></progress>'
    return f"{bar} {job.progress} %"


def bar_html(job: JobRecord) -> str:
    """A job that is waited for, in one line."""
    parts = [progress_html(job), status_html(job.status), escape(clip(job.message))]
    return f"<p>{' &nbsp; '.join(part for part in parts if part)}</p>"


def job_html(job: JobRecord) -> str:
    """A job as a small table."""
    rows = [
        ("job", f"<code>{escape(job.id)}</code>"),
        ("process", escape(job.process_id)),
        ("status", status_html(job.status)),
        ("progress", progress_html(job)),
        ("message", escape(job.message)),
        ("created", escape(age(job.created))),
        ("duration", escape(duration(job))),
    ]
    return table(["", ""], [row for row in rows if row[1]])


def jobs_html(jobs: Sequence[JobRecord]) -> str:
    """A list of jobs."""
    if not jobs:
        return "<p>no jobs</p>"
    rows = [
        (
            f"<code>{escape(job.id)}</code>",
            escape(job.process_id),
            status_html(job.status),
            progress_html(job),
            escape(clip(job.message)),
            escape(age(job.created)),
        )
        for job in jobs
    ]
    return table(["job", "process", "status", "progress", "message", "created"], rows)


def process_html(process: ProcessRecord) -> str:
    """A process with its inputs and outputs."""
    version = f" {escape(process.version)}" if process.version else ""
    parts = [
        f"<p><b>{escape(process.title or process.id)}</b>{version}"
        f" <code>{escape(process.id)}</code>"
        f"<br>{escape(process.description)}</p>"
    ]
    if process.inputs:
        parts.append(table(["input", "type", "", "description"], map(_input_row, process.inputs)))
    if process.outputs:
        parts.append(table(["output", "type", "description"], map(_output_row, process.outputs)))
    return "".join(parts)


def _input_row(each: Parameter) -> tuple[str, str, str, str]:
    return (
        f"<code>{escape(each.id)}</code>",
        escape(type_label(each)),
        escape(need(each)),
        escape(words(each)),
    )


def _output_row(each: Parameter) -> tuple[str, str, str]:
    return f"<code>{escape(each.id)}</code>", escape(type_label(each)), escape(words(each))


def need(each: Parameter) -> str:
    """Whether an input must be given, or what it is otherwise."""
    if each.required:
        return "required"
    default: Any = each.schema.get("default")
    return "optional" if default is None else f"default {default!r}"


def words(each: Parameter) -> str:
    """What an input or output is."""
    return each.description or (each.title if each.title != each.id else "")


def processes_html(processes: Sequence[ProcessRecord]) -> str:
    """A list of processes."""
    if not processes:
        return "<p>no processes</p>"
    rows = [
        (
            f"<code>{escape(each.id)}</code>",
            escape(each.title),
            escape(each.version),
            escape(clip(each.description)),
        )
        for each in processes
    ]
    return table(["process", "title", "version", "description"], rows)
