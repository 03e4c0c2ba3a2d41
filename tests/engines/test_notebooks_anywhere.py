"""A notebook on every runner: the same results; and its export on cwltool itself, and here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from jupyter_ades.model import JobStatus, Process
from jupyter_ades.packages.export import as_yaml, export
from jupyter_ades.resources import Resources
from jupyter_ades.validation import validate
from tests.conftest import notebook
from tests.worker.support import Bench

PARAMETERS = """n: int = 2
index: "Literal['ndvi', 'nbr']" = "ndvi"
scene: "pystac.Item | None" = None
texts: "list[Path]" = []
sizes: list[float] = [1.5]"""
CELLS = (
    "import json, pathlib",
    "said = [each.read_text() for each in texts]",
    'pathlib.Path("out.txt").write_text(f"{n} {index} {scene.id} {said} {sizes} $(n) ${{n}}")',
    'pathlib.Path("ades-outputs.json").write_text(json.dumps({"twice": 2 * n}))',
)
ITEM = {
    "type": "Feature",
    "stac_version": "1.0.0",
    "id": "scene-1",
    "geometry": None,
    "properties": {"datetime": "2026-01-01T00:00:00Z"},
    "links": [],
    "assets": {"a": {"href": "./a.txt"}},
}
WROTE = "5 nbr scene-1 ['one', 'two'] [1.5] $(n) ${n}"
INPUTS = {
    "n": 5,
    "index": "nbr",
    "scene": {"$stage-in": "stac-item", "href": "item.json"},
    "texts": [{"$stage-in": "file", "href": f"{each}.txt"} for each in ("one", "two")],
}
pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def bench(bench: Bench) -> Bench:
    """With what the notebook's inputs refer to."""
    for name in ("one", "two", "a"):
        (bench.home / f"{name}.txt").write_text(name)
    (bench.home / "item.json").write_text(json.dumps(ITEM))
    return bench


@pytest.fixture
def process(tmp_path: Path) -> Process:
    book = tmp_path / "book.ipynb"
    book.write_bytes(notebook(PARAMETERS, CELLS, id="anywhere", outputs={"twice": "number"}))
    return validate(str(book))


@pytest.mark.parametrize("runner", ["papermill", "cwltool", "toil"])
def test_it_gives_the_same_on_every_runner(bench: Bench, process: Process, runner: str) -> None:
    if runner == "toil":
        pytest.importorskip("toil", reason="needs: pip install 'jupyter_ades[toil]'")
    from jupyter_ades.jobdir import JobDir
    from jupyter_ades.runners.base import Site
    from jupyter_ades.runners.registry import runner as find
    from tests.worker.support import KERNEL

    site = Site(cores=2, kernel_specs=lambda: {"python3": KERNEL})
    plan = find(runner).plan(process, JobDir(bench.root / "job"), site)
    files = {process.entry: (bench.root / "book.ipynb").read_bytes()}
    ran = bench.start(process, files, name="job", plan=plan, stand_in=False, inputs=INPUTS)
    assert ran.wait().status is JobStatus.SUCCESSFUL, ran.log()
    assert ran.results().outputs["twice"] == 10
    assert ran.delivered("out.txt").read_text() == WROTE
    executed = nbformat.read(ran.delivered(process.entry), as_version=4)
    assert [cell.execution_count for cell in executed.cells if cell.cell_type == "code"][-1] >= 5
    assert set(ran.results().outputs) == {"notebook", "results", "twice"}


def test_a_failing_cell_is_told_through_cwl(bench: Bench, tmp_path: Path) -> None:
    book = tmp_path / "book.ipynb"
    book.write_bytes(notebook("n: int = 2", ("1 / (n - 2)",), id="failing"))
    process = validate(str(book))
    from jupyter_ades.jobdir import JobDir
    from jupyter_ades.runners.base import Site
    from jupyter_ades.runners.cwltool import CwltoolRunner

    plan = CwltoolRunner().plan(process, JobDir(bench.root / "job"), Site())
    ran = bench.start(process, {process.entry: book.read_bytes()}, name="job", plan=plan)
    status = ran.wait()
    assert status.status is JobStatus.FAILED
    assert "step run failed with exit code 1" in status.message
    assert "cell 3 of book.ipynb failed at line 1 (`1 / (n - 2)`): ZeroDivisionError" in (
        status.message
    )


@pytest.fixture
def exported(process: Process, tmp_path: Path) -> Path:
    package = tmp_path / "package"
    package.mkdir()
    (package / process.entry).write_bytes((tmp_path / "book.ipynb").read_bytes())
    path = tmp_path / "export.cwl"
    path.write_bytes(as_yaml(export(process, package)))
    return path


