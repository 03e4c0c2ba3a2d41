"""The same extension in Notebook 7, where there is one document per page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.restart.server import Server
from tests.ui.pages import FORM, JOB, PANEL, TAB, Watched


@pytest.fixture
def tree(notebook_server: Server, browser: Any) -> Iterator[Watched]:
    """The page with the files."""
    with Watched(browser, notebook_server) as watched:
        watched.open("tree")
        yield watched


@pytest.fixture
def book(notebook_server: Server, browser: Any) -> Iterator[Watched]:
    """The page of a notebook."""
    with Watched(browser, notebook_server) as watched:
        watched.open("notebooks/slow.ipynb")
        yield watched


def test_a_file_is_deployed_and_run_from_the_tree(tree: Watched) -> None:
    page = tree.page
    page.click('.jp-DirListing-item:has-text("counting.cwl")', button="right")
    page.click('.lm-Menu-item:has-text("Run as job ...")')
    page.get_by_text("This process takes no inputs.").wait_for()
    tree.run()
    page.wait_for_selector(f"{JOB} [data-status='successful']")
    page.get_by_role("tab", name="Log").click()
    page.get_by_text("20 lines").or_(page.locator(".jp-Ades-logLine").first).first.wait_for()
    assert tree.faults(TAB) == []
    tree.open_panel()
    tree.row("counting", "successful").wait_for()
    assert tree.faults(PANEL) == []


def test_two_clicks_from_an_open_notebook(book: Watched) -> None:
    page = book.page
    page.click("[data-jp-item-name='jupyter-ades-run'] :is(button, jp-button)")
    page.wait_for_selector(f"{FORM} #root_gate")
    book.run()
    page.wait_for_selector(f"{JOB} [data-status='successful']")
    book.picture("notebook7.png")
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Open notebook").click()
    opened.value.wait_for_selector('.jp-NotebookPanel .jp-InputPrompt:has-text("[2]")')
    opened.value.close()
