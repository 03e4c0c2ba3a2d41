"""Notebook jobs, with real kernels."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from jupyter_ades.errors import InvalidPackage
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import JobStatus
from jupyter_ades.runners.base import Site
from jupyter_ades.runners.registry import runner
from tests.worker.support import KERNEL, NOTEBOOK, Bench, assert_monotone, notebook


def test_a_notebook_runs_with_its_parameters_and_its_new_files_are_results(bench: Bench) -> None:
    book = notebook(
        """
        import helper
        from pathlib import Path
        print("value", a, text, flag)
        Path("sub/deep").mkdir(parents=True)
        Path("sub/deep/x.txt").write_text(helper.greet(text))
        Path(".ipynb_checkpoints").mkdir()
        Path(".ipynb_checkpoints/x").write_text("x")
        Path("out").symlink_to("/etc/passwd")
        Path("data.csv").write_text("changed")
        """,
        "print(items, table, '\\u00e4')",
        "print('no end', end='')",
        parameters='a: float = 1.0\ntext = "x"\nflag = False\nitems = []\ntable = {}',
    )
    helper = "def greet(name):\n    return f'hello {name}'\n"
    running = bench.run(
        NOTEBOOK,
        {"a.ipynb": book, "helper.py": helper, "data.csv": "1", "json.py": "broken ="},
        inputs={
            "a": 2.5,
            "text": 'quo"te\\n\n$(x) {y}',
            "flag": True,
            "items": [1, "b", None],
            "table": {"k": [1.5]},
        },
    )
    assert running.said[-1].status is JobStatus.SUCCESSFUL, running.log()
    assert running.said[-1].message == "Done"
    assert_monotone(running)
    cells = [f"cell {number} of 5" for number in range(2, 6)]
    assert running.parts() == ["stage in", "run", *cells, "stage out"]
    log = running.log()
    assert 'value 2.5 quo"te\\n' in log
    assert "[1, 'b', None] {'k': [1.5]} ä" in log
    assert "\nno end\n" in log
    assert "::ades-step" not in log
    results = running.results()
    assert [each["href"].partition("/")[2] for each in results.outputs["results"]] == [
        "sub/deep/x.txt"
    ]
    assert running.delivered("sub/deep/x.txt").read_text().startswith('hello quo"te')
    executed = nbformat.read(running.delivered("a.ipynb"), as_version=4)
    assert executed.cells[2].metadata["tags"] == ["injected-parameters"]
    assert not running.job.work.exists()
    assert not running.job.inputs.exists()
    assert not running.left()
    assert not (running.job.root / "kernel.json").exists()


def test_a_notebook_without_parameters_or_inputs_runs(bench: Bench) -> None:
    running = bench.run(NOTEBOOK, {"a.ipynb": notebook("x = 1")}, keep_scratch=True)
    assert running.said[-1].status is JobStatus.SUCCESSFUL, running.log()
    assert running.job.work.exists()


def test_staged_references_arrive_as_paths_and_items(bench: Bench) -> None:
    (bench.home / "a b.txt").write_text("content")
    item = {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": "one",
        "geometry": None,
        "properties": {"datetime": "2020-01-01T00:00:00Z"},
        "links": [],
        "assets": {"data": {"href": "a b.txt"}},
    }
    (bench.home / "item.json").write_text(json.dumps(item))
    book = notebook(
        "print(p.stem, p.read_text(), [x.name for x in many])",
        "href = item.assets['data'].get_absolute_href()\nprint(item.id, open(href).read())",
        parameters="from pathlib import Path\np: Path\nmany = []\nitem = None",
    )
    running = bench.run(
        NOTEBOOK,
        {"a.ipynb": book},
        inputs={
            "p": {"$stage-in": "file", "href": "a b.txt"},
            "many": [{"$stage-in": "file", "href": "a b.txt"}],
            "item": {"$stage-in": "stac-item", "href": "item.json"},
        },
        # pystac cannot read below a folder with "#" in its name.
        name="job",
    )
    assert running.said[-1].status is JobStatus.SUCCESSFUL, running.log()
    assert "a b content ['a b.txt']" in running.log()
    assert "one content" in running.log()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("\n\ny = 1\nx = y / 0", "at line 4 (`x = y / 0`): ZeroDivisionError: division by zero"),
        ("x = = 1", "at line 1 (`x = = 1`): SyntaxError: invalid syntax"),
        ("1\nhelper()", "at line 2 (`helper()`): ValueError: from helper"),
        ("%%time\n1/0", ": ZeroDivisionError"),
        ("raise SystemExit(3)", ": SystemExit: 3"),
        ("import os\nos.kill(os.getpid(), 9)", "killed by signal 9 (out of memory?)"),
        ("import os\nos._exit(7)", "exit code 7"),
    ],
)
def test_a_failing_cell_is_named_by_its_number_in_the_deployed_notebook(
    bench: Bench, source: str, message: str
) -> None:
    before = "def helper():\n    raise ValueError('from helper')"
    book = notebook(before, source, "print('not reached')", parameters="a = 1")
    running = bench.run(NOTEBOOK, {"a.ipynb": book}, inputs={"a": 2})
    status = running.said[-1]
    assert status.status is JobStatus.FAILED, running.log()
    assert "cell 4 of a.ipynb" in status.message
    assert message in status.message
    assert_monotone(running)
    log = running.log()
    assert status.message.splitlines()[0] in log
    assert "\x1b[" not in log
    assert "not reached" not in log
    executed = nbformat.read(running.delivered("a.ipynb"), as_version=4)
    assert any(o.output_type == "error" for c in executed.cells for o in c.get("outputs", []))
    assert running.results().catalog is None
    assert not running.left()


def test_parameters_that_cannot_be_set_are_named(bench: Bench) -> None:
    book = notebook("1", parameters="item = None")
    bad = {"type": "Feature", "id": "x", "assets": {}, "properties": {"datetime": 5}}
    running = bench.run(
        NOTEBOOK,
        {"a.ipynb": book},
        inputs={"item": {"$stage-in": "stac-item", "value": bad}},
    )
    assert "the injected parameters cell of a.ipynb failed" in running.said[-1].message


def test_a_cell_may_say_that_it_raises_and_a_notebook_may_leave(bench: Bench) -> None:
    tagged = notebook("1/0", "print('reached')", tags={0: "raises-exception"})
    running = bench.run(NOTEBOOK, {"a.ipynb": tagged})
    assert running.said[-1].status is JobStatus.SUCCESSFUL, running.log()
    assert "reached" in running.log()
    executed = nbformat.read(running.delivered("a.ipynb"), as_version=4)
    assert len(executed.cells) == 3
    left = bench.run(NOTEBOOK, {"a.ipynb": notebook("import sys; sys.exit(0)", "1/0")})
    assert left.said[-1].status is JobStatus.SUCCESSFUL, left.log()


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["/nonexistent/python", "-f", "{connection_file}"], "No such file"),
        (["false"], "Kernel died"),
    ],
)
def test_a_kernel_that_does_not_start_is_a_clear_failure(
    bench: Bench, argv: list[str], message: str
) -> None:
    site = Site(kernel_specs=lambda: {"python3": {**KERNEL, "argv": argv}})
    plan = runner("papermill").plan(NOTEBOOK, JobDir(bench.root / "x"), site)
    running = bench.run(NOTEBOOK, {"a.ipynb": notebook("1")}, plan=plan, name="x")
    assert "the kernel 'python3' did not start" in running.said[-1].message
    assert message in running.said[-1].message


def test_a_kernel_that_is_not_installed_is_refused_with_those_that_are(tmp_path: Path) -> None:
    site = Site(kernel_specs=lambda: {"python3": KERNEL, "ir": KERNEL})
    process = NOTEBOOK.__class__(id="x", entry="a.ipynb", details={"kernel": "conda-x"})
    with pytest.raises(InvalidPackage, match=r"'conda-x'.*installed are ir, python3"):
        runner("papermill").plan(process, JobDir(tmp_path), site)
