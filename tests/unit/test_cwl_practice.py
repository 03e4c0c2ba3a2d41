"""Warnings of the Best Practice come with the process, and keep nothing from being deployed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.reading import GRAPH, read_cwl, tool

COMPLETE = """cwlVersion: v1.2
$namespaces: {s: https://schema.org/}
s:softwareVersion: 1.0.0
$graph:
- class: Workflow
  id: whole
  label: Title
  doc: Abstract.
  inputs: {scene: {type: Directory, label: Scene, doc: What is read.}}
  outputs: {results: {type: Directory, outputSource: [step/results]}}
  steps: {step: {run: '#clt', in: {scene: scene}, out: [results]}}
- class: CommandLineTool
  id: clt
  requirements: {DockerRequirement: {dockerPull: alpine}}
  baseCommand: echo
  inputs: {scene: Directory}
  outputs: {results: {type: Directory, outputBinding: {glob: .}}}
"""


def warnings(text: str, folder: Path, **more: Any) -> dict[str, str]:
    found = read_cwl(text, folder, **more).warnings
    return {each["path"]: each["detail"] for each in found}


def test_a_package_that_follows_it(tmp_path: Path) -> None:
    assert warnings(COMPLETE, tmp_path) == {}


def test_the_seeds_own_package(tmp_path: Path) -> None:
    assert warnings(GRAPH, tmp_path) == {
        "inputs.input_reference": "Input input_reference has no label (req. 10).",
        "inputs": (
            "No input is a Directory: Earth observation products that are to be staged in are"
            " Directory or Directory[] (req. 13)."
        ),
    }


def test_a_bare_tool(tmp_path: Path) -> None:
    found = warnings(tool(inputs="{a: string}"), tmp_path)
    assert list(found) == [
        *("class", "id", "label", "doc", "s:softwareVersion", "inputs.a", "inputs", "outputs"),
        "CommandLineTool",
    ]
    assert found["inputs.a"] == "Input a has no label and no doc (req. 10)."
    assert found["id"] == "The CommandLineTool has no id; the process is called app (req. 9)."


@pytest.mark.parametrize(
    ("old", "new", "path", "detail"),
    [
        ("  label: Title\n", "", "label", "no label"),
        ("  doc: Abstract.\n", "", "doc", "no doc"),
        ("s:softwareVersion: 1.0.0\n", "", "s:softwareVersion", "no version"),
        (", doc: What is read.", "", "inputs.scene", "Input scene has no doc (req. 10)."),
        ("  baseCommand: echo\n", "  arguments: [echo]\n", "#clt", "clt has no baseCommand"),
        ("dockerPull: alpine", "dockerImageId: alpine", "#clt", "clt names no image"),
        (
            "dockerPull: alpine",
            "dockerPull: alpine, dockerOutputDirectory: /out",
            "#clt",
            "uses dockerOutputDirectory",
        ),
    ],
)
def test_what_is_missing(tmp_path: Path, old: str, new: str, path: str, detail: str) -> None:
    assert old in COMPLETE
    found = warnings(COMPLETE.replace(old, new), tmp_path)
    assert list(found) == [path]
    assert detail in found[path]


def test_an_image_that_a_hint_or_the_workflow_names_is_one(tmp_path: Path) -> None:
    image = "  requirements: {DockerRequirement: {dockerPull: alpine}}\n"
    hint = COMPLETE.replace(image, image.replace("requirements", "hints"))
    assert warnings(hint, tmp_path) == {}
    above = COMPLETE.replace(image, "").replace("  label: Title\n", "  label: Title\n" + image)
    assert warnings(above, tmp_path) == {}


def test_optional_folders_and_lists_of_them_count(tmp_path: Path) -> None:
    text = COMPLETE.replace("type: Directory, label", "type: 'Directory[]?', label")
    text = text.replace("{scene: Directory}", "{scene: 'Directory[]?'}")
    assert warnings(text, tmp_path) == {}


def test_a_tool_that_several_steps_run_is_named_once(tmp_path: Path) -> None:
    step = "step: {run: '#clt', in: {scene: scene}, out: [results]}"
    text = COMPLETE.replace(step, f"{step}, {step.replace('step', 'more')}")
    text = text.replace("  baseCommand: echo\n", "  arguments: [echo]\n")
    assert [each["path"] for each in read_cwl(text, tmp_path).warnings] == ["#clt"]
