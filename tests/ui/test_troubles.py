"""What goes wrong is said in words and gets over by itself; what is long freezes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.restart.asking import ended
from tests.restart.server import Server
from tests.ui.conftest import serving
from tests.ui.long_lists import MANY, add_jobs
from tests.ui.pages import JOB, PANEL, TAB, Watched
from tests.worker.support import until

#: Bytes of a line of the long log, and how many make 10 MB.
LINE = b"0123456789" * 9 + b"012345678\n"
LINES = 100_000


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that may be stopped, with many jobs."""
    folder = tmp_path_factory.mktemp("other")
    add_jobs(folder / "state/terradue", MANY)
    yield from serving(folder, "jupyterlab")


@pytest.fixture
def page(other: Server, browser: Any) -> Iterator[Watched]:
    """A page whose console is not watched: browsers log each request that fails."""
    unwatched = Watched(browser, other)
    yield unwatched
    unwatched.page.close()


def opened(page: Watched) -> Any:
    """JupyterLab with the panel."""
    page.open("lab?reset")
    page.open_panel()
    return page.page


def test_many_jobs_are_scrolled_filtered_and_updated(lab: Watched, other: Server) -> None:
    lab.server = other
    lab.open("lab?reset")
    lab.open_panel()
    page = lab.page
    page.wait_for_selector(f"{PANEL} li[aria-setsize='{MANY}']")
    rows = page.locator(f"{PANEL} .jp-Ades-scroll li")
    assert rows.count() < 60
    box = page.locator(".jp-Ades-scroll")
    last = page.locator(f"{PANEL} li[aria-posinset='{MANY}']")
    while last.count() == 0:
        box.evaluate("box => { box.scrollTop = box.scrollHeight }")
    assert rows.count() < 60

    box.evaluate("box => { box.scrollTop = 0 }")
    for place in range(1, 4):
        row = page.locator(f"{PANEL} li[aria-posinset='{place}'] button").first
        following = page.locator(f"{PANEL} li[aria-posinset='{place + 1}'] button:focus")
        # Rows are drawn anew while the list is still being scrolled back.
        until(lambda row=row, following=following: row.press("ArrowDown") or following.count())
    page.select_option(f"{PANEL} .jp-Ades-choice select", label="failed")
    page.wait_for_selector(f"{PANEL} li[aria-setsize='{MANY // 10}'][data-status='failed']")
    assert page.locator(f"{PANEL} li[data-status='successful']").count() == 0
    assert lab.faults(PANEL) == []


def test_a_long_log_is_followed_and_freezes_nothing(lab: Watched) -> None:
    lab.server.send("POST", "processes", json={"executionUnit": {"href": "slow.ipynb"}})
    made = lab.server.send("POST", "processes/small/jobs", json={"inputs": {}}).json()
    assert ended(lab.server, made["jobID"])["status"] == "successful"
    state = lab.server.folder / "state/terradue/jobs" / made["jobID"]
    (state / "job.log").write_bytes(LINE * LINES + b"the end\n")
    page = lab.page
    lab.command("jupyter-ades:open-job", id=made["jobID"])
    page.get_by_role("tab", name="Log").click()
    page.wait_for_selector(f"{JOB} [data-lines='{LINES + 1}']")
    page.wait_for_selector(f"{JOB} .jp-Ades-logLine:has-text('the end')")
    assert page.locator(f"{JOB} .jp-Ades-logLine").count() < 200
    longest = page.evaluate(
        """async () => {
          const box = document.querySelector('.jp-Ades-log');
          const spans = [];
          let last = performance.now();
          for (let frame = 0; frame < 40; frame++) {
            box.scrollTop = Math.random() * box.scrollHeight;
            await new Promise(requestAnimationFrame);
            spans.push(performance.now() - last);
            last = performance.now();
          }
          return spans.sort((a, b) => a - b)[20];
        }"""
    )
    # The median frame: one that drew 100 000 lines would take seconds.
    assert longest < 1000
    page.get_by_role("button", name="To the end").click()
    page.wait_for_selector(f"{JOB} .jp-Ades-logLine:has-text('the end')")


def test_a_session_that_ended_is_said_and_recovers(page: Watched) -> None:
    view = opened(page)
    forbidden = re.compile(r"/wps3/")
    view.route(forbidden, lambda route: route.fulfill(status=403, json={"message": "Forbidden"}))
    page.command("jupyter-ades:refresh")
    alert = view.locator(f"{PANEL} [role=alert]")
    alert.wait_for()
    assert "You are no longer logged in." in alert.inner_text()
    view.unroute(forbidden)
    page.command("jupyter-ades:refresh")
    alert.wait_for(state="detached")


def test_a_server_that_restarts_is_waited_for(page: Watched, other: Server) -> None:
    view = opened(page)
    other.kill()
    page.command("jupyter-ades:refresh")
    alert = view.locator(f"{PANEL} [role=alert]")
    alert.wait_for()
    assert "this page tries again by itself" in alert.inner_text()
    other.start()
    # Nothing is clicked: the page comes back alone.
    alert.wait_for(state="detached", timeout=60_000)
    view.wait_for_selector(f"{PANEL} li[aria-setsize='{MANY}']")


def test_a_server_without_the_ades_says_how_to_enable_it(page: Watched) -> None:
    def without(route: Any) -> None:
        answer = route.fetch()
        body = re.sub(r'"adesWorkspace": "[^"]*"', '"adesWorkspace": ""', answer.text())
        route.fulfill(response=answer, body=body)

    page.page.route(re.compile(r"/lab(\?|$)"), without)
    alert = opened(page).locator(f"{PANEL} [role=alert]")
    alert.wait_for()
    assert 'Enable it with "jupyter server extension enable jupyter_ades"' in alert.inner_text()
    assert page.faults(PANEL) == []


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Dark High Contrast"])
def test_other_themes_are_as_readable(lab: Watched, theme: str) -> None:
    lab.server.send("POST", "processes", json={"executionUnit": {"href": "kinds.ipynb"}})
    lab.command("apputils:change-theme", theme=theme)
    lab.page.wait_for_selector(f'body[data-jp-theme-name="{theme}"]', state="attached")
    lab.command("jupyter-ades:open-process", id="kinds-0_1_0")
    lab.page.wait_for_selector(f"{JOB} #root_whole")
    lab.page.get_by_role("button", name="Validate").click()
    lab.page.wait_for_selector(f"{JOB} [role=status]:has-text('fit')")
    assert lab.faults(TAB, PANEL) == []
    if theme == "JupyterLab Dark":
        lab.picture("lab-dark.png")


def test_pictures_are_taken_where_they_are_asked_for(
    lab: Watched, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ADES_PICTURES", str(tmp_path))
    lab.picture("panel.png")
    assert (tmp_path / "panel.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
