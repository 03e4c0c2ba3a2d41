"""The JupyterLab half in a real browser, against a real server and real jobs.

``ADES_PICTURES=<folder>`` keeps the screenshots that the documentation shows.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import notebook
from tests.restart.server import Server

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]
BROKEN = notebook("", ("1 + 1", "1 / 0"), id="broken")
WAITING = "import time, os\nwhile not os.path.exists(gate): time.sleep(.05)"
SLOW = notebook('gate: str = ""', (WAITING,))
PANEL = ".jp-AdesPanel"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("lab")
    started = Server(folder, app="jupyterlab")
    (started.user_folder / "broken.ipynb").write_bytes(BROKEN)
    (started.user_folder / "slow.ipynb").write_bytes(SLOW)
    (started.user_folder / "notes.txt").write_text("not a package")
    (started.user_folder / "wrong.cwl").write_text("cwlVersion: v1.2\nclass: Nonsense\n")
    started.start()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("needs: chromium (apt-get install --no-install-recommends chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(server: Server, browser: Any) -> Iterator[Any]:
    """JupyterLab with the panel open; no test may leave an error on the console."""
    opened = browser.new_page(viewport={"width": 1200, "height": 720})
    errors: list[str] = []
    opened.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    opened.goto(f"{server.origin}/lab?reset&token=secret")
    open_panel(opened)
    yield opened
    opened.close()
    # A refused deploy is an answer with status 400, which browsers log as an error of their own.
    assert [line for line in errors if "400 (Bad Request)" not in line] == []


def open_panel(page: Any) -> None:
    page.wait_for_selector(".jp-LauncherCard", timeout=60_000)
    page.click('[data-id="jupyter-ades-panel"]')
    page.wait_for_selector(f"{PANEL} h2")


def choose(page: Any, name: str, entry: str) -> None:
    """Right-click a file and choose an entry of its menu."""
    page.click('[data-id="filebrowser"]')
    page.click(f'.jp-DirListing-item:has-text("{name}")', button="right")
    page.click(f'.lm-Menu-item:has-text("{entry}")')


def picture(page: Any, name: str) -> None:
    folder = os.environ.get("ADES_PICTURES")
    if folder:
        page.screenshot(path=Path(folder, name))


def job_of(page: Any, process: str, status: str) -> Any:
    row = page.locator(f'{PANEL} li[data-status="{status}"]', has_text=process).first
    row.wait_for(timeout=30_000)
    return row


def test_a_notebook_is_deployed_from_its_menu_run_and_stopped(page: Any, server: Server) -> None:
    choose(page, "slow.ipynb", "Deploy as process")
    page.wait_for_selector(f'{PANEL} li:has-text("small-0_1_0")', timeout=30_000)
    sent = server.send("POST", "processes/small/jobs", json={"inputs": {"gate": "/never"}})
    row = job_of(page, "small-0_1_0", "running")
    page.wait_for_selector(f'{PANEL} li:has-text("cell")', timeout=30_000)
    progress = row.locator("progress")
    assert 0 < float(progress.get_attribute("value")) < 100
    assert progress.get_attribute("aria-label") == "Progress of small-0_1_0"
    picture(page, "lab-running.png")
    page.reload()
    open_panel(page)
    job_of(page, "small-0_1_0", "running").get_by_role("button", name="Stop").click()
    job_of(page, "small-0_1_0", "dismissed")
    answer = server.send("GET", f"jobs/{sent.json()['jobID']}").json()
    assert answer["status"] == "dismissed"


def test_a_failure_is_shown_in_words_and_removed(page: Any, server: Server) -> None:
    choose(page, "broken.ipynb", "Deploy as process")
    page.wait_for_selector(f'{PANEL} li:has-text("broken-0_1_0")', timeout=30_000)
    server.send("POST", "processes/broken/jobs", json={"inputs": {}})
    row = job_of(page, "broken-0_1_0", "failed")
    assert "ZeroDivisionError" in row.inner_text()
    assert "cell 3" in row.inner_text()
    picture(page, "lab-failed.png")
    row.get_by_role("button", name="Remove").click()
    page.click(".jp-Dialog .jp-mod-warn")
    row.wait_for(state="detached", timeout=30_000)
    assert server.send("GET", "jobs", params={"processID": "broken-0_1_0"}).json()["jobs"] == []


def test_results_are_opened_in_the_file_browser(page: Any, server: Server, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    gate.touch()
    if not server.send("GET", "processes/small").ok:
        server.send("POST", "processes", json={"executionUnit": {"href": "slow.ipynb"}})
    server.send("POST", "processes/small/jobs", json={"inputs": {"gate": str(gate)}})
    row = job_of(page, "small-0_1_0", "successful")
    row.get_by_role("button", name="Open results").click()
    page.wait_for_selector('.jp-DirListing-item:has-text("catalog.json")', timeout=30_000)


def test_a_package_that_is_none_is_refused_in_words(page: Any) -> None:
    choose(page, "wrong.cwl", "Deploy as process")
    dialog = page.locator(".jp-Dialog")
    dialog.wait_for(timeout=30_000)
    assert "Nonsense" in dialog.inner_text()
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached", timeout=30_000)


def test_other_files_have_no_such_entry(page: Any) -> None:
    page.click('[data-id="filebrowser"]')
    page.click('.jp-DirListing-item:has-text("notes.txt")', button="right")
    page.wait_for_selector('.lm-Menu-item:has-text("Rename")')
    assert page.locator('.lm-Menu-item:has-text("Deploy as process")').count() == 0
    page.keyboard.press("Escape")
