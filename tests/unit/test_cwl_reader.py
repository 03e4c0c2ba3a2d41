"""CWL documents become processes: which one, and what is known of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jupyter_ades.errors import WorkflowNotFound
from jupyter_ades.model import Process
from tests.unit.reading import GRAPH, clt, graph, read_cwl, tool, workflow


def test_the_seeds_own_package(tmp_path: Path) -> None:
    process = read_cwl(GRAPH, tmp_path, media_type="application/cwl")
    assert process.alias == "snuggs"
    assert process.version == "0.3.0"
    assert process.title == "s expressions"
    assert process.description == "Applies s expressions to EO acquisitions."
    assert [each.id for each in process.inputs] == ["s_expression", "input_reference"]
    assert [each.title for each in process.inputs] == ["Expressions", ""]
    assert [each.package_type for each in process.outputs] == ["Directory[]"]
    assert (process.kind, process.runner, process.entry) == ("cwl", "cwltool", "app.cwl")
    assert process.details == {
        "workflow": "snuggs",
        "docker": True,
        "docker_required": False,
        "images": ["alpine"],
        "reusable_steps": False,
    }
    assert process.media_type == "application/cwl"


def test_the_entry_is_the_document_less_its_schemas(tmp_path: Path) -> None:
    read_cwl(GRAPH, tmp_path)
    written = (tmp_path / "app.cwl").read_text()
    assert written.splitlines()[2] == ""
    assert written.replace("\n\n", "\n", 1) == re.sub(r"(?m)^\$schemas.*\n", "", GRAPH)


@pytest.mark.parametrize(
    ("more", "required"),
    [
        ("", False),
        ("hints: {DockerRequirement: {dockerPull: a}}\n", False),
        ("requirements: {DockerRequirement: {dockerPull: a}}\n", True),
    ],
)
def test_whether_a_container_is_required(more: str, required: bool, tmp_path: Path) -> None:
    assert read_cwl(tool(more=more), tmp_path).details["docker_required"] is required


def test_a_container_required_by_a_nested_step(tmp_path: Path) -> None:
    inner = tool(more="requirements: {DockerRequirement: {dockerPull: a}}\n").splitlines()[1:]
    text = (
        "cwlVersion: v1.2\nclass: Workflow\ninputs: []\noutputs: []\n"
        "requirements: {SubworkflowFeatureRequirement: {}}\n"
        "steps:\n  s:\n    in: []\n    out: []\n    run:\n"
        "      class: Workflow\n      inputs: []\n      outputs: []\n      steps:\n"
        "        t:\n          in: []\n          out: []\n          run:\n            "
    ) + "\n            ".join(inner)
    assert read_cwl(text, tmp_path).details["docker_required"] is True


def test_secret_inputs_are_marked(tmp_path: Path) -> None:
    text = tool(
        inputs="{pw: string, n: int}",
        more='$namespaces: {cwltool: "http://commonwl.org/cwltool#"}\n'
        "hints: {'cwltool:Secrets': {secrets: [pw]}}\n",
    )
    schemas = {each.id: each.schema for each in read_cwl(text, tmp_path).inputs}
    assert schemas["pw"] == {"type": "string", "writeOnly": True}
    assert "writeOnly" not in schemas["n"]


# which process


CHOICES = [
    (graph(workflow("inner", "t"), workflow("outer", "inner"), clt("t")), "", "outer"),
    (graph(workflow("inner", "t"), workflow("outer", "inner"), clt("t")), "inner", "inner"),
    (graph(workflow("inner", "t"), workflow("outer", "inner"), clt("t")), "#t", "t"),
    (graph(workflow("a", "t"), workflow("main", "t"), clt("t")), "", "main"),
    (graph(clt("t")), "", "t"),
    (graph(clt("'#t'")), "", "t"),
    (tool(more="id: mine\n"), "", "mine"),
    (tool(more="id: mine\n"), "mine", "mine"),
]


@pytest.mark.parametrize(("text", "wanted", "chosen"), CHOICES)
def test_which_process_is_deployed(text: str, wanted: str, chosen: str, tmp_path: Path) -> None:
    process = read_cwl(text, tmp_path, workflow=wanted)
    assert process.alias == process.details["workflow"] == chosen


NOT_FOUND = [
    (graph(workflow("a", "t"), workflow("b", "t"), clt("t")), "", r"several .*#a, #b"),
    (graph(clt("t"), clt("u")), "", r"several .*#t, #u"),
    (graph(clt("t"), clt("u")), "v", r"no workflow 'v'.*#t, #u"),
    (tool(), "v", r"no workflow 'v'"),
    (graph(workflow("a", "b"), workflow("b", "a")), "", "no process that is not a step"),
]


@pytest.mark.parametrize(("text", "wanted", "message"), NOT_FOUND)
def test_a_workflow_that_cannot_be_told(
    text: str, wanted: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(WorkflowNotFound, match=message):
        read_cwl(text, tmp_path, workflow=wanted)


@pytest.mark.parametrize(
    ("name", "alias"),
    [("My Tool.cwl", "my-tool"), ("", "tool-[0-9a-f]{8}"), ("éé.cwl", "ee")],
)
def test_a_tool_without_id_is_named_by_its_file(name: str, alias: str, tmp_path: Path) -> None:
    process = read_cwl(tool(), tmp_path, name=name)
    assert re.fullmatch(alias, process.alias)
    assert process.details["workflow"] == ""


# what it says of itself

NAMESPACES = [
    ("s", "$namespaces: {s: https://schema.org/}\n"),
    ("schema", "$namespaces: {schema: http://schema.org/}\n"),
    ("eo", "$namespaces: {eo: https://www.schema.org/}\n"),
    ("s", ""),
]


@pytest.mark.parametrize("top", [True, False])
@pytest.mark.parametrize(("prefix", "namespaces"), NAMESPACES)
def test_schema_org_under_any_prefix(
    prefix: str, namespaces: str, top: bool, tmp_path: Path
) -> None:
    words = {
        "softwareVersion": "1.10",
        "keywords": '"water, sentinel-2"',
        "author": f"[{{class: {prefix}:Person, {prefix}:name: Ann}}, {{{prefix}:name: Ben}}]",
        "codeRepository": "https://example.org/code",
        "license": "{'@id': https://spdx.org/licenses/MIT}",
        "dateCreated": "2024-05-01",
    }
    lines = "".join(f"{prefix}:{word}: {value}\n" for word, value in words.items())
    if not top:
        lines = "  " + lines.replace("\n", "\n  ").rstrip(" ")
    process_part = "$graph:\n- class: CommandLineTool\n  id: t\n  inputs: []\n  outputs: []\n"
    text = f"cwlVersion: v1.2\n{namespaces}"
    text += lines + process_part if top else process_part + lines
    process = read_cwl(text, tmp_path)
    check_about(process)


def check_about(process: Process) -> None:
    assert process.version == "1.10"
    assert process.keywords == ("water", "sentinel-2")
    found = [(each["title"], each.get("value", each.get("href"))) for each in process.metadata]
    assert sorted(found, key=str) == [
        ("author", {"class": found[0][1]["class"], "name": "Ann"}),
        ("author", {"name": "Ben"}),
        ("codeRepository", "https://example.org/code"),
        ("dateCreated", "2024-05-01"),
        ("license", "https://spdx.org/licenses/MIT"),
    ]


@pytest.mark.parametrize(
    ("written", "version"),
    [("1.0", "1.0"), ("2", "2"), ("1.10", "1.10"), ("10.25", "10.25"), ("'1.0'", "1.0")],
)
def test_versions_that_look_like_numbers(written: str, version: str, tmp_path: Path) -> None:
    assert read_cwl(tool(more=f"s:softwareVersion: {written}\n"), tmp_path).version == version


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("", {}),
        ("ades:resume: true\n", {"resume": True}),
        ("ades:resume: false\n", {"resume": False}),
        (
            "$namespaces: {a: 'https://schema.jupyter-ades.org/cwl#'}\na:resume: true\n",
            {"resume": True},
        ),
        ("ades:resume: sometimes\n", {}),
    ],
)
def test_whether_interrupted_jobs_run_again(
    more: str, said: dict[str, bool], tmp_path: Path
) -> None:
    details = read_cwl(tool(more=more), tmp_path).details
    assert {name: details[name] for name in details if name == "resume"} == said


def test_the_process_goes_before_the_top(tmp_path: Path) -> None:
    text = (
        "cwlVersion: v1.2\nlabel: top\ndoc: top\ns:softwareVersion: '1'\n"
        "https://schema.org/keywords: [{s:name: a}, b]\n"
        "$graph:\n- {class: CommandLineTool, id: t, inputs: [], outputs: [], baseCommand: ls,"
        " label: mine, 's:softwareVersion': '2'}\n"
    )
    process = read_cwl(text, tmp_path)
    assert (process.title, process.description, process.version) == ("mine", "top", "2")
    assert process.keywords == ("a", "b")
