"""From a file to results: the form, the job's tab, the map, and what comes after."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.ui.pages import FORM, JOB, MAP, TAB, Watched, share_of

#: The two ends of the map's colours.
DARKEST, LIGHTEST = (68, 1, 84), (253, 231, 37)


def test_a_file_is_run_as_a_job_and_its_image_is_seen(lab: Watched, tmp_path: Path) -> None:
    page, gate = lab.page, tmp_path / "gate"
    lab.choose("image.ipynb", "Run as job ...")
    page.fill(f"{FORM} #root_gate", str(gate))
    lab.run()
    page.wait_for_selector(f"{JOB} [data-status='running']")
    page.wait_for_selector(f"{JOB} progress")
    page.wait_for_selector(f"{JOB} .jp-Ades-message:has-text('cell')")

    page.reload()
    page.wait_for_selector(f"{JOB} [data-status='running']", timeout=60_000)
    gate.touch()
    page.wait_for_selector(f"{JOB} [data-status='successful']")
    toast = page.locator(".Toastify__toast", has_text="image-0_1_0 is done")
    toast.get_by_role("button", name="Open results").wait_for()

    rows = page.locator(f"{JOB} tbody tr")
    rows.first.wait_for()
    names = [row.locator("td").nth(1).inner_text() for row in rows.all()]
    assert names == ["image.tif", "plot.png", "image.ipynb"]
    page.wait_for_selector(f"{JOB} figure img")
    box = page.locator(MAP)
    box.scroll_into_view_if_needed()
    page.wait_for_function(
        "() => document.querySelector('.jp-Ades-raster canvas')?.getContext('2d')"
        ".getImageData(0, 0, 2000, 2000).data.some(part => part > 0)"
    )
    # Half of the raster has each value, but for the corner that has none.
    dark, light = share_of(box, DARKEST), share_of(box, LIGHTEST)
    assert dark > 0.08
    assert light > 0.1
    assert 0.9 < dark / light < 0.99
    assert page.locator(f"{JOB} .jp-Ades-legend").get_attribute("aria-label") == (
        "Colours from 0 to 1"
    )
    assert lab.faults(TAB) == []

    page.get_by_role("button", name="Open notebook").click()
    page.wait_for_selector('.jp-NotebookPanel:visible .cm-content:has-text("# Parameters")')


def test_a_process_of_every_kind_of_field_is_filled_in_checked_and_run(lab: Watched) -> None:
    page = lab.page
    lab.choose("kinds.ipynb", "Run as job ...")
    page.fill(f"{FORM} >> label:has-text('whole') ~ input", "4.5")
    page.fill(f"{FORM} >> label:has-text('table') ~ textarea", '{"a": ')
    page.click(f"{JOB} >> text=Validate")
    field = page.locator(f"{FORM} .jp-Ades-field", has=page.locator("#root_table"))
    field.locator(".jp-Ades-errors").get_by_text("This is not JSON").wait_for()
    page.fill(f"{FORM} #root_table", '{"a": 1}')
    page.click(f"{JOB} >> text=Validate")
    field = page.locator(f"{FORM} .jp-Ades-field", has=page.locator("#root_whole")).last
    field.locator(".jp-Ades-errors").wait_for()
    assert "4.5 is not of type 'integer'" in field.inner_text()
    assert page.locator("#root_whole").get_attribute("aria-describedby").count("__error") == 1
    lab.picture("lab-problems.png")
    assert lab.faults(TAB) == []

    page.fill("#root_whole", "4")
    page.select_option("#root_choice", label="green")
    page.get_by_role("button", name="Add to names").click()
    page.fill("#root_names_1", "b")
    page.check("#root_flag")
    page.click(f"{JOB} >> text=Validate")
    page.get_by_text("The inputs fit").wait_for()
    page.get_by_role("tab", name="JSON").click()
    written = json.loads(page.get_by_label("Payload").input_value())
    wanted = {"whole": 4, "choice": "green", "names": ["a", "b"], "flag": True, "table": {"a": 1}}
    assert written == {"inputs": wanted}
    lab.run()
    page.wait_for_selector(f"{JOB} [data-status='successful']")
    page.get_by_role("tab", name="Inputs").click()
    assert json.loads(page.locator(f"{JOB} pre").inner_text()) == wanted


def test_a_job_is_run_again_changed_and_dismissed(lab: Watched, tmp_path: Path) -> None:
    page, gate = lab.page, tmp_path / "gate"
    lab.server.send("POST", "processes", json={"executionUnit": {"href": "slow.ipynb"}})
    gate.touch()
    body = {"inputs": {"gate": str(gate)}}
    first = lab.server.send("POST", "processes/small/jobs", json=body).json()["jobID"]
    lab.command("jupyter-ades:open-job", id=first)
    page.wait_for_selector(f"{JOB} [data-status='successful']")
    gate.unlink()
    page.get_by_role("button", name="Run again with the same inputs").click()
    page.wait_for_selector(f"{JOB} [data-status='running']")
    page.wait_for_selector(f"{JOB} .jp-Ades-note:not(:has-text('{first}')) >> nth=0")
    page.locator(JOB).get_by_role("button", name="Stop").click()
    page.wait_for_selector(f"{JOB} [data-status='dismissed']")
    page.get_by_role("button", name="Open the form with these inputs").click()
    page.wait_for_selector(f"{FORM} #root_gate")
    assert page.input_value("#root_gate") == str(gate)


def test_two_clicks_from_an_open_notebook_to_a_running_job(lab: Watched) -> None:
    page = lab.page
    page.click('[data-id="filebrowser"]')
    page.dblclick('.jp-DirListing-item:has-text("slow.ipynb")')
    page.wait_for_selector(".jp-NotebookPanel-toolbar [data-jp-item-name='jupyter-ades-run']")
    page.click("[data-jp-item-name='jupyter-ades-run'] :is(button, jp-button)")
    page.wait_for_selector(f"{FORM} #root_gate")
    lab.run()
    page.wait_for_selector(f"{JOB} [data-status='successful']")


def test_an_image_that_cannot_be_drawn_says_why_and_is_offered(lab: Watched) -> None:
    page = lab.page
    lab.choose("nowhere.ipynb", "Run as job ...")
    page.get_by_text("This process takes no inputs.").wait_for()
    lab.run()
    alert = page.locator(f"{JOB} [role=alert]", has_text="nowhere.tif cannot be drawn")
    alert.wait_for()
    assert "it does not say where on the Earth it lies" in alert.inner_text()
    with page.expect_download() as download:
        alert.get_by_role("link", name="Download it").click()
    left = list(lab.server.user_folder.glob("ades-results/**/nowhere.tif"))
    assert Path(download.value.path()).read_bytes() == left[0].read_bytes()


def test_requests_are_copied_as_python_curl_and_magics(lab: Watched) -> None:
    page = lab.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    lab.server.send("POST", "processes", json={"executionUnit": {"href": "slow.ipynb"}})
    lab.command("jupyter-ades:open-process", id="small-0_1_0", inputs={"gate": "/a gate"})
    page.wait_for_selector(f"{FORM} #root_gate")
    copied = []
    for name in ("Python", "curl", "%ades"):
        page.get_by_role("button", name=f"Copy as {name}").click()
        page.locator(".Toastify__toast", has_text=f"Copied as {name}").wait_for()
        copied.append(page.evaluate("() => navigator.clipboard.readText()"))
    python, curl, magic = copied
    compile(python, "copied", "exec")
    assert 'client.process("small-0_1_0").execute(\n    gate="/a gate",\n)' in python
    assert re.search(r"^curl -X POST 'http://127\.0\.0\.1:\d+/terradue/wps3/proc", curl)
    assert "secret" not in curl
    assert magic == '%%ades execute small-0_1_0\ngate: "/a gate"'
