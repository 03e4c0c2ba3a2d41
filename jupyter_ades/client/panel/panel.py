"""The panel: choose a process, fill its form or paste a payload, submit it, follow the jobs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import ipywidgets as widgets

from jupyter_ades.client.client import Client
from jupyter_ades.client.display import process_html
from jupyter_ades.client.errors import ClientError
from jupyter_ades.client.panel.background import Background
from jupyter_ades.client.panel.copies import FORMS, CopyText
from jupyter_ades.client.panel.form import Form, fault_html
from jupyter_ades.client.panel.jobs import JobCard
from jupyter_ades.client.process import Process
from jupyter_ades.errors import Problem

#: Jobs that are shown.
NEWEST = 10
FORM, PAYLOAD = 0, 1


class Panel(widgets.VBox):  # type: ignore[misc]
    """Processes and jobs of a service as widgets; ``Panel()`` is that of this notebook's server.

    ``client`` is any :class:`~jupyter_ades.Client`, of a remote service, too. Requests are made in
    threads, so the kernel stays free; jobs are asked of the server, so a new panel finds those
    that run. ``close()`` ends the threads with the widgets.
    """

    def __init__(self, client: Client | None = None) -> None:
        self.client = client or Client()
        self._form: Form | None = None
        self._process: Process | None = None
        self._cards: dict[str, JobCard] = {}
        self._choice = widgets.Dropdown(description="Process", options=[("…", None)])
        self._about = widgets.HTML()
        self._fields = widgets.VBox()
        self._payload = widgets.Textarea(layout={"width": "100%", "height": "200px"})
        self._upload = widgets.FileUpload(accept=".json,.yaml,.yml", description="Upload")
        payload = widgets.VBox([self._payload, self._upload])
        self._tabs = widgets.Tab([self._fields, payload], titles=["Form", "JSON"])
        self._said = widgets.HTML()
        self._jobs = widgets.VBox()
        self._background = Background(self._look, self._fail)
        super().__init__(
            [
                widgets.HBox([self._choice, self._button("Refresh", "refresh", self.refresh)]),
                self._about,
                self._tabs,
                widgets.HBox(
                    [
                        self._button("Validate", "check", self.validate),
                        self._button("Submit", "play", self.submit, button_style="primary"),
                    ]
                ),
                self._said,
                self._copies(),
                widgets.HTML("<b>Jobs</b>"),
                self._jobs,
            ]
        )
        self._choice.observe(self._chosen, "value")
        self._tabs.observe(self._turned, "selected_index")
        self._upload.observe(self._uploaded, "value")
        self._background.start()
        self.refresh()

    def _button(self, text: str, icon: str, act: Any, **more: Any) -> widgets.Button:
        made = widgets.Button(description=text, icon=icon, **more)
        made.on_click(lambda _: act())
        return made

    def _copies(self) -> widgets.Widget:
        self._copy = CopyText()
        self._language = widgets.ToggleButtons(options=list(FORMS))
        self._copy_box = widgets.Accordion([widgets.VBox([self._language, self._copy])])
        self._copy_box.titles = ["Copy as Python, curl or %ades"]
        for watched, name in ((self._language, "value"), (self._copy_box, "selected_index")):
            watched.observe(self._write_copy, name)
        return self._copy_box

    # processes

    def refresh(self) -> None:
        """Ask for the processes again."""
        self._background.do(self._list_processes)

    def _list_processes(self) -> None:
        found = self.client.processes()
        kept = self._choice.value
        options = [(each.title or each.id, each.id) for each in found]
        self._choice.options = options or [("no process is deployed", None)]
        if kept in [value for _, value in options]:
            self._choice.value = kept
        self._chosen()

    def _chosen(self, _: Any = None) -> None:
        if self._choice.value is not None:
            self._background.do(self._describe, self._choice.value)

    def _describe(self, process_id: str) -> None:
        if self._process is not None and self._process.id == process_id:
            return
        process = self.client.process(process_id)
        self._process, self._form = process, Form(process.record)
        self._about.value = process_html(replace(process.record, inputs=(), outputs=()))
        self._fields.children = [self._form.widget]
        self._payload.value = ""
        self._said.value = ""
        self._turned()

    # the request

    def request(self) -> tuple[dict[str, Any], list[Problem]]:
        """The execute request as the open tab has it, and what is wrong with it."""
        if self._form is None:
            return {}, [Problem(path="process", detail="Choose a process first.")]
        if self._tabs.selected_index == FORM:
            inputs, problems = self._form.read()
            return {"inputs": inputs}, problems or self._form.check(inputs)
        try:
            document = json.loads(self._payload.value)
        except (ValueError, RecursionError) as error:
            return {}, [Problem(path="payload", detail=f"JSON is expected: {error}")]
        if not isinstance(document, dict):
            return {}, [Problem(path="payload", detail="An object with 'inputs' is expected.")]
        given = document.get("inputs")
        # Older forms of a payload, such as a list of inputs, are for the service to read.
        problems = self._form.check(given) if isinstance(given, Mapping) else []
        return document, problems

    def validate(self) -> bool:
        """Check the request by the process description, and say what is wrong; nothing is sent."""
        _, problems = self.request()
        self._show_problems(problems)
        if not problems:
            self._said.value = "✓ The inputs fit the process description."
        return not problems

    def submit(self) -> None:
        """Send the request, unless something is wrong with it; the job appears below."""
        document, problems = self.request()
        self._show_problems(problems)
        if not problems and self._process is not None:
            self._said.value = "sending…"
            self._background.do(self._send, self._process.id, document)

    def _send(self, process_id: str, document: dict[str, Any]) -> None:
        job = self.client.send(process_id, document)
        self._said.value = f"✓ Job {job.id} is {job.record.status}."

    def _show_problems(self, problems: list[Problem]) -> None:
        rest = self._form.show_problems(problems) if self._form else problems
        if self._tabs.selected_index == PAYLOAD:
            rest = problems
        self._said.value = "".join(fault_html(f"{each.path}: {each.detail}") for each in rest)

    def _turned(self, _: Any = None) -> None:
        """The JSON tab begins with what the form has."""
        if self._tabs.selected_index == PAYLOAD and self._form is not None:
            inputs, _problems = self._form.read()
            self._payload.value = json.dumps({"inputs": inputs}, ensure_ascii=False, indent=1)
        self._write_copy()

    def _uploaded(self, change: Any) -> None:
        for file in change["new"]:
            self._payload.value = bytes(file["content"]).decode("utf-8", "replace")

    def _write_copy(self, _: Any = None) -> None:
        if self._copy_box.selected_index is None or self._process is None:
            return
        document, _problems = self.request()
        inputs = document.get("inputs")
        write = FORMS[self._language.value]
        self._copy.text = write(
            self.client.url, self._process.id, inputs if isinstance(inputs, Mapping) else {}
        )

    # the jobs

    def _look(self) -> bool:
        """Show the newest jobs as they stand; whether some of them are open."""
        found = self.client.jobs(limit=NEWEST)
        cards = {}
        for job in found:
            cards[job.id] = self._cards.get(job.id) or JobCard(job, self._background.do)
            cards[job.id].show(job)
        if list(cards) != list(self._cards):
            self._jobs.children = [card.widget for card in cards.values()]
        self._cards = cards
        return any(not job.record.status.final for job in found)

    def _fail(self, error: Exception) -> None:
        problems = list(error.problems) if isinstance(error, ClientError) else []
        if problems:
            self._show_problems(problems)
        else:
            self._said.value = fault_html(str(error) or type(error).__name__)

    def close(self) -> None:
        """End the threads and remove the widgets."""
        self._background.close()
        super().close()
