"""One browser and one JupyterLab server for all tests of the JupyterLab half."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.restart.server import Server
from tests.ui.packages import write_packages
from tests.ui.pages import FLAGS, Watched

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(autouse=True)
def jp_server_cleanup() -> None:
    """In place of the one that cleans up after a server in the tests' own process."""


@pytest.fixture
def jp_asyncio_loop() -> None:
    """No loop beside the browser's."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium as the distribution has it.

    Its event loop runs for as long as it is open, and no other may beside it: so not longer than
    for one file's tests.
    """
    if CHROMIUM is None:
        pytest.skip("needs: chromium (apt-get install --no-install-recommends chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """JupyterLab, with packages to deploy in its folder."""
    yield from serving(tmp_path_factory.mktemp("lab"), "jupyterlab")


@pytest.fixture(scope="package")
def notebook_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Notebook 7, likewise."""
    pytest.importorskip("notebook", reason="needs: notebook (pip install notebook)")
    yield from serving(tmp_path_factory.mktemp("notebook"), "notebook")


def serving(folder: Path, app: str) -> Iterator[Server]:
    """A server of one of Jupyter's front ends."""
    started = Server(folder, app=app, traits={"max_running_jobs": 3})
    write_packages(started.user_folder)
    # It would ask whether to fetch news from the web.
    settings = folder / "lab/user-settings/@jupyterlab/apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')
    started.start()
    yield started
    started.stop()


@pytest.fixture
def lab(server: Server, browser: Any) -> Iterator[Watched]:
    """JupyterLab with the panel open; no test may leave an error on the console."""
    with Watched(browser, server) as watched:
        watched.open("lab?reset")
        watched.open_panel()
        yield watched
