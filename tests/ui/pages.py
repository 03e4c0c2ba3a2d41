"""A page in a real browser, as the tests of the JupyterLab half use it.

``ADES_PICTURES=<folder>`` keeps the screenshots that the documentation shows.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from PIL import Image

from tests.restart.server import Server

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]
PANEL = ".jp-AdesPanel"
#: A tab that is in front, and parts of it.
TAB = ".jp-AdesTab:not(.lm-mod-hidden)"
JOB, FORM, MAP = ".jp-AdesTab:visible", ".jp-Ades-form:visible", ".jp-Ades-map:visible"
PATIENCE = 30_000
AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
#: Answers that browsers log as errors of their own.
REFUSALS = ("400 (Bad Request)", "409 (Conflict)")
#: Scripts of Notebook 7, and of this extension, as an error's trace names them.
NOTEBOOK, OURS = "/static/notebook/notebook_core", "/lab/extensions/jupyter-ades/"
#: What axe-core calls a fault that a user cannot do with.
GRAVE = ("serious", "critical")


class Watched:
    """A page whose console is watched."""

    def __init__(self, browser: Any, server: Server) -> None:
        self.server = server
        self.page = browser.new_page(viewport={"width": 1280, "height": 800})
        self.page.set_default_timeout(PATIENCE)
        self.errors: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self._note(error.stack or str(error)))

    def _heard(self, line: Any) -> None:
        if line.type == "error" and not any(answer in line.text for answer in REFUSALS):
            self._note(f"{line.text} {line.location.get('url', '')}")

    def _note(self, error: str) -> None:
        """Keep an error; Notebook 7 has some of its own, also without this extension."""
        if NOTEBOOK not in error or OURS in error:
            self.errors.append(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.page.close()
        if error is None:
            assert not self.errors, self.errors

    def open(self, path: str) -> None:
        """Open a page of the server, logged in."""
        mark = "&" if "?" in path else "?"
        self.page.goto(f"{self.server.origin}/{path}{mark}token=secret")
        self.page.wait_for_function("window.jupyterapp?.restored", timeout=60_000)
        self.page.evaluate("() => window.jupyterapp.restored")

    def open_panel(self) -> None:
        """Show the panel; again, it would hide."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('jupyter-ades:open')")
        self.page.wait_for_selector(f"{PANEL}:visible")

    def command(self, name: str, **arguments: Any) -> None:
        """Ask for a command as the palette does."""
        self.page.evaluate(
            "([name, given]) => { window.jupyterapp.commands.execute(name, given) }",
            [name, arguments],
        )

    def choose(self, name: str, entry: str) -> None:
        """Right-click a file and choose an entry of its menu."""
        self.command("filebrowser:activate")
        self.page.click(f'.jp-DirListing-item:has-text("{name}")', button="right")
        self.page.click(f'.lm-Menu-item:has-text("{entry}")')

    def run(self) -> None:
        """Press the form's button."""
        self.page.locator(JOB).get_by_role("button", name="Run", exact=True).click()

    def row(self, process: str, status: str) -> Any:
        """The newest row of a process's jobs in a state."""
        found = self.page.locator(f'{PANEL} li[data-status="{status}"]', has_text=process)
        found.first.wait_for()
        return found.first

    def picture(self, name: str) -> None:
        """Keep what is seen, when pictures are wanted."""
        folder = os.environ.get("ADES_PICTURES")
        if folder:
            self.page.screenshot(path=Path(folder, name))

    def faults(self, *selectors: str) -> list[str]:
        """What axe-core finds grave in parts of the page."""
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.add_script_tag(content=AXE.read_text())
        found = self.page.evaluate("where => axe.run({include: where})", list(selectors))
        assert found["passes"], "axe-core has looked at nothing"
        return [
            f"{each['id']}: {node['html'][:200]}"
            for each in found["violations"]
            if each["impact"] in GRAVE
            for node in each["nodes"]
        ]


def share_of(locator: Any, colour: tuple[int, int, int], near: int = 6) -> float:
    """The share of an element's pixels that have a colour, within ``near`` of each part."""
    with Image.open(io.BytesIO(locator.screenshot())) as image:
        pixels = np.asarray(image.convert("RGB"), dtype=int)
    fits = (np.abs(pixels - np.array(colour)) <= near).all(axis=2)
    return float(fits.mean())
