"""The panel against a real server: its widgets are worked as a person works them."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from jupyter_ades import Panel
from jupyter_ades.client import Client
from jupyter_ades.client.panel.copies import as_curl, as_magic, as_python
from jupyter_ades.client.panel.jobs import JobCard
from tests.client.test_magics import Run, ipython, run, shell  # noqa: F401
from tests.restart.server import Server


def until(holds: Callable[[], Any], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def end(panel: Panel) -> None:
    """Close it, and let its threads end before the client's connections do."""
    panel.close()
    panel._background._work.shutdown()
    panel._background._thread.join(20)
    assert not panel._background._thread.is_alive()


@pytest.fixture
def panel(client: Client, small: str) -> Iterator[Panel]:
    made = Panel(client)
    # The names are there before the values that may be chosen.
    until(lambda: small in made._choice._options_values)
    made._choice.value = small
    until(lambda: made._process is not None and made._process.id == small)
    yield made
    end(made)


def field(panel: Panel, name: str) -> Any:
    assert panel._form is not None
    return panel._form._fields[name]


def newest(panel: Panel, status: str) -> JobCard:
    """The card of the newest job, once it is in a state."""
    sent = panel._said.value.partition("Job ")[2].partition(" ")[0]
    until(lambda: sent in panel._cards and panel._cards[sent].job.record.status == status)
    return panel._cards[sent]


def submit(panel: Panel) -> None:
    panel._said.value = ""
    panel.submit()
    until(lambda: panel._said.value.startswith("✓ Job"))


def test_a_form_is_filled_and_submitted_and_the_job_followed(panel: Panel) -> None:
    field(panel, "items").write([3, 4])
    assert panel.validate()
    assert "fit the process description" in panel._said.value
    submit(panel)
    card = newest(panel, "successful")
    assert card.job.inputs["items"] == [3, 4]
    assert card._bar.value == 100
    assert "Done" in card._said.value
    assert panel._jobs.children[0] is card.widget


def test_a_payload_is_sent_as_it_is(panel: Panel) -> None:
    panel._tabs.selected_index = 1
    assert json.loads(panel._payload.value)["inputs"]["outcome"] == "successful"
    # The form of ADES v2: a list of inputs, numbers as texts.
    older = [{"id": "items", "input": {"value": "5"}}, {"id": "items", "input": {"value": "6"}}]
    panel._payload.value = json.dumps({"inputs": older})
    submit(panel)
    assert newest(panel, "successful").job.inputs["items"] == [5, 6]


def test_an_uploaded_payload_is_shown(panel: Panel) -> None:
    panel._tabs.selected_index = 1
    content = memoryview(b'{"inputs": {"items": [1]}}')
    file: dict[str, Any] = {"name": "a.json", "type": "", "size": 1, "content": content}
    file["last_modified"] = datetime.now(UTC)
    panel._upload.value = (file,)
    assert panel.request()[0] == {"inputs": {"items": [1]}}


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ("{", "payload: JSON is expected"),
        ("[" * 100_000, "payload: JSON is expected"),
        ("[]", "payload: An object"),
        ('{"inputs": {"items": ["x"], "nothing": 1}}', "inputs.nothing: The process has no such"),
    ],
)
def test_a_payload_that_does_not_fit_is_not_sent(panel: Panel, payload: str, said: str) -> None:
    before = len(panel.client.jobs())
    panel._tabs.selected_index = 1
    panel._payload.value = payload
    panel.submit()
    assert said in panel._said.value
    assert len(panel.client.jobs()) == before


def test_a_refusal_of_the_service_is_said_at_its_input(panel: Panel) -> None:
    """What the description does not tell, the server does."""
    assert panel._form is not None
    panel._tabs.selected_index = 1
    panel._payload.value = '{"inputs": [{"id": "nothing", "input": {"value": 1}}]}'
    panel.submit()
    until(lambda: "nothing" in panel._said.value)


def test_jobs_are_dismissed_removed_and_run_again(panel: Panel) -> None:
    field(panel, "outcome").write("hold")
    submit(panel)
    card = newest(panel, "running")
    until(lambda: card._bar.value == 50)
    assert card._end_button.description == "Dismiss"
    card._end_button.click()
    card = newest(panel, "dismissed")
    card._rerun_button.click()
    until(lambda: next(iter(panel._cards)) != card.job.id)
    again = next(iter(panel._cards.values()))
    assert again.job.inputs == card.job.inputs
    again._end_button.click()
    until(lambda: again._end_button.description == "Remove")
    # A removal is asked twice.
    again._end_button.click()
    assert again._end_button.description == "Remove with its results?"
    again._end_button.click()
    until(lambda: again.job.id not in panel._cards)
    assert again.job.id not in [job.id for job in panel.client.jobs()]


def test_a_log_is_shown_and_hidden(panel: Panel) -> None:
    submit(panel)
    card = newest(panel, "successful")
    card._log_button.click()
    until(lambda: "carried inline" in card._log.value)
    card._log_button.click()
    assert card._more.children == ()


def test_a_new_panel_finds_the_running_job(panel: Panel, client: Client) -> None:
    """As after a restart of the kernel."""
    field(panel, "outcome").write("hold")
    submit(panel)
    running = newest(panel, "running").job
    other = Panel(client)
    until(lambda: running.id in other._cards)
    until(lambda: other._cards[running.id]._bar.value == 50)
    end(other)
    running.dismiss()


def test_a_service_that_does_not_answer_is_said_and_borne(server: Server) -> None:
    made = Panel(Client("http://127.0.0.1:9/terradue/wps3", token="x"))
    until(lambda: "⚠" in made._said.value)
    assert "127.0.0.1:9" in made._said.value
    end(made)


ODD = {
    "text": 'it\'s $HOME {x} "q"\nline',
    "list": ["a{b}", 1, None, True],
    "deep": {"href": "{y}", "more": [{"a": []}, {}]},
}


def test_a_copy_for_python_gives_the_same_inputs(server: Server) -> None:
    lines = as_python(server.root, "p", ODD)
    call = lines.partition(".execute(")[2].rpartition(")\njob")[0]
    assert eval(call) == ODD
    compile(lines, "copy", "exec")


def test_a_copy_for_the_magics_gives_the_same_inputs(
    run: Run,  # noqa: F811
    small: str,
) -> None:
    inputs = {"name": ODD["text"], "items": [1, 2], "flag": True}
    job = run(as_magic("", small, inputs))
    assert {**job.inputs, "outcome": None} == {**inputs, "outcome": None}


def test_a_copy_for_curl_gives_the_same_job(
    server: Server, small: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADES_TOKEN", "secret")
    inputs = {"name": ODD["text"], "items": [1, 2]}
    line = as_curl(server.root, small, inputs).replace("curl", "curl -sS", 1)
    done = subprocess.run(line, shell=True, capture_output=True, text=True, check=True)
    job = json.loads(done.stdout)["jobID"]
    headers = {"Authorization": "token secret"}
    asked = httpx.get(f"{server.root}/jobs/{job}/request", headers=headers).json()
    assert asked["inputs"].items() >= inputs.items()
    assert "secret" not in line


def test_the_copy_follows_the_form(panel: Panel) -> None:
    panel._copy_box.selected_index = 0
    assert f"client.process('{panel._process.id}')" in panel._copy.text  # type: ignore[union-attr]
    panel._language.value = "curl"
    assert panel._copy.text.startswith("curl -X POST http://127.0.0.1")
