"""CWL documents are kept with what they name; a body that names a file is refused."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jupyter_ades.errors import AdesError, InvalidPackage, TooLarge
from jupyter_ades.model import FetchPolicy, Process
from jupyter_ades.packages.base import Package
from jupyter_ades.packages.contents import MOST_FILES
from jupyter_ades.packages.cwl import CwlReader
from jupyter_ades.packages.cwl_packing import without_schemas
from tests.unit.reading import read_cwl, tool

SCHEMAS = [
    ("a: 1\n$schemas:\n  - http://x/y\n  - z # why\nb: 2\n", "a: 1\n\n\n\nb: 2\n"),
    ("a: 1\nb: 2\n$schemas: [x]", "a: 1\nb: 2\n"),
    ("a: 1\nb: {$schemas: x}\n", "a: 1\nb: {$schemas: x}\n"),
    ('{"$schemas": ["x"], "a": "é"}', '{\n "a": "é"\n}'),
]


@pytest.mark.parametrize(("text", "expected"), SCHEMAS)
def test_schemas_are_taken_out(text: str, expected: str) -> None:
    assert without_schemas(text) == expected


MISSING = [
    ("run", "run: sub/other.cwl", "sub/other.cwl"),
    ("import", "run: {$import: other.cwl}", "other.cwl"),
    ("absolute", "run: file:///etc/passwd", "etc/passwd"),
    ("up", "run: ../../../../etc/passwd", "etc/passwd"),
]


@pytest.mark.parametrize(("case", "run", "name"), MISSING)
def test_a_body_that_names_a_file(case: str, run: str, name: str, tmp_path: Path) -> None:
    text = (
        "cwlVersion: v1.2\nclass: Workflow\ninputs: []\noutputs: []\n"
        f"steps: {{s: {{in: [], out: [], {run}}}}}\n"
    )
    with pytest.raises(InvalidPackage, match=rf"It names '{re.escape(name)}', which was not sent"):
        read_cwl(text, tmp_path)


@pytest.mark.parametrize(
    "part",
    [
        "requirements: {SchemaDefRequirement: {types: [{$import: types.yml}]}}\n",
        "requirements: {InitialWorkDirRequirement: {listing: [{entry: {$include: a}}]}}\n",
    ],
)
def test_a_body_that_includes_a_file(part: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidPackage, match="which was not sent with it"):
        read_cwl(tool(more=part), tmp_path)


def test_a_body_whose_default_is_a_file(tmp_path: Path) -> None:
    text = tool(inputs="{f: {type: File, default: {class: File, location: whale.txt}}}")
    with pytest.raises(InvalidPackage, match=r"It names 'whale\.txt'"):
        read_cwl(text, tmp_path)


# with files

FILES = {
    "wf/main.cwl": """cwlVersion: v1.2
class: Workflow
id: whole
requirements:
  SchemaDefRequirement: {types: [{$import: types.yml}]}
inputs:
  zone: string
  at: types.yml#Place
  f: {type: File, default: {class: File, location: ../data/whale.txt}}
  gone: {type: File, default: {class: File, location: gone.txt}}
  odd: {type: File, default: {class: File, location: ../data/deep/x%20y%231.txt}}
  d: {type: Directory, default: {class: Directory, location: ../data}}
outputs: {o: {type: File, outputSource: s/out}}
steps:
  s: {run: ../tools/tool.cwl, in: {x: zone, at: at}, out: [out]}
""",
    "wf/types.yml": "- {name: Place, type: record, fields: [{name: n, type: int}]}\n",
    "tools/tool.cwl": """cwlVersion: v1.0
class: CommandLineTool
requirements:
  SchemaDefRequirement: {types: [{$import: ../wf/types.yml}]}
  InitialWorkDirRequirement:
    listing: [{entryname: s.py, entry: {$include: s.py}}]
