"""The pages for people behind a real hub, in a real browser: its login, its cookies, its prefix."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
import requests
from matplotlib.image import imread

from tests.hub.hub import User
from tests.scene import VEGETATION_INDEX, make_scene
from tests.ui.conftest import browser, jp_asyncio_loop, jp_server_cleanup  # noqa: F401


@pytest.fixture
def page(alice: User, browser: Any) -> Iterator[Any]:  # noqa: F811
    """A page of alice's, logged in by the hub's form; no test may leave an error on the console."""
    # A test of the culler may have ended it.
    alice.start()
    opened = browser.new_page(viewport={"width": 1000, "height": 900})
    opened.set_default_timeout(60_000)
    errors: list[str] = []
    opened.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    opened.goto(f"{alice.hub.origin}{alice.base}alice/ogc-api/processes?f=html")
    opened.fill("#username_input", alice.name)
    opened.fill("#password_input", "any")
    opened.click("#login_submit")
    opened.wait_for_url("**/ogc-api/processes?f=html*")
    yield opened
    opened.close()
    # A refused request is an answer with status 400, which browsers log as an error of their own.
    assert [each for each in errors if "400 (Bad Request)" not in each] == []


def test_from_the_list_of_processes_to_the_picture_of_the_results(alice: User, page: Any) -> None:
    scene = make_scene(alice.home / "made")
    shutil.copy(VEGETATION_INDEX, alice.home)
    deployed = requests.post(
        f"{alice.root('alice')}/processes",
        json={"executionUnit": {"href": VEGETATION_INDEX.name}},
        headers={"Authorization": f"token {alice.token}"},
        timeout=60,
    )
    assert deployed.status_code == 201, deployed.text
    page.reload()
    page.click("a:has-text('Vegetation index')")
    # A wrong input is said at its field; right ones are found right; then it runs.
    page.fill("[name=item]", "missing/../../item.json")
    page.click("button:has-text('Execute')")
    page.wait_for_selector("[data-wrong=item]:has-text('leaves the user folder')")
    page.fill("[name=item]", f"{scene.parent.relative_to(alice.home)}/{scene.name}")
    page.click("button:has-text('Check only')")
    page.wait_for_selector("text=The inputs are right.")
    page.click("button:has-text('Execute')")
    page.wait_for_url("**/jobs/*?f=html")
    page.click("a:has-text('Results')", timeout=90_000)
    picture = page.wait_for_selector("img.quicklook")
    source = page.request.get(f"{alice.hub.origin}{picture.get_attribute('src')}")
    pixels = imread(BytesIO(source.body()))
    assert pixels[..., 0].std() > 0.05, "it has more than one colour"
    assert page.wait_for_selector("svg.map polygon.print").get_attribute("points")
    # Every link of the page stays behind the hub's prefix, and answers.
    hrefs = page.eval_on_selector_all("main a, header a", "all => all.map(each => each.href)")
    assert len(hrefs) > 5
    for href in hrefs:
        assert href.startswith(f"{alice.hub.origin}{alice.base}alice/ogc-api/"), href
        assert page.request.get(href).status == 200, href


def test_a_finished_job_is_removed_by_its_page(alice: User, page: Any) -> None:
    page.click("a:has-text('Echo')")
    page.fill("[name=echo]", "<b>hello</b>")
    page.click("button:has-text('Execute')")
    page.wait_for_url("**/jobs/*?f=html")
    page.wait_for_selector("a:has-text('Results')")
    address = page.url
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("#dismiss")
    page.wait_for_url("**/jobs?f=html")
    assert page.request.get(address).status == 404
