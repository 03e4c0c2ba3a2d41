"""Documents that were read where a package is deployed, used where a job has its copy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cwltool.load_tool import make_tool
from cwltool.workflow import default_make_tool

from jupyter_ades.programs import cwl_documents
from jupyter_ades.programs.cwl_documents import Document, keep, load
from jupyter_ades.runners.exported import file_url

PACKAGE = """cwlVersion: v1.0
$graph:
- class: Workflow
  id: both
  inputs:
    data: {type: File, default: {class: File, location: beside.txt}}
  outputs: {made: {type: File, outputSource: copy/made}}
  steps:
    copy: {run: "#copy", in: {data: data}, out: [made]}
- class: CommandLineTool
  id: copy
  baseCommand: cat
  inputs: {data: {type: File, inputBinding: {position: 1}}}
  stdout: made.txt
  outputs: {made: stdout}
"""


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "deployed here" / "package"
    folder.mkdir(parents=True)
    (folder / "app.cwl").write_text(PACKAGE)
    (folder / "beside.txt").write_text("beside")
    yield folder
    cwl_documents._Kept.documents.clear()


@pytest.fixture
def copy(deployed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(deployed, tmp_path / "job#1" / "package"))


def url(folder: Path) -> str:
    return f"{file_url(folder / 'app.cwl')}#both"


def texts(value: object) -> list[str]:
    """All texts in a document, with the lines that they stand on."""
    if isinstance(value, dict):
        lines = getattr(value, "lc", None)
        place = [f"{lines.filename}:{lines.line}" for _ in "x" if hasattr(lines, "filename")]
        return [*place, *(text for key in value for text in (str(key), *texts(value[key])))]
    if isinstance(value, list):
        return [text for each in value for text in texts(each)]
    return [str(value)]


def made(document: Document) -> list[str]:
    context = document.context.copy()
    context.construct_tool_object = default_make_tool
    tool = make_tool(document.uri, context)
    steps = [step.embedded_tool.tool for step in tool.steps]  # type: ignore[attr-defined]
    return texts([tool.tool, tool.metadata, *steps])


@pytest.mark.parametrize(("before", "now"), [("/", "/"), ("", ""), ("", "/"), ("/", "job#1")])
def test_a_kept_document_is_what_a_job_would_have_read(
    deployed: Path, copy: Path, monkeypatch: pytest.MonkeyPatch, before: str, now: str
) -> None:
    """Wherever the processes work: where things stand is told from there."""
    monkeypatch.chdir(deployed.parents[1] / before)
    keep(url(deployed))
    monkeypatch.chdir(deployed.parents[1] / now)
    anew = made(load(url(copy)))
    kept = made(load(url(copy), url(deployed)))
    assert kept == anew
    assert any("job%231/package/beside.txt" in text for text in kept)
    assert not any("deployed" in text for text in kept)


def test_it_is_not_read_again(deployed: Path, copy: Path) -> None:
    keep(url(deployed))
    for folder in (deployed, copy):
        (folder / "app.cwl").write_text("no CWL: [")
    assert load(url(copy), url(deployed)).uri == url(copy)


def test_one_that_cannot_be_read_is_left_to_its_jobs(deployed: Path, copy: Path) -> None:
    (deployed / "app.cwl").write_text("no CWL: [")
    keep(url(deployed))
    assert load(url(copy), url(deployed)).uri == url(copy)


def test_large_ones_are_not_kept_and_the_oldest_go(
    deployed: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cwl_documents, "MOST", 1)
    keep(url(deployed))
    keep(url(copy))
    assert list(cwl_documents._Kept.documents) == [url(copy)]
    monkeypatch.setattr(cwl_documents, "LARGEST", 10)
    keep(url(deployed))
    assert cwl_documents._Kept.documents == {url(deployed): None}