def cwltool(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return call("cwltool", *arguments, cwd=cwd)


def call(program: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run one of the environment's programs, which finds the others there."""
    folder = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        [folder / program, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=150,
    )


@pytest.mark.parametrize("engine", ["cwltool", "toil-cwl-runner"])
def test_engines_run_the_export_by_hand(exported: Path, tmp_path: Path, engine: str) -> None:
    """As papermill does here: see above."""
    if engine == "toil-cwl-runner":
        pytest.importorskip("toil", reason="needs: pip install 'jupyter_ades[toil]'")
    checked = cwltool("--validate", str(exported), cwd=tmp_path)
    assert checked.returncode == 0, checked.stderr
    scene = tmp_path / "scene" / "scene-1"
    scene.mkdir(parents=True)
    (scene / "scene-1.json").write_text(json.dumps(ITEM))
    link = {"rel": "item", "href": "./scene-1/scene-1.json"}
    catalog: dict[str, Any] = {"type": "Catalog", "id": "c", "description": "", "links": [link]}
    (scene.parent / "catalog.json").write_text(json.dumps({**catalog, "stac_version": "1.0.0"}))
    for name in ("one", "two"):
        (tmp_path / f"{name}.txt").write_text(name)
    order = {
        "n": 5,
        "index": "nbr",
        "scene": {"class": "Directory", "location": "scene"},
        "texts": [{"class": "File", "location": f"{name}.txt"} for name in ("one", "two")],
    }
    (tmp_path / "order.json").write_text(json.dumps(order))
    ran = call(engine, "--no-container", "export.cwl", "order.json", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    outputs = json.loads(ran.stdout)
    assert outputs["twice"] == 10
    assert [Path(each["path"]).read_text() for each in outputs["results"]] == [WROTE]


def test_the_export_deploys_here_as_the_same_process(exported: Path, process: Process) -> None:
    again = validate(str(exported))
    assert (again.id, again.alias, again.version) == (process.id, "anywhere", "0.1.0")
    assert (again.kind, again.runner, again.details["workflow"]) == ("cwl", "cwltool", "main")
    assert [each.id for each in again.inputs] == [each.id for each in process.inputs]
    assert [each.id for each in again.outputs] == [each.id for each in process.outputs]
    assert {each.id: each.required for each in again.inputs} == {
        "n": False,
        "index": False,
        "scene": False,
        "texts": False,
        "sizes": False,
    }


def ap_validator(path: Path) -> tuple[int, list[str]]:
    """The exit code of the validator of OGC 20-089r1, and its errors."""
    program = Path(sys.executable).with_name("ap-validator")
    ran = subprocess.run([program, str(path)], capture_output=True, text=True, timeout=60)
    said = (ran.stdout + ran.stderr).splitlines()
    return ran.returncode, [line for line in said if line.startswith("ERROR")]


def test_the_export_is_best_practice_with_an_image(process: Process, tmp_path: Path) -> None:
    """Without one it lacks that alone: the best practice wants one."""
    package = tmp_path / "package"
    package.mkdir()
    (package / process.entry).write_bytes((tmp_path / "book.ipynb").read_bytes())
    path = tmp_path / "export.cwl"
    path.write_bytes(as_yaml(export(process, package, image="registry.example/notebooks:1")))
    assert ap_validator(path) == (0, [])
    path.write_bytes(as_yaml(export(process, package)))
    code, errors = ap_validator(path)
    assert code == 1
    assert len(errors) == 1
    assert "DockerRequirement.dockerPull" in errors[0]


NEEDS = {"cores": 4, "memory": "8 GiB", "memory_limit": "9 GiB"}
SECRET = 'a "quoted" \\ one'


@pytest.fixture
def guarded(tmp_path: Path) -> tuple[Process, Path]:
    """A notebook with a secret and needs of its own, and its export."""
    book = tmp_path / "guarded.ipynb"
    cells = ("import pathlib", "pathlib.Path('len.txt').write_text(str(len(token)))")
    told = {"secrets": ["token"], "resources": NEEDS}
    book.write_bytes(notebook('token: "str | None" = None', cells, id="guarded", **told))
    process = validate(str(book))
    package = tmp_path / "package"
    package.mkdir()
    (package / process.entry).write_bytes(book.read_bytes())
    path = tmp_path / "export.cwl"
    path.write_bytes(as_yaml(export(process, package)))
    return process, path


def test_the_export_has_the_notebooks_needs_and_secrets(guarded: tuple[Process, Path]) -> None:
    process, path = guarded
    again = validate(str(path))
    assert (
        again.resources
        == process.resources
        == Resources(cores=4, memory=8 * 2**30, memory_limit=9 * 2**30)
    )
    assert [each.id for each in again.inputs if each.schema.get("writeOnly")] == ["token"]


def test_cwltool_keeps_the_exports_secret(guarded: tuple[Process, Path], tmp_path: Path) -> None:
    _, path = guarded
    (tmp_path / "order.json").write_text(json.dumps({"token": SECRET}))
    ran = cwltool("--enable-ext", "--no-container", str(path), "order.json", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert SECRET not in ran.stderr
    texts = {each["basename"]: each["path"] for each in json.loads(ran.stdout)["results"]}
    assert Path(texts["len.txt"]).read_text() == str(len(SECRET))
