"""One live bar for a job that is waited for: in a notebook, on a terminal, or none."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Protocol, Self

from jupyter_ades.client.display import bar_html, clip, job_line
from jupyter_ades.client.records import JobRecord

WORDS = 40


class Bar(Protocol):
    """Shows how a job stands, for as long as a block lasts."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def show(self, job: JobRecord) -> None:
        """The job as it stands now."""


class _Block:
    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class NoBar(_Block):
    """Shows nothing: output that goes to a file or another program."""

    def show(self, job: JobRecord) -> None:
        """Nothing."""


class NotebookBar(_Block):
    """One display that is updated in place."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._shown: Any = None

    def show(self, job: JobRecord) -> None:
        """Update the display when something changed."""
        from IPython.display import display

        state = (job.status, job.progress, job.message)
        if state == self._shown:
            return
        self._shown = state
        data = {"text/plain": job_line(job), "text/html": bar_html(job)}
        if self._handle is None:
            self._handle = display(data, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(data, raw=True)


class TerminalBar(_Block):
    """A line of tqdm's."""

    def __init__(self) -> None:
        from tqdm import tqdm

        shape = "{percentage:3.0f} % |{bar:30}| {elapsed} {desc}"
        self._bar = tqdm(total=100, bar_format=shape, file=sys.stderr, leave=True)

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def show(self, job: JobRecord) -> None:
        """Move the line."""
        self._bar.n = job.progress or 0
        self._bar.set_description_str(clip(f"{job.status}: {job.message}", WORDS))


def in_notebook() -> bool:
    """Whether this process is a kernel with a frontend that shows HTML."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


def bar(wanted: bool | None = None) -> Bar:
    """The bar that fits where this process shows things; none when it is not wanted."""
    if wanted is False:
        return NoBar()
    if in_notebook():
        return NotebookBar()
    if wanted or sys.stderr.isatty():
        return TerminalBar()
    return NoBar()