inputs: {x: string, at: ../wf/types.yml#Place}
baseCommand: [touch, f]
outputs: {out: {type: File, outputBinding: {glob: f}}}
""",
    "tools/s.py": "print([[[' not YAML: [')\n",
    "data/whale.txt": "whale\n",
    "data/deep/x y#1.txt": "xy\n",
}


@pytest.fixture
def user_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "user + folder"
    for name, content in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (folder / "data" / "link").symlink_to("/etc/hostname")
    return folder


def read_href(
    href: str, user_folder: Path, folder: Path, workflow: str = "", **more: Any
) -> Process:
    path = user_folder / href
    folder.mkdir(exist_ok=True)
    package = Package(data=path.read_bytes(), name=path.name, href=href, workflow=workflow, **more)
    return CwlReader().read(package, folder, FetchPolicy(user_folder=str(user_folder)), ())


def test_a_package_is_kept_with_what_it_names(user_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    process = read_href("wf/main.cwl", user_folder, folder)
    assert process.alias == "whole"
    assert process.entry == "tree/wf/main.cwl"
    assert process.details["workflow"] == "whole"
    assert [each.id for each in process.inputs] == ["zone", "at", "f", "gone", "odd", "d"]
    assert process.inputs[1].schema["properties"]["n"]["type"] == "integer"
    brought = {
        str(path.relative_to(folder / "tree")): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert brought == FILES
    again = tmp_path / "again"
    again.mkdir()
    alone = read_href("wf/main.cwl", folder / "tree", again)
    assert replace(alone, digest="") == replace(process, digest="")


def test_a_document_that_names_nothing_stays_alone(tmp_path: Path) -> None:
    process = read_cwl(tool(), tmp_path, name="other.cwl")
    assert process.entry == "app.cwl"
    assert (tmp_path / "app.cwl").read_text() == tool()


def test_secondary_files_of_a_default_come_along(user_folder: Path, tmp_path: Path) -> None:
    for name in ("scene.img", "scene.img.aux", "scene.hdr"):
        (user_folder / "data" / name).write_text(name)
    default = "default: {class: File, location: data/scene.img}"
    patterns = "secondaryFiles: [{pattern: .aux}, ^.hdr?, .none?, $(self.nameroot)]"
    (user_folder / "a.cwl").write_text(tool(inputs=f"{{f: {{type: File, {patterns}, {default}}}}}"))
    read_href("a.cwl", user_folder, tmp_path / "package")
    brought = sorted(path.name for path in (tmp_path / "package/tree/data").iterdir())
    assert brought == ["scene.hdr", "scene.img", "scene.img.aux"]


def test_schemas_beside_the_document_come_along(user_folder: Path, tmp_path: Path) -> None:
    """Those on the web are not even looked for."""
    (user_folder / "formats.ttl").write_text("")
    lines = "$schemas: [formats.ttl, https://nowhere.invalid/x.rdf]\n"
    (user_folder / "a.cwl").write_text(tool(more=lines))
    read_href("a.cwl", user_folder, tmp_path / "package")
    tree = tmp_path / "package" / "tree"
    assert sorted(path.name for path in tree.iterdir()) == ["a.cwl", "formats.ttl"]
    assert lines in (tree / "a.cwl").read_text()


def test_a_package_does_not_leave_the_user_folder(user_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.cwl").write_text(tool())
    inside = user_folder / "a.cwl"
    text = FILES["wf/main.cwl"].split("requirements")[0] + (
        "inputs: []\noutputs: []\nsteps: {s: {run: link.cwl, in: [], out: []}}\n"
    )
    inside.write_text(text)
    (user_folder / "link.cwl").symlink_to(tmp_path / "outside.cwl")
    with pytest.raises(AdesError, match="leaves the user folder"):
        read_href("a.cwl", user_folder, tmp_path)


def test_a_file_that_is_not_there_is_named(user_folder: Path, tmp_path: Path) -> None:
    (user_folder / "tools" / "tool.cwl").unlink()
    with pytest.raises(AdesError, match=r"tools/tool\.cwl: there is no such file"):
        read_href("wf/main.cwl", user_folder, tmp_path)


def test_a_mistake_in_another_file_has_its_name(user_folder: Path, tmp_path: Path) -> None:
    path = user_folder / "tools" / "tool.cwl"
    path.write_text(path.read_text().replace("x: string", "x: strin"))
    with pytest.raises(InvalidPackage, match=r"(?s)tools/tool\.cwl:7:.*strin'"):
        read_href("wf/main.cwl", user_folder, tmp_path)


def test_a_private_host_is_refused(tmp_path: Path) -> None:
    text = (
        "cwlVersion: v1.2\nclass: Workflow\ninputs: []\noutputs: []\n"
        "steps: {s: {in: [], out: [], run: 'http://127.0.0.1:9/t.cwl'}}\n"
    )
    with pytest.raises(AdesError, match=r"127\.0\.0\.1"):
        read_cwl(text, tmp_path)


# bounds


def defaults(**named: str) -> str:
    inputs = [
        f"{name}: {{type: {kind}, default: {{class: {kind}, location: {place}}}}}"
        for name, (kind, place) in ((name, each.split(" ")) for name, each in named.items())
    ]
    return tool(inputs=f"{{{', '.join(inputs)}}}")


def size_of(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())


@pytest.mark.parametrize(
    "named",
    [
        {"f": "File data/big"},
        {"d": "Directory data"},
        {"a": "File data/1", "b": "File data/2", "c": "File data/3"},
    ],
)
def test_what_comes_along_has_one_budget(named: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "user" / "data").mkdir(parents=True)
    (tmp_path / "user" / "app.cwl").write_text(defaults(**named))
    for name, size in (("big", 30_000), ("1", 4_000), ("2", 4_000), ("3", 4_000)):
        (tmp_path / "user" / "data" / name).write_bytes(b"x" * size)
    with pytest.raises(TooLarge, match=r"more than 10000 bytes together.*max_package_bytes"):
        read_href("app.cwl", tmp_path / "user", tmp_path / "package", max_bytes=10_000)
    assert size_of(tmp_path / "package") <= 10_000
    whole = read_href("app.cwl", tmp_path / "user", tmp_path / "whole", max_bytes=200_000)
    assert len(whole.inputs) == len(named)


def test_documents_have_the_same_budget(user_folder: Path, tmp_path: Path) -> None:
    (user_folder / "tools" / "s.py").write_text("#" * 20_000)
    with pytest.raises(TooLarge, match=r"s\.py"):
        read_href("wf/main.cwl", user_folder, tmp_path / "package", max_bytes=10_000)


def test_a_folder_of_too_many_files(tmp_path: Path) -> None:
    (tmp_path / "user" / "data").mkdir(parents=True)
    (tmp_path / "user" / "app.cwl").write_text(defaults(d="Directory data"))
    for number in range(MOST_FILES + 1):
        (tmp_path / "user" / "data" / str(number)).touch()
    with pytest.raises(TooLarge, match=f"more than {MOST_FILES} files"):
        read_href("app.cwl", tmp_path / "user", tmp_path / "package")


@pytest.mark.parametrize("place", [".local", ".local/state"])
def test_a_folder_is_not_copied_into_itself(place: str, tmp_path: Path) -> None:
    (tmp_path / "app.cwl").write_text(defaults(d=f"Directory {place}"))
    folder = tmp_path / ".local" / "state" / "package"
    folder.mkdir(parents=True)
    with pytest.raises(InvalidPackage, match="holds the package itself"):
        read_href("app.cwl", tmp_path, folder)
    assert list(folder.iterdir()) == []


def test_of_a_folder_only_files_and_folders_come_along(tmp_path: Path) -> None:
    (tmp_path / "user" / "data" / "empty").mkdir(parents=True)
    (tmp_path / "user" / "data" / "a").write_text("a")
    os.mkfifo(tmp_path / "user" / "data" / "pipe")
    (tmp_path / "user" / "data" / "link").symlink_to("/etc")
    (tmp_path / "user" / "app.cwl").write_text(defaults(d="Directory data"))
    process = read_href("app.cwl", tmp_path / "user", tmp_path / "package")
    brought = (tmp_path / "package" / process.entry).parent / "data"
    assert sorted(each.name for each in brought.iterdir()) == ["a", "empty"]
