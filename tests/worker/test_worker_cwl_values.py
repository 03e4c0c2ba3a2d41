"""CWL's File and Directory objects as inputs, and as they come out again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_ades.core.coercion import coerce
from jupyter_ades.core.marking import mark_files
from jupyter_ades.model import JobStatus
from jupyter_ades.packages.schemas import any_value, nullable, reference, union
from tests.worker.support import CWL, Bench

TOOL = """cwlVersion: v1.2
class: CommandLineTool
id: main
requirements: {ShellCommandRequirement: {}}
inputs:
  scene: {type: File, secondaryFiles: [{pattern: .aux}, {pattern: .none, required: false}]}
  folder: Directory?
outputs:
  names: stdout
  copy: {type: File, format: "http://example.org/f", secondaryFiles: [.aux],
         outputBinding: {glob: copy.img}}
  tree: {type: Directory, outputBinding: {glob: tree}}
  none: {type: File?, outputBinding: {glob: none}}
arguments:
- shellQuote: false
  valueFrom: |-
    mkdir -p tree/empty; echo x > tree/x; echo i > copy.img; echo a > copy.img.aux
    ls "$(inputs.scene.dirname)"
stdout: names.txt
"""


def sha1(text: str) -> str:
    return "sha1$" + hashlib.sha1(text.encode()).hexdigest()


def test_outputs_are_described_in_cwls_words(bench: Bench) -> None:
    """And secondary files of an input are found beside it, under names that tools know."""
    (bench.home / "data").mkdir()
    for name in ("a(1):b.img", "a(1):b.img.aux", "other"):
        (bench.home / "data" / name).write_text(name)
    inputs = {"scene": {"$stage-in": "file", "href": "data/a(1):b.img"}}
    running = bench.start(CWL, {"app.cwl": TOOL}, inputs=inputs, stand_in=False)
    assert running.wait().status is JobStatus.SUCCESSFUL, running.log()
    names = running.delivered("names.txt").read_text().splitlines()
    assert names == ["a(1):b.img", "a(1):b.img.aux"]
    root = f"wf-{running.order.job_id}"
    found = running.results().objects
    assert found["none"] is None
    assert found["copy"] == {
        "class": "File",
        "location": f"{root}/copy.img",
        "basename": "copy.img",
        "size": 2,
        "checksum": sha1("i\n"),
        "format": "http://example.org/f",
        "secondaryFiles": [
            {
                "class": "File",
                "location": f"{root}/copy.img.aux",
                "basename": "copy.img.aux",
                "size": 2,
                "checksum": sha1("a\n"),
            }
        ],
    }
    assert found["tree"]["location"] == f"{root}/tree/"
    assert found["tree"]["listing"] == [
        {
            "class": "Directory",
            "location": f"{root}/tree/empty/",
            "basename": "empty",
            "listing": [],
        },
        {
            "class": "File",
            "location": f"{root}/tree/x",
            "basename": "x",
            "size": 2,
            "checksum": sha1("x\n"),
        },
    ]
    assert running.delivered("tree/empty").is_dir()


def test_a_required_secondary_file_that_is_nowhere(bench: Bench) -> None:
    (bench.home / "scene.img").write_text("x")
    running = bench.start(
        CWL, {"app.cwl": TOOL}, inputs={"scene": {"$stage-in": "file", "href": "scene.img"}}
    )
    status = running.wait()
    assert status.status is JobStatus.FAILED
    assert "scene.img.aux" in status.message


FILE = {"class": "File", "location": "a.txt"}
FOLDER = {"class": "Directory", "path": "d"}
MARKED_FILE = {"$stage-in": "file", "class": "File", "href": "a.txt"}
MARKED_FOLDER = {"$stage-in": "directory", "class": "Directory", "href": "d"}
EITHER = union([reference("file"), reference("directory")])
FILE_OR_FILES = nullable(union([reference("file"), {"type": "array", "items": reference("file")}]))


@pytest.mark.parametrize(
    ("value", "schema", "expected"),
    [
        (FILE, EITHER, MARKED_FILE),
        (FOLDER, EITHER, MARKED_FOLDER),
        ([FILE], FILE_OR_FILES, [MARKED_FILE]),
        (FILE, FILE_OR_FILES, MARKED_FILE),
        (None, FILE_OR_FILES, None),
        ({"deep": [FILE, 1]}, any_value(), {"deep": [MARKED_FILE, 1]}),
        (
            {**FILE, "format": "x:y", "basename": "b", "secondaryFiles": [FOLDER]},
            reference("file"),
            {**MARKED_FILE, "format": "x:y", "basename": "b", "secondaryFiles": [MARKED_FOLDER]},
        ),
        (
            {"class": "File", "contents": "text", "basename": "b"},
            reference("file"),
            {"$stage-in": "file", "class": "File", "contents": "text", "basename": "b"},
        ),
        (
            {"class": "Directory", "basename": "made", "listing": [FILE]},
            reference("directory"),
            {
                "$stage-in": "directory",
                "class": "Directory",
                "basename": "made",
                "listing": [MARKED_FILE],
            },
        ),
    ],
)
def test_objects_of_cwl_become_references(value: Any, schema: Any, expected: Any) -> None:
    assert coerce(value, schema) == expected
    assert coerce(expected, schema) == expected


@pytest.mark.parametrize("value", [{"class": "File"}, {"class": "Directory", "contents": "x"}])
def test_an_object_that_names_nothing_stays_as_it_is(value: Any) -> None:
    assert mark_files(value) == value


@pytest.mark.parametrize(("kind", "left"), [("File", "secret.txt"), ("Directory", "")])
def test_an_output_that_leads_out_of_the_job_is_refused(
    bench: Bench, tmp_path: Path, kind: str, left: str
) -> None:
    """Links of a folder are left out; this one would be all that is delivered."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("not this job's")
    package = {
        "cwlVersion": "v1.2",
        "class": "CommandLineTool",
        "id": "main",
        "baseCommand": ["ln", "-s", str(outside / left), "made"],
        "inputs": {},
        "outputs": {"made": {"type": kind, "outputBinding": {"glob": "made"}}},
    }
    running = bench.run(CWL, {"app.cwl": json.dumps(package)}, stand_in=False)
    status = running.said[-1]
    assert status.status is JobStatus.FAILED
    assert f"The output 'made' is a link to {outside / left}" in status.message
    assert not list(Path(running.order.results_folder).rglob("*secret*"))


def test_an_output_that_is_a_link_within_its_folder_is_given(bench: Bench) -> None:
    package = {
        "cwlVersion": "v1.2",
        "class": "CommandLineTool",
        "id": "main",
        "baseCommand": ["sh", "-c", "echo given > real.txt; ln -s real.txt made.txt"],
        "inputs": {},
        "outputs": {"made": {"type": "File", "outputBinding": {"glob": "made.txt"}}},
    }
    running = bench.run(CWL, {"app.cwl": json.dumps(package)}, stand_in=False)
    assert running.said[-1].status is JobStatus.SUCCESSFUL, running.log()
    assert running.delivered("made.txt").read_text() == "given\n"
