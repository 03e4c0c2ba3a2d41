"""The side panel: deploy from the menu, follow, stop, remove, refuse."""

from __future__ import annotations

from pathlib import Path

from tests.ui.pages import PANEL, PATIENCE, Watched


def test_a_notebook_is_deployed_from_its_menu_run_and_stopped(lab: Watched) -> None:
    lab.choose("slow.ipynb", "Deploy as process")
    lab.page.wait_for_selector(f'{PANEL} li:has-text("small-0_1_0")')
    sent = lab.server.send("POST", "processes/small/jobs", json={"inputs": {"gate": "/never"}})
    row = lab.row("small-0_1_0", "running")
    row.get_by_text("cell").wait_for()
    progress = row.locator("progress")
    assert 0 < float(progress.get_attribute("value")) < 100
    assert progress.get_attribute("aria-label") == "Progress of small-0_1_0"
    lab.page.get_by_role("button", name="ADES 1 running").wait_for()
    lab.page.reload()
    lab.page.wait_for_selector(f"{PANEL}:visible")
    lab.row("small-0_1_0", "running").get_by_role("button", name="Stop").click()
    lab.row("small-0_1_0", "dismissed").wait_for()
    answer = lab.server.send("GET", f"jobs/{sent.json()['jobID']}").json()
    assert answer["status"] == "dismissed"


def test_a_failure_is_told_in_words_and_removed(lab: Watched) -> None:
    lab.choose("broken.ipynb", "Deploy as process")
    lab.page.wait_for_selector(f'{PANEL} li:has-text("broken-0_1_0")')
    lab.server.send("POST", "processes/broken/jobs", json={"inputs": {}})
    row = lab.row("broken-0_1_0", "failed")
    assert "ZeroDivisionError" in row.inner_text()
    assert "cell 3" in row.inner_text()
    toast = lab.page.locator(".Toastify__toast", has_text="broken-0_1_0 failed")
    toast.get_by_role("button", name="Show why").click()
    lab.page.wait_for_selector('.jp-AdesTab .jp-Ades-said:has-text("ZeroDivisionError")')
    row.get_by_role("button", name="Remove").click()
    lab.page.click(".jp-Dialog .jp-mod-warn")
    row.wait_for(state="detached")
    assert lab.server.send("GET", "jobs", params={"processID": "broken-0_1_0"}).json()["jobs"] == []
    lab.page.wait_for_selector(".jp-AdesTab", state="detached")


def test_results_are_opened_in_the_file_browser(lab: Watched, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    gate.touch()
    if not lab.server.send("GET", "processes/small").ok:
        lab.server.send("POST", "processes", json={"executionUnit": {"href": "slow.ipynb"}})
    lab.server.send("POST", "processes/small/jobs", json={"inputs": {"gate": str(gate)}})
    lab.row("small-0_1_0", "successful").get_by_role("button", name="Open results").click()
    lab.page.wait_for_selector('.jp-DirListing-item:has-text("catalog.json")')


def test_a_package_that_is_none_is_refused_in_words(lab: Watched) -> None:
    lab.choose("wrong.cwl", "Deploy as process")
    dialog = lab.page.locator(".jp-Dialog")
    dialog.wait_for()
    assert "Nonsense" in dialog.inner_text()
    lab.page.keyboard.press("Escape")
    dialog.wait_for(state="detached")


def test_what_is_deployed_is_replaced_when_the_user_says_so(lab: Watched) -> None:
    lab.choose("counting.cwl", "Deploy as process")
    lab.page.wait_for_selector(f'{PANEL} li:has-text("Counting")')
    changed = (lab.server.user_folder / "counting.cwl").read_text().replace("Counting", "Counted")
    (lab.server.user_folder / "counting.cwl").write_text(changed)
    lab.choose("counting.cwl", "Deploy as process")
    dialog = lab.page.locator(".jp-Dialog", has_text="Replace counting?")
    dialog.get_by_role("button", name="Replace").click()
    lab.page.wait_for_selector(f'{PANEL} li:has-text("Counted")')
    lab.page.get_by_role("button", name="Undeploy Counted").click()
    lab.page.click(".jp-Dialog .jp-mod-warn")
    gone = f'{PANEL} li:has-text("Counted")'
    lab.page.wait_for_selector(gone, state="detached", timeout=PATIENCE)
    assert lab.server.send("GET", "processes/counting").status_code == 404


def test_other_files_have_no_such_entry(lab: Watched) -> None:
    lab.page.click('[data-id="filebrowser"]')
    lab.page.click('.jp-DirListing-item:has-text("notes.txt")', button="right")
    lab.page.wait_for_selector('.lm-Menu-item:has-text("Rename")')
    assert lab.page.locator('.lm-Menu-item:has-text("Deploy as process")').count() == 0
    lab.page.keyboard.press("Escape")
