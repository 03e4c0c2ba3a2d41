"""The values of secret inputs stand nowhere that is shown: log, status, results."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from jupyter_ades.model import Input, JobStatus
from tests.worker.support import CWL, NOTEBOOK, Bench, Running, notebook

SECRET = 'pa"ss\nwörd\\1'
KEY = Input(id="key", schema={"type": "string", "writeOnly": True})
USING = "assert len(key) == 12\nprint('the key is', key, repr(key))"


def said(running: Running) -> str:
    """All texts that a client may see, and the files that it may get."""
    delivered = Path(running.order.results_folder, f"wf-{running.order.job_id}")
    files = [path for path in delivered.rglob("*") if path.is_file()]
    texts = [path.read_bytes().decode("utf-8", "replace") for path in files]
    messages = [status.message for status in running.said]
    return "\n".join([running.log(), *messages, *texts, *(path.name for path in files)])


def assert_hidden(running: Running) -> None:
    text = said(running)
    assert "***" in text
    for form in (SECRET, json.dumps(SECRET)[1:-1], repr(SECRET)[1:-1], "wörd", "00f6rd", "xf6rd"):
        assert form not in text, form


def test_in_what_a_notebook_leaves(bench: Bench) -> None:
    process = replace(NOTEBOOK, inputs=(KEY,))
    book = notebook(USING, parameters="key: str = ''")
    running = bench.run(process, {"a.ipynb": book}, inputs={"key": SECRET}, stand_in=False)
    assert running.said[-1].status is JobStatus.SUCCESSFUL, running.log()
    assert_hidden(running)
    (executed,) = running.delivered(".").rglob("a.ipynb")
    sources = [cell["source"] for cell in json.loads(executed.read_bytes())["cells"]]
    assert any("***" in "".join(source) for source in sources), sources


def test_in_why_a_notebook_failed(bench: Bench) -> None:
    process = replace(NOTEBOOK, inputs=(KEY,))
    book = notebook("raise ValueError('no good: ' + key)", parameters="key: str = ''")
    running = bench.run(process, {"a.ipynb": book}, inputs={"key": SECRET}, stand_in=False)
    assert running.said[-1].status is JobStatus.FAILED
    assert "no good: ***" in running.said[-1].message
    assert_hidden(running)


TOOL = """
cwlVersion: v1.2
class: CommandLineTool
id: main
$namespaces: {cwltool: "http://commonwl.org/cwltool#"}
hints: {"cwltool:Secrets": {secrets: [key]}}
baseCommand: [python3, -c, "import sys; print(sys.argv[1]); sys.exit(len(sys.argv[1]))"]
inputs: {key: {type: string, inputBinding: {}}}
outputs: []
"""


def test_in_what_a_tool_says(bench: Bench) -> None:
    process = replace(CWL, inputs=(KEY,))
    running = bench.run(process, {"app.cwl": TOOL}, inputs={"key": SECRET})
    # It got the secret itself.
    assert "exit code 12" in running.said[-1].message
    assert_hidden(running)
