"""A job that takes more memory or time than it may is ended, alone, with that reason."""

from __future__ import annotations

import json
from pathlib import Path

from jupyter_ades.model import JobStatus
from jupyter_ades.resources import Resources
from tests.worker.support import CWL, NOTEBOOK, Bench, notebook

MIB = 2**20
#: Takes 1 MiB more every few milliseconds, for ever.
EATER = "held = []\nwhile True:\n    held.append(bytearray(2**20))\n    time.sleep(0.002)"
TOOL = """
cwlVersion: v1.2
class: CommandLineTool
id: main
baseCommand: [python3, -c]
arguments: [{program}]
inputs: {{}}
outputs: []
"""


def tool(program: str) -> bytes:
    return TOOL.format(program=json.dumps(program)).encode()


def test_a_notebook_that_eats_its_memory(bench: Bench) -> None:
    book = notebook("import time\nopen('before.txt', 'w').write('kept')", EATER)
    limit = Resources(memory_limit=400 * MIB)
    running = bench.run(NOTEBOOK, {"a.ipynb": book}, resources=limit, stand_in=False)
    status = running.said[-1]
    assert status.status is JobStatus.FAILED
    assert status.message.startswith("The job was ended as it held 4")
    assert "the most that it may hold is 400 MiB (c.ADES.job_memory_bytes" in status.message
    assert not running.left()
    assert running.results().outputs["results"], running.log()


def test_a_tool_that_eats_its_memory(bench: Bench) -> None:
    files = {"app.cwl": tool(f"import time\n{EATER}")}
    running = bench.run(CWL, files, resources=Resources(memory_limit=300 * MIB))
    status = running.said[-1]
    assert status.status is JobStatus.FAILED
    assert "the most that it may hold is 300 MiB" in status.message
    assert not running.left()


def test_a_job_that_takes_too_long(bench: Bench) -> None:
    files = {"app.cwl": tool("import time; time.sleep(600)")}
    running = bench.run(CWL, files, resources=Resources(seconds=2.5))
    status = running.said[-1]
    assert status.status is JobStatus.FAILED
    assert status.message.startswith("The job was ended after 2.5 seconds, the most that it may")
    assert not running.left()


def test_one_within_its_bounds_is_none_the_worse(bench: Bench, tmp_path: Path) -> None:
    files = {"app.cwl": tool("print('well')")}
    bounds = Resources(memory_limit=2000 * MIB, seconds=60)
    running = bench.run(CWL, files, resources=bounds)
    assert running.said[-1].status is JobStatus.SUCCESSFUL, running.log()
