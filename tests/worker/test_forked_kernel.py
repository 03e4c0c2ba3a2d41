"""Kernels that are forked: a notebook sees no difference that it does not look for."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from jupyter_ades.core.fork_server import ForkServer
from jupyter_ades.core.warm_launcher import can_fork
from jupyter_ades.model import JobStatus
from jupyter_ades.programs.forked_kernel import can_be_forked
from tests.worker.support import KERNEL, NOTEBOOK, Bench, Running, notebook

pytestmark = pytest.mark.skipif(not can_fork(), reason="kernels are forked on Linux only")

#: What a kernel can tell of itself, and what is to happen at its end.
TELL = """
import atexit, json, os, pathlib, random, sys, uuid
import numpy
import psutil
kernel = psutil.Process()
told = {
    "command": kernel.cmdline(),
    "session": os.getsid(0) == kernel.pid,
    "folder": os.getcwd(),
    "arguments": [pathlib.Path(sys.argv[0]).name, sys.argv[1]],
    "path": sys.path,
    "random": [random.random(), float(numpy.random.random()), str(uuid.uuid4())],
    "tracing": sys.gettrace() is not None,
    "main": __name__,
    "environment": {n: v for n, v in os.environ.items() if n != "PYTEST_CURRENT_TEST"},
}
pathlib.Path("told.json").write_text(json.dumps(told))
left_open = open("left-open.txt", "w")
left_open.write("x" * 100)
atexit.register(lambda: pathlib.Path("at-exit.txt").write_text("called"))
"""


def run(folder: Path, server: ForkServer | None, files: dict[str, str] | None = None) -> Running:
    folder.mkdir()
    bench = Bench(root=folder, server=lambda stand_in: server)
    running = bench.run(NOTEBOOK, {"a.ipynb": notebook(TELL), **(files or {})})
    assert running.said[-1].status is JobStatus.SUCCESSFUL, running.log()
    return running


def told(running: Running) -> dict[str, object]:
    found: dict[str, object] = json.loads(running.delivered("told.json").read_text())
    return found


def test_it_is_forked_and_tells_nothing_of_it(
    tmp_path: Path, fork_server: Callable[[bool], ForkServer]
) -> None:
    cold = run(tmp_path / "cold", None)
    warm = [run(tmp_path / name, fork_server(True)) for name in ("warm", "again")]
    for running in (cold, *warm):
        assert running.delivered("left-open.txt").read_text() == "x" * 100
        assert running.delivered("at-exit.txt").read_text() == "called"
        book = nbformat.read(running.delivered("a.ipynb"), as_version=4)
        assert book.metadata.papermill.exception is None
        assert [cell.execution_count for cell in book.cells[1:]] == [1]
    facts = [told(running) for running in (cold, *warm)]
    commands = [str(fact.pop("command")) for fact in facts]
    assert ["ipykernel_launcher" in each for each in commands] == [True, False, False]
    assert ["jupyter_ades.worker.warm" in each for each in commands] == [False, True, True]
    drawn = [value for fact in facts for value in fact.pop("random")]  # type: ignore[attr-defined]
    assert len(set(drawn)) == 9
    for fact, running in zip(facts, (cold, *warm), strict=True):
        assert fact.pop("folder") == str(running.job.work)
        environment = fact["environment"]
        assert isinstance(environment, dict)
        assert environment.pop("JUPYTER_ADES_JOB") == running.order.job_id
        assert environment.pop("JPY_PARENT_PID").isdigit()
        # Set by the debugger, which forked kernels have none of.
        environment.pop("PYDEVD_USE_FRAME_EVAL", None)
    assert facts[1:] == facts[:1] * 2


def test_a_helper_file_is_not_hidden_by_what_is_imported_already(
    tmp_path: Path, fork_server: Callable[[bool], ForkServer]
) -> None:
    helper = {"lib/cwltool.py": "who = 'the helper'"}
    source = "import sys; sys.path.insert(0, 'lib')\nimport cwltool; print(cwltool.who)"
    bench = Bench(root=tmp_path, server=lambda stand_in: fork_server(True))
    running = bench.run(NOTEBOOK, {"a.ipynb": notebook(source), **helper})
    assert running.said[-1].status is JobStatus.SUCCESSFUL, running.log()
    assert "the helper" in running.log()


@pytest.mark.parametrize(
    ("change", "forked"),
    [
        ({}, True),
        ({"argv": ["python", *KERNEL["argv"][1:]]}, True),  # type: ignore[misc]
        ({"argv": [sys.executable, "-Xfrozen_modules=off", *KERNEL["argv"][1:]]}, True),  # type: ignore[misc]
        ({"argv": ["/usr/bin/python3", *KERNEL["argv"][1:]]}, False),  # type: ignore[misc]
        ({"argv": ["bash", "-c", "kernel"]}, False),
        ({"env": {"OMP_NUM_THREADS": "1"}}, False),
        ({"metadata": {"kernel_provisioner": {"provisioner_name": "other"}}}, False),
    ],
)
def test_only_kernels_like_this_python_are_forked(
    change: dict[str, object], forked: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jupyter_ades.programs.forked_kernel.is_warm", lambda: True)
    assert can_be_forked({**KERNEL, **change}, tmp_path) is forked
