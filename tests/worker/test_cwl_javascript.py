"""Jobs whose CWL has JavaScript in it: without Node, and bounded."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_ades.model import JobStatus
from tests.worker.support import CWL, Bench

WORKFLOW = """cwlVersion: v1.2
class: Workflow
id: main
requirements: {{InlineJavascriptRequirement: {{}}, StepInputExpressionRequirement: {{}}}}
inputs: {{n: int}}
outputs: {{made: {{type: File, outputSource: double/made}}}}
steps:
  double:
    in: {{n: {{source: n, valueFrom: "{expression}"}}}}
    out: [made]
    run:
      class: CommandLineTool
      baseCommand: echo
      inputs: {{n: {{type: int, inputBinding: {{position: 1}}}}}}
      stdout: made.txt
      outputs: {{made: stdout}}
"""


def package(expression: str) -> dict[str, str]:
    return {"app.cwl": WORKFLOW.format(expression=expression)}


def test_an_expression_needs_no_node(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("node", "nodejs", "docker"):
        script = tmp_path / "bin" / name
        script.parent.mkdir(exist_ok=True)
        script.write_text("#!/bin/sh\nexit 1\n")
        script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    running = bench.run(CWL, package("$(self * 2)"), inputs={"n": 21})
    assert running.said[-1].status is JobStatus.SUCCESSFUL, running.log()
    assert running.delivered("made.txt").read_text() == "42\n"


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("${while (true) {}}", "ran for more than 0.3 seconds"),
        (
            "${var a = []; while (true) a.push(new Array(1e5).fill(1));}",
            "more than 8 MiB of memory",
        ),
    ],
)
def test_one_that_takes_too_much_fails_the_job_with_its_place(
    bench: Bench, expression: str, reason: str
) -> None:
    limits = {"expression_seconds": 0.3, "expression_bytes": 8 * 2**20}
    running = bench.run(CWL, package(expression), inputs={"n": 21}, **limits)
    status = running.said[-1]
    assert status.status is JobStatus.FAILED
    for part in (reason, "step double", expression.removeprefix("$")):
        assert part in status.message
