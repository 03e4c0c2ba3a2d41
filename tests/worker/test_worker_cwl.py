"""CWL jobs, with the real cwltool."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from jupyter_ades.errors import Unavailable
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import JobStatus, Process
from jupyter_ades.runners.base import Site
from jupyter_ades.runners.registry import runner
from tests.worker.support import CWL, Bench, assert_monotone, until

PYTHON = "import sys, pathlib; "


def tool(code: str, *, name: str = "evaluate", **more: Any) -> dict[str, Any]:
    """A tool that runs Python with the expression as its argument."""
    return {
        "class": "CommandLineTool",
        "id": name,
        "baseCommand": ["python", "-c", PYTHON + code],
        "inputs": {"expression": {"type": "string", "inputBinding": {"position": 1}}},
        "outputs": {"out": {"type": "Directory", "outputBinding": {"glob": "results"}}},
        **more,
    }


WRITES = (
    "d = pathlib.Path('results'); d.mkdir(); (d / 'a b.txt').write_text(sys.argv[1]);"
    " print('made', sys.argv[1])"
)


def workflow(tool: dict[str, Any], step: str = "evaluate") -> str:
    """A package whose one step is scattered over expressions."""
    return json.dumps(
        {
            "cwlVersion": "v1.0",
            "$namespaces": {"s": "https://schema.org/"},
            "schemas": ["http://schema.invalid/never-fetched.rdf"],
            "s:softwareVersion": "1.0.0",
            "$graph": [
                {
                    "class": "Workflow",
                    "id": "main",
                    "requirements": [{"class": "ScatterFeatureRequirement"}],
                    "inputs": {"expressions": "string[]"},
                    "outputs": {"out": {"type": "Directory[]", "outputSource": f"{step}/out"}},
                    "steps": {
                        step: {
                            "run": f"#{tool['id']}",
                            "scatter": "expression",
                            "in": {"expression": "expressions"},
                            "out": ["out"],
                        }
                    },
                },
                tool,
            ],
        }
    )


def test_a_scattered_workflow_counts_its_parts_and_delivers_them(bench: Bench) -> None:
    names = ["ndvi:(B08 - B04)", "nbr", "evi:x", "http://x/y"]
    gate = bench.home / "gate"
    gate.mkdir()
    code = (
        f"gate = pathlib.Path({str(gate)!r}, sys.argv[1][:4])\n"
        f"import time\nwhile not gate.exists(): time.sleep(0.01)\n{WRITES}"
    )
    hint = {"class": "DockerRequirement", "dockerPull": "x"}
    package = workflow(tool(code, hints=[hint]))
    running = bench.start(CWL, {"app.cwl": package}, inputs={"expressions": names})
    for done, name in enumerate(names):
        until(lambda done=done: running.progress() >= 10 + 20 * done)
        (gate / name[:4]).touch()
    running.wait()
    assert running.said[-1].status is JobStatus.SUCCESSFUL, running.log()
    assert_monotone(running)
    messages = [status.message for status in running.said]
    assert any(message.startswith("1 of 4: ") for message in messages)
    assert any(message.startswith("2 of 4: ") for message in messages)
    assert {30, 50, 70} <= {status.progress for status in running.said}
    log = running.log()
    # Of the step that said it, and of its part where that has a name.
    for name, part in zip(names, (" (ndvi)", " (nbr)", " (evi)", ""), strict=True):
        assert f"evaluate{part}: made {name}\n" in log
    assert "[job evaluate" in log
    assert "::ades-step" not in log
    delivered = running.results().outputs["out"]
    assert len({each["href"] for each in delivered}) == 4
    root = Path(running.order.results_folder)
    assert [(root / each["href"] / "a b.txt").read_text() for each in delivered] == names


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "print('unknown band B99', file=sys.stderr); sys.exit(3)",
            "step evaluate (ndvi) failed with exit code 3: unknown band B99",
        ),
        (
            "print('fine')",
            "step evaluate (ndvi) wrote no output 'out': no file or folder matches 'results'",
        ),
        (
            "import os; print('big', flush=True); os.kill(os.getpid(), 9)",
            "step evaluate (ndvi) was killed by signal 9 (out of memory?): big",
        ),
    ],
)
def test_a_failed_tool_is_named_with_its_last_words(bench: Bench, code: str, message: str) -> None:
    running = bench.run(CWL, {"app.cwl": workflow(tool(code))}, inputs={"expressions": ["ndvi:x"]})
    assert running.said[-1].status is JobStatus.FAILED, running.log()
    assert running.said[-1].message.startswith(message)
    assert_monotone(running)
    assert not running.left()


def test_a_command_that_is_not_there_is_named(bench: Bench) -> None:
    missing = tool("", baseCommand="no-such-command")
    running = bench.run(CWL, {"app.cwl": workflow(missing)}, inputs={"expressions": ["x"]})
    assert "step evaluate (x)" in running.said[-1].message
    assert "'no-such-command' not found" in running.said[-1].message


def test_a_bare_tool_runs_as_one_part_with_staged_files(bench: Bench) -> None:
    (bench.home / "a + b.txt").write_text("content")
    (bench.home / "folder").mkdir()
    (bench.home / "folder" / "x.txt").write_text("x")
    document = {
        "cwlVersion": "v1.2",
        "class": "CommandLineTool",
        "id": "main",
        "baseCommand": ["cat"],
        "requirements": {
            "ResourceRequirement": {"coresMin": 64, "ramMin": 10_000_000},
            "InitialWorkDirRequirement": {"listing": [{"entryname": "n", "entry": "x"}]},
        },
        "stdout": "out.txt",
        "inputs": {
            "file": {"type": "File", "inputBinding": {}},
            "folder": {"type": "Directory"},
            "many": {"type": "int[]?"},
        },
        "outputs": {
            "out": {"type": "stdout"},
            "none": {"type": "File?", "outputBinding": {"glob": "nothing"}},
        },
    }
    process = Process(id="cat", runner="cwltool", entry="app.cwl", details={})
    running = bench.run(
        process,
        {"app.cwl": json.dumps(document)},
        inputs={
            "file": {"$stage-in": "file", "href": "a + b.txt"},
            "folder": {"$stage-in": "directory", "href": "folder"},
            "many": [1, 2],
        },
    )
    assert running.said[-1].status is JobStatus.SUCCESSFUL, running.log()
    assert "1 of 1: main" in running.parts()
    assert running.delivered("out.txt").read_text() == "content"
    assert running.results().outputs["none"] is None


def test_nested_and_conditional_workflows_are_counted(bench: Bench) -> None:
    inner = {
        "class": "Workflow",
        "id": "inner",
        "inputs": {"expression": "string", "more": "string[]"},
        "requirements": [{"class": "ScatterFeatureRequirement"}],
        "outputs": {"out": {"type": "Directory", "outputSource": "first/out"}},
        "steps": {
            "first": {
                "run": "#evaluate",
                "in": {"expression": "expression"},
                "out": ["out"],
            },
            "second": {
                "run": "#evaluate",
                "scatter": "expression",
                "in": {"expression": "more"},
                "out": [],
            },
        },
    }
    main = {
        "class": "Workflow",
        "id": "main",
        "requirements": [
            {"class": "ScatterFeatureRequirement"},
            {"class": "SubworkflowFeatureRequirement"},
        ],
        "inputs": {"expressions": "string[]", "more": "string[]", "also": "boolean"},
        "outputs": {"out": {"type": "Directory[]", "outputSource": "nest/out"}},
        "steps": {
            "nest": {
                "run": "#inner",
                "scatter": "expression",
                "in": {"expression": "expressions", "more": "more"},
                "out": ["out"],
            },
            "maybe": {
                "run": "#evaluate",
                "when": "$(inputs.also)",
                "in": {"expression": {"default": "skipped"}, "also": "also"},
                "out": [],
            },
        },
    }
    document = {"cwlVersion": "v1.2", "$graph": [inner, main, tool(WRITES)]}
    running = bench.run(
        CWL,
        {"app.cwl": json.dumps(document)},
        inputs={"expressions": ["a", "b"], "more": ["c", "d"], "also": False},
    )
    assert running.said[-1].status is JobStatus.SUCCESSFUL, running.log()
    counted = [each for each in running.parts() if each[:1].isdigit()]
    assert {each.split()[2] for each in counted} == {"7:"}
    assert "7 of 7" in " ".join(counted)
    assert_monotone(running)


@pytest.mark.parametrize(
    ("text", "inputs", "message"),
    [
        ("cwlVersion: v1.0\nclass: Workflow\n", {}, "failed validation"),
        (workflow(tool(WRITES)), {"expressions": 5}, "'expressions'"),
        (
            workflow(tool(WRITES, requirements=[{"$import": "http://127.0.0.1:1/x.yaml"}])),
            {"expressions": ["a"]},
            "http://127.0.0.1:1/x.yaml is not fetched while a job runs",
        ),
    ],
)
def test_what_cwltool_refuses_is_said_in_its_words(
    bench: Bench, text: str, inputs: dict[str, Any], message: str
) -> None:
    running = bench.run(CWL, {"app.cwl": text}, inputs=inputs)
    assert running.said[-1].status is JobStatus.FAILED
    assert message in running.said[-1].message


def test_a_required_container_is_refused_when_it_is_planned(tmp_path: Path) -> None:
    process = Process(id="x", entry="app.cwl", details={"docker_required": True})
    with pytest.raises(Unavailable, match="move DockerRequirement to hints"):
        runner("cwltool").plan(process, JobDir(tmp_path), Site())


def test_the_environments_python_is_first(tmp_path: Path) -> None:
    plan = runner("cwltool").plan(CWL, JobDir(tmp_path), Site())
    assert plan.env["PATH"].startswith(f"{sys.prefix}/bin:")
