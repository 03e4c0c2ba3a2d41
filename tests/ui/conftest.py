"""One browser and one JupyterLab server for all tests of the JupyterLab half."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
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


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium as the distribution has it."""
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
    started = Server(tmp_path_factory.mktemp("lab"), app="jupyterlab")
    write_packages(started.user_folder)
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
