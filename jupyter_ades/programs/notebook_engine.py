"""A papermill engine that knows the deployed notebook's cell numbers and tells how far it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import nbformat
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from papermill.execute import ERROR_MARKER_TAG

from jupyter_ades.programs.notebook_kernel import JobKernel, connect, end_of
from jupyter_ades.programs.speaker import Speaker

ENGINE = "jupyter_ades"
INJECTED = "injected-parameters"
#: Lines of a traceback that are kept for the job's message.
KEPT = 20
#: Seconds to wait for the last output of a cell that has ended.
LAST_OUTPUT = 60
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class KernelDidNotStart(Exception):
    """The kernel did not come up."""


@dataclass(kw_only=True)
class Watch:
    """What is known of a notebook while it runs."""

    #: The deployed notebook's file name, and its cells.
    name: str
    deployed: Sequence[NotebookNode]
    speaker: Speaker
    #: Number in the deployed notebook of each cell that runs; None for the injected one.
    numbers: list[int | None] = field(default_factory=list)
    #: Why the notebook failed.
    failure: dict[str, Any] | None = None

    def begin(self, cells: Sequence[NotebookNode]) -> None:
        """Learn the cells that will run."""
        self.numbers = cell_numbers(self.deployed, cells)

    def start(self, index: int) -> None:
        """Tell that a cell runs."""
        number = self.numbers[index]
        if number is not None:
            total = len(self.deployed)
            self.speaker.step(number - 1, total, f"cell {number} of {total}")

    def end(self) -> None:
        """Tell that all cells ran."""
        total = len(self.deployed)
        if total:
            self.speaker.step(total, total, f"cell {total} of {total}")

    def cell(self, index: int) -> str:
        """The cell's name in a sentence."""
        number = self.numbers[index]
        return "the injected parameters cell" if number is None else f"cell {number}"

    def fail(self, index: int, cell: NotebookNode, error: CellExecutionError) -> None:
        """Keep why a cell failed, and say it; leaving by ``sys.exit(0)`` is no failure."""
        if error.ename == "SystemExit" and str(error.evalue) in ("", "0"):
            return
        traceback = _plain_traceback(cell, error)
        line = line_of(cell, traceback)
        self.failure = {
            "cell": self.cell(index),
            "notebook": self.name,
            "line": line,
            "source": cell.source.splitlines()[line - 1].strip() if line else None,
            "ename": error.ename,
            "evalue": _ANSI.sub("", str(error.evalue)),
            "traceback": traceback[-KEPT:],
        }
        self.speaker.line("\n".join(traceback))

    def dead(self, index: int, ending: str) -> str:
        """Keep that the kernel died in a cell."""
        detail = f"the kernel died in {self.cell(index)} of {self.name}: it {ending}"
        self.failure = {"detail": detail}
        self.speaker.line(detail)
        return detail


def cell_numbers(
    deployed: Sequence[NotebookNode], running: Sequence[NotebookNode]
) -> list[int | None]:
    """For each running cell its number (from 1) in the deployed notebook.

    Papermill puts one cell in, or replaces one that an earlier run put in, and takes out the
    banners of an earlier failure.
    """
    kept = iter(n for n, cell in enumerate(deployed, 1) if not _tagged(cell, ERROR_MARKER_TAG))
    replaced = any(_tagged(cell, INJECTED) for cell in deployed)
    return [
        None if _tagged(cell, INJECTED) and not replaced else next(kept, None) for cell in running
    ]


def _tagged(cell: NotebookNode, tag: str) -> bool:
    return tag in cell.metadata.get("tags", [])


def _plain_traceback(cell: NotebookNode, error: CellExecutionError) -> list[str]:
    """The traceback's lines without colours."""
    told = [each.traceback for each in cell.outputs if each.output_type == "error"]
    text = "\n".join(told[-1]) if told and told[-1] else str(error.traceback)
    return _ANSI.sub("", text).splitlines()


def line_of(cell: NotebookNode, traceback: Sequence[str]) -> int | None:
    """The line of the cell (from 1) that an IPython traceback tells; None when it tells none."""
    text = "\n".join(traceback)
    own = rf"(?:Cell In|Input In|<ipython-input-)\s*\[?{cell.execution_count}\b"
    told, arrow = rf"{own}[^\n]*?\bline:? (\d+)", r"^-+> ?(\d+) "
    found = re.search(told, text) or re.search(arrow, text, re.MULTILINE)
    lines = cell.source.splitlines()
    # IPython takes blank lines off the top before it counts.
    blank = next((n for n, line in enumerate(lines) if line.strip()), 0)
    line = int(found[1]) + blank if found else 0
    return line if 1 <= line <= len(lines) else None


class Client(PapermillNotebookClient):  # type: ignore[misc]
    """Papermill's client, watched."""

    def __init__(self, manager: NotebookExecutionManager, watch: Watch, **options: Any) -> None:
        super().__init__(manager, **options)
        self._watch = watch

    def start_new_kernel(self, **options: Any) -> None:
        """Start the kernel; raises KernelDidNotStart."""
        try:
            super().start_new_kernel(**options)
        except (OSError, RuntimeError) as error:
            raise KernelDidNotStart(str(error)) from error

    def start_new_kernel_client(self, **options: Any) -> Any:
        """Wait until the kernel answers; raises KernelDidNotStart."""
        try:
            self.kc = connect(self.km, self.startup_timeout)
            return self.kc
        except RuntimeError as error:
            raise KernelDidNotStart(str(error)) from error

    def execute_cell(self, cell: NotebookNode, cell_index: int, **options: Any) -> NotebookNode:
        """Run one cell, telling that it runs and keeping why it failed."""
        if cell.cell_type == "code" and cell.source.strip():
            self._watch.start(cell_index)
        try:
            return super().execute_cell(cell, cell_index, **options)
        except CellExecutionError as error:
            self._watch.fail(cell_index, cell, error)
            raise
        except DeadKernelError:
            self._show_death(cell, cell_index)
            raise

    def _show_death(self, cell: NotebookNode, index: int) -> None:
        """Leave in the executed notebook what nobody was there to write any more."""
        detail = self._watch.dead(index, end_of(self.km))
        cell.outputs.append(
            nbformat.v4.new_output("error", ename="DeadKernel", evalue=detail, traceback=[detail])
        )
        self.nb_man.cell_exception(cell, cell_index=index)


class Engine(NBClientEngine):  # type: ignore[misc]
    """Runs a notebook with the kernel manager it is given, which it leaves running."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        watch: Watch,
        manager: JobKernel,
        start_timeout: int = 60,
        **options: Any,
    ) -> NotebookNode:
        """Run every cell; the notebook is saved after each."""
        watch.begin(nb_man.nb.cells)
        client = Client(
            nb_man,
            watch,
            km=manager,
            kernel_name=kernel_name,
            startup_timeout=start_timeout,
            timeout=None,
            iopub_timeout=LAST_OUTPUT,
            stdout_file=watch.speaker,
            stderr_file=watch.speaker,
        )
        return client.execute()


papermill_engines.register(ENGINE, Engine)
