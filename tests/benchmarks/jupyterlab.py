"""What the JupyterLab half costs and how quick it is, against its goals ("theirs" is the goal)."""

from __future__ import annotations

import gzip
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.benchmarks.table import Row
from tests.restart.server import Server
from tests.ui.conftest import serving
from tests.ui.long_lists import add_jobs
from tests.ui.pages import FLAGS, FORM, JOB, OURS, PANEL, Watched

JOBS = 5_000
KIB = 1024
#: Goals: KiB (gzip) and ms added to the start, clicks and s to a running job, ms of a frame.
SIZE, SCRIPTS, CLICKS, RUNNING, FRAME = 150, 100, 2, 5, 100
RUNS = 3


def measure() -> list[Row]:
    """The rows of this subject."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, opened(Path(folder)) as pages:
        return [
            _row("KiB (gzip) added to the start", added_bytes(next(pages)) / KIB, SIZE, "K"),
            _row("ms of scripts added to the start", script_time(next(pages)), SCRIPTS, "m"),
            *from_a_notebook_to_a_job(next(pages)),
            _row(f"ms of a frame, {JOBS:,} jobs, 95th percentile", frame(next(pages)), FRAME, "m"),
        ]


def _row(what: str, ours: float, goal: float, unit: str) -> Row:
    return Row(what=what, ours=ours, theirs=goal, unit=unit, bound=1.0)


@contextmanager
def opened(folder: Path) -> Iterator[Iterator[Watched]]:
    """Pages of a JupyterLab with many jobs, each new."""
    add_jobs(folder / "state/terradue", JOBS)
    servers = serving(folder, "jupyterlab")
    server = next(servers)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield _pages(browser, server)
        browser.close()
    next(servers, None)


def _pages(browser: Any, server: Server) -> Iterator[Watched]:
    while True:
        page = Watched(browser, server)
        yield page
        page.page.close()


def added_bytes(page: Watched) -> int:
    """Bytes of this extension's files that a start fetches, each compressed."""
    sizes: list[int] = []

    def heard(answer: Any) -> None:
        if OURS in answer.url and answer.ok:
            sizes.append(len(gzip.compress(answer.body())))

    page.page.on("response", heard)
    page.open("lab?reset")
    page.page.wait_for_load_state("networkidle")
    assert sizes, "the extension was not loaded"
    return sum(sizes)


def script_time(page: Watched) -> float:
    """Milliseconds in this extension's scripts during a start, as the browser's profiler has it."""
    session = page.page.context.new_cdp_session(page.page)
    times = []
    for _ in range(RUNS):
        session.send("Profiler.enable")
        session.send("Profiler.start")
        page.open("lab?reset")
        page.page.wait_for_load_state("networkidle")
        profile = session.send("Profiler.stop")["profile"]
        ours = {node["id"] for node in profile["nodes"] if OURS in node["callFrame"]["url"]}
        spans = zip(profile["samples"], profile["timeDeltas"], strict=True)
        times.append(sum(span for node, span in spans if node in ours) / 1000)
    assert min(times) > 0, "the profiler saw nothing of the extension"
    return min(times)


def from_a_notebook_to_a_job(page: Watched) -> list[Row]:
    """From the toolbar of an open notebook until its job runs; the defaults are right."""
    view = page.page
    page.open("lab?reset")
    view.dblclick('.jp-DirListing-item:has-text("slow.ipynb")')
    button = view.locator("[data-jp-item-name='jupyter-ades-run'] :is(button, jp-button)").first
    button.wait_for()
    clicks, begin = 0, time.monotonic()
    button.click()
    clicks += 1
    view.wait_for_selector(f"{FORM} #root_gate")
    page.run()
    clicks += 1
    view.wait_for_selector(f"{JOB} [data-status='running'], {JOB} [data-status='successful']")
    seconds = time.monotonic() - begin
    return [
        _row("clicks from a notebook to a running job", clicks, CLICKS, " "),
        _row("seconds from a notebook to a running job", seconds, RUNNING, "s"),
    ]


def frame(page: Watched) -> float:
    """Milliseconds that 95 % of the frames keep below while all jobs scroll by."""
    page.open("lab?reset")
    page.open_panel()
    box = page.page.locator(".jp-Ades-scroll")
    last = page.page.locator(f"{PANEL} .jp-Ades-scroll li").last
    while int(last.get_attribute("data-index") or 0) < JOBS - 2:
        box.evaluate("box => { box.scrollTop = box.scrollHeight }")
    frames: list[float] = box.evaluate(
        """async box => {
          const spans = [];
          const step = box.scrollHeight / 240;
          box.scrollTop = 0;
          let last = performance.now();
          for (let frame = 0; frame < 240; frame++) {
            box.scrollTop += step;
            await new Promise(requestAnimationFrame);
            spans.push(performance.now() - last);
            last = performance.now();
          }
          return spans.sort((a, b) => a - b);
        }"""
    )
    return frames[int(len(frames) * 0.95)]
