"""Jobs in the panel: one card each, with its progress and what can be done."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as widgets

from jupyter_ades.client.display import age, status_html
from jupyter_ades.client.job import Job
from jupyter_ades.client.panel.results import show_results
from jupyter_ades.client.records import JobRecord
from jupyter_ades.model import JobStatus

#: Characters of a log that are shown: its end.
LOG_END = 20_000

#: Calls a function beside the kernel's own thread.
Do = Callable[..., None]


class JobCard:
    """One job: its bar and message, log, results, and buttons to dismiss and to run again."""

    def __init__(self, job: Job, do: Do) -> None:
        self.job = job
        self._do = do
        self._bar = widgets.IntProgress(min=0, max=100, layout=widgets.Layout(width="160px"))
        self._said = widgets.HTML()
        self._more = widgets.VBox()
        self._log = widgets.HTML()
        self._log_button = _button("Log", "align-left", self._toggle_log)
        self._results_button = _button("Results", "map", lambda: do(self._show_results))
        self._rerun_button = _button("Rerun", "repeat", lambda: do(self._rerun))
        self._end_button = _button("Dismiss", "stop", self._end)
        self._sure = False
        self._drawn: JobRecord | None = None
        buttons = [self._log_button, self._results_button, self._rerun_button, self._end_button]
        head = widgets.HBox([self._bar, self._said])
        self.widget = widgets.VBox(
            [head, widgets.HBox(buttons), self._more],
            layout=widgets.Layout(border="1px solid var(--jp-border-color2, #ccc)", padding="4px"),
        )
        self.show(job)

    def show(self, job: Job) -> None:
        """Show the job as the server last told of it; nothing is sent when nothing changed."""
        self.job, record = job, job.record
        if record == self._drawn:
            return
        if self._drawn is not None:
            self.refresh_log()
        self._bar.value = record.progress or 0
        self._bar.description = f"{record.progress} %" if record.progress is not None else ""
        self._bar.bar_style = _STYLES.get(record.status, "info")
        self._said.value = (
            f"{status_html(record.status)} <b>{escape(record.process_id)}</b>"
            f" <code>{escape(record.id[:8])}</code> {escape(age(record.created))}"
            f"<br>{escape(record.message)}"
        )
        self._results_button.layout.display = _shown(record.status is JobStatus.SUCCESSFUL)
        self._drawn, self._sure = record, False
        self._end_button.icon = "trash" if record.status.final else "stop"
        self._end_button.description = "Remove" if record.status.final else "Dismiss"

    def refresh_log(self) -> None:
        """Fetch the log again when it is shown."""
        if self._log in self._more.children:
            text = str(self.job.log())[-LOG_END:]
            self._log.value = f'<pre style="max-height: 300px; overflow: auto">{escape(text)}</pre>'

    def _toggle_log(self) -> None:
        if self._log in self._more.children:
            self._more.children = [each for each in self._more.children if each is not self._log]
        else:
            self._more.children = [*self._more.children, self._log]
            self._do(self.refresh_log)

    def _show_results(self) -> None:
        self._results_button.disabled = True
        others = [each for each in self._more.children if each is self._log]
        self._more.children = [*others, show_results(self.job)]

    def _rerun(self) -> None:
        self.job.rerun()

    def _end(self) -> None:
        # What is done is what the button says, whatever became of the job meanwhile.
        ended = self._drawn is not None and self._drawn.status.final
        if ended and not self._sure:
            # A removal takes the results along: it is asked twice.
            self._sure = True
            self._end_button.description = "Remove with its results?"
            return
        self._do(lambda: self.job.dismiss(remove=ended))


_STYLES = {
    JobStatus.SUCCESSFUL: "success",
    JobStatus.FAILED: "danger",
    JobStatus.DISMISSED: "warning",
}


def _shown(visible: bool) -> str | None:
    return None if visible else "none"


def _button(text: str, icon: str, act: Callable[[], Any]) -> widgets.Button:
    made = widgets.Button(description=text, icon=icon, layout=widgets.Layout(width="auto"))
    made.on_click(lambda _: act())
    return made
