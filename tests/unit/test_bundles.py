"""Packages of several files: zips, folders, and notebooks that name what they need."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jupyter_ades.errors import AdesError, InvalidPackage, RefusedReference, TooLarge
from jupyter_ades.model import DeployRequest, FetchPolicy, Process
from jupyter_ades.packages import contents
from jupyter_ades.packages import folder as folders
from jupyter_ades.packages.__main__ import read
from tests.scene import serving
from tests.unit.reading import KERNELS, cell, notebook, tool

NOTEBOOK = json.dumps(notebook(cell("x: int = 1", "parameters"))).encode()
WORKFLOW = (
    "cwlVersion: v1.2\nclass: Workflow\nid: whole\ninputs: []\noutputs: []\n"
    "steps: {s: {run: tools/tool.cwl, in: [], out: []}}\n"
)


def naming(*files: Any) -> bytes:
    """A notebook that names files."""
    return json.dumps(notebook(cell("x = 1", "parameters"), ades={"files": list(files)})).encode()


def zipped(files: Mapping[str, bytes | str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


class Desk:
    """A user folder, and folders in which packages of it are read."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = root / "home"
        self.home.mkdir()
        self.count = 0
        self.allow_hosts: tuple[str, ...] = ()

    def put(self, files: Mapping[str, bytes | str]) -> None:
        for name, data in files.items():
            path = self.home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data.encode() if isinstance(data, str) else data)

    def read(self, **request: Any) -> Process:
        """Read a package as the child does, in this process."""
        self.count += 1
        self.folder = self.root / f"reading {self.count}"
        self.folder.mkdir()
        policy = FetchPolicy(user_folder=str(self.home), attempts=1, allow_hosts=self.allow_hosts)
        order = DeployRequest(fetch=policy, kernels=KERNELS, **request)
        (self.folder / "deploy.json").write_bytes(msgspec.json.encode(order))
        return read(self.folder)

    def package(self) -> dict[str, bytes]:
        """What the runner gets."""
        root = self.folder / "package"
        found = sorted(path for path in root.rglob("*") if path.is_file())
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}

    def original(self) -> bytes:
        return (self.folder / "original").read_bytes()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_zip_stays_the_zip(desk: Desk) -> None:
    data = zipped({"a.ipynb": NOTEBOOK, "helpers.py": "X = 1", "data/t.csv": "1,2"})
    process = desk.read(body=data, media_type="application/zip")
    assert (process.kind, process.entry, process.media_type) == (
        "notebook",
        "a.ipynb",
        "application/zip",
    )
    assert [each.id for each in process.inputs] == ["x"]
    assert desk.original() == data
    assert desk.package() == {"a.ipynb": NOTEBOOK, "helpers.py": b"X = 1", "data/t.csv": b"1,2"}
    assert not (desk.folder / "unpacked").exists()


def test_a_zip_of_one_folder_and_by_href_without_a_type(desk: Desk) -> None:
    desk.put(
        {"my.zip": zipped({"app/main.ipynb": NOTEBOOK, "app/lib/m.py": "", "app/b.ipynb": "{}"})}
    )
    process = desk.read(href="my.zip")
    assert process.entry == "main.ipynb"
    assert list(desk.package()) == ["b.ipynb", "lib/m.py", "main.ipynb"]


def test_a_cwl_in_a_zip_takes_its_tools_from_there(desk: Desk) -> None:
    desk.put({"tools/tool.cwl": "not this one"})
    data = zipped({"app.cwl": WORKFLOW, "other.cwl": tool(), "tools/tool.cwl": tool()})
    process = desk.read(body=data)
    assert (process.id, process.media_type) == ("whole", "application/zip")
    digest = process.digest
    kept = b"".join(desk.package().values())
    assert b"echo" in kept
    assert b"unpacked" not in kept
    assert desk.read(body=data).digest == digest
    changed = zipped({"app.cwl": WORKFLOW, "tools/tool.cwl": tool().replace("echo", "ls")})
    assert desk.read(body=changed).digest != digest


def test_a_cwl_in_a_zip_sees_no_user_folder(desk: Desk) -> None:
    desk.put({"tool.cwl": tool()})
    whole = WORKFLOW.replace("tools/tool.cwl", str(desk.home / "tool.cwl"))
    with pytest.raises(AdesError):
        desk.read(body=zipped({"app.cwl": whole}))


def test_a_fragment_names_a_workflow_in_a_zip(desk: Desk) -> None:
    two = "cwlVersion: v1.2\n$graph:\n" + "".join(
        f"- {{class: CommandLineTool, id: {name}, inputs: [], outputs: [], baseCommand: ls}}\n"
        for name in ("one", "two")
    )
    assert desk.read(body=zipped({"app.cwl": two}), workflow="two").id == "two"


@pytest.mark.parametrize(
    ("files", "workflow", "message"),
    [
        ({}, "", "holds no file at its top level that ends in"),
        ({"a/b/c.ipynb": b"{}", "x": b""}, "", "holds no file at its top level"),
        ({"b.ipynb": b"{}", "a.ipynb": b"{}"}, "", r"\(a\.ipynb, b\.ipynb\).*'#a\.ipynb'"),
        ({"main.ipynb": b"{}", "main.cwl": b"{}"}, "", "several files that could be run"),
        ({"a.ipynb": b"{}"}, "b.ipynb", r"no file 'b\.ipynb' at its top level"),
        ({"a.ipynb": b"{}"}, "../b.ipynb", r"no file '\.\./b\.ipynb'"),
        ({"a.ipynb": b"{}"}, "", r"a\.ipynb: it is not a notebook"),
    ],
)
def test_what_is_run_must_be_clear(
    desk: Desk, files: dict[str, bytes], workflow: str, message: str
) -> None:
    with pytest.raises(AdesError, match=message):
        desk.read(body=zipped(files), media_type="application/zip", workflow=workflow)
    assert not (desk.folder / "unpacked").exists()


def test_a_bad_zip_is_refused_by_its_entry(desk: Desk) -> None:
    with pytest.raises(InvalidPackage, match=r"'\.\./up' leads out"):
        desk.read(body=zipped({"../up": b""}))
    with pytest.raises(TooLarge, match=r"c\.ADES\.max_package_bytes"):
        desk.read(body=zipped({"a.ipynb": bytes(2000)}), max_bytes=1000)
    assert list(desk.home.parent.glob("up")) == []


# folders


def test_a_folder_with_everything_beside(desk: Desk) -> None:
    for name, data in {
        "index.ipynb": NOTEBOOK,
        "other.ipynb": b"{}",
        "lib/helper.py": b"A = 1",
        ".secret": b"x",
        "ades-results/wf/x": b"x",
        ".ipynb_checkpoints/x": b"x",
        "lib/__pycache__/x.pyc": b"x",
    }.items():
        path = desk.home / "apps" / "my" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    process = desk.read(href="apps/my/")
    assert (process.entry, process.media_type) == ("index.ipynb", "application/zip")
    expected = {"index.ipynb": NOTEBOOK, "lib/helper.py": b"A = 1", "other.ipynb": b"{}"}
    assert desk.package() == expected
    with zipfile.ZipFile(io.BytesIO(desk.original())) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == expected
    digest = process.digest
    assert desk.read(href="apps/my").digest == digest
    (desk.home / "apps" / "my" / "lib" / "helper.py").write_text("A = 2")
    assert desk.package()["lib/helper.py"] == b"A = 1"
    assert desk.read(href="apps/my").digest != digest
    with pytest.raises(InvalidPackage, match=r"other\.ipynb: it is not a notebook"):
        desk.read(href="apps/my", workflow="other.ipynb")


def test_links_are_followed_in_the_user_folder_only(desk: Desk) -> None:
    desk.put({"app/a.ipynb": NOTEBOOK, "shared.py": "S = 1", "more/x.py": ""})
    app = desk.home / "app"
    (app / "inside.py").symlink_to(desk.home / "shared.py")
    (app / "outside").symlink_to("/etc/passwd")
    (app / "nowhere").symlink_to("missing")
    (app / "folder").symlink_to(desk.home / "more")
    (app / "loop").symlink_to(app)
    os.mkfifo(app / "pipe")
    process = desk.read(href="app")
    assert desk.package() == {"a.ipynb": NOTEBOOK, "inside.py": b"S = 1"}
    assert {each["path"]: each["detail"] for each in process.warnings} == {
        "folder": "folder is left out: it is a link to a folder.",
        "loop": "loop is left out: it is a link to a folder.",
        "nowhere": "nowhere is left out: it is no regular file.",
        "outside": "outside is left out: it is a link out of the user folder.",
        "pipe": "pipe is left out: it is no regular file.",
    }


def test_a_folder_beyond_the_bounds(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.put({"app/a.ipynb": NOTEBOOK, "app/b.bin": bytes(5000), "app/c": "", "app/d": ""})
    with pytest.raises(TooLarge, match=r"'b\.bin' goes beyond \(c\.ADES\.max_package_bytes\)"):
        desk.read(href="app", max_bytes=4000)
    monkeypatch.setattr(contents, "MOST_FILES", 3)
    with pytest.raises(TooLarge, match="more than 3 files"):
        desk.read(href="app")
    monkeypatch.setattr(folders, "MOST_SEEN", 2)
    with pytest.raises(TooLarge, match="more than 2 files and folders"):
        desk.read(href="app")


def test_folders_that_may_not_be_read(desk: Desk) -> None:
    for href in ("..", "/etc", "app/../../x"):
        with pytest.raises(RefusedReference, match="leaves the user folder"):
            desk.read(href=href)


# files that a notebook names


def test_named_files_come_along(desk: Desk) -> None:
    desk.put(
        {
            "n/a.ipynb": naming("helpers.py", "data/*.csv", "lib"),
            "n/helpers.py": "H = 1",
            "n/data/a.csv": "1",
            "n/data/b.csv": "2",
            "n/data/c.txt": "3",
            "n/lib/m/x.py": "",
            "n/lib/h.pyc": "",
            "n/other.py": "",
        }
    )
    (desk.home / "n" / "lib" / ".hidden").write_text("x")
    process = desk.read(href="n/a.ipynb")
    assert set(desk.package()) == {
        *("a.ipynb", "helpers.py", "data/a.csv", "data/b.csv", "lib/m/x.py", "lib/h.pyc"),
    }
    assert process.media_type == "application/x-ipynb+json"
    assert desk.original() == (desk.home / "n" / "a.ipynb").read_bytes()
    digest = process.digest
    (desk.home / "n" / "data" / "b.csv").write_text("changed")
    assert desk.package()["data/b.csv"] == b"2"
    assert desk.read(href="n/a.ipynb").digest != digest


@pytest.mark.parametrize(
    ("named", "message"),
    [
        (["missing.py"], r"'missing\.py' is not beside the notebook"),
        (["*.nothing"], r"'\*\.nothing' is not beside"),
        (["../up.py"], r"'\.\./up\.py' is not a path below"),
        (["/etc/passwd"], "'/etc/passwd' is not a path below"),
        (["a\0b"], "is not a path below"),
        ([3], "must be a list of file names"),
        ([""], "must be a list of file names"),
        (["link"], "leaves the user folder"),
    ],
)
def test_named_files_that_cannot_come_along(desk: Desk, named: list[Any], message: str) -> None:
    desk.put({"n/a.ipynb": naming(*named), "up.py": "x"})
    (desk.home / "n" / "link").symlink_to("/etc/passwd")
    with pytest.raises(AdesError, match=message):
        desk.read(href="n/a.ipynb")


def test_named_files_on_the_web(desk: Desk, tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "app" / "data").mkdir(parents=True)
    (site / "app" / "data" / "a b.csv").write_text("1")
    for name, files in (("a", ["data/a b.csv"]), ("b", ["gone.py"]), ("c", ["*.csv"])):
        (site / "app" / f"{name}.ipynb").write_bytes(naming(*files))
    with serving(site) as address:
        desk.allow_hosts = ("127.0.0.1",)
        desk.read(href=f"{address}/app/a.ipynb")
        assert desk.package()["data/a b.csv"] == b"1"
        with pytest.raises(InvalidPackage, match=r"'gone\.py' could not be brought along: .*404"):
            desk.read(href=f"{address}/app/b.ipynb")
        with pytest.raises(InvalidPackage, match="which the web cannot list"):
            desk.read(href=f"{address}/app/c.ipynb")


def test_a_notebook_by_itself_has_nothing_beside_it(desk: Desk) -> None:
    with pytest.raises(InvalidPackage, match="send a zip of both"):
        desk.read(body=naming("helpers.py"), media_type="application/x-ipynb+json")


def test_named_files_are_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.put({"a.ipynb": naming("*.csv"), "a.csv": bytes(3000), "b.csv": ""})
    with pytest.raises(TooLarge, match=r"a\.csv"):
        desk.read(href="a.ipynb", max_bytes=3000)
    monkeypatch.setattr(contents, "MOST_FILES", 1)
    with pytest.raises(TooLarge, match=r"'b\.csv' is one too many"):
        desk.read(href="a.ipynb")


def test_a_zip_must_hold_what_its_notebook_names(desk: Desk) -> None:
    good = zipped({"a.ipynb": naming("h.py"), "h.py": "", "more": ""})
    desk.read(body=good)
    assert list(desk.package()) == ["a.ipynb", "h.py", "more"]
    with pytest.raises(InvalidPackage, match=r"'h\.py' is not in the package"):
        desk.read(body=zipped({"a.ipynb": naming("h.py")}))


def test_a_file_with_the_safe_name_of_the_notebook(desk: Desk) -> None:
    data = zipped({"my index.ipynb": NOTEBOOK, "my-index.ipynb": b"other"})
    process = desk.read(body=data, workflow="my index.ipynb")
    assert process.entry == "my-index_2.ipynb"
    assert desk.package() == {"my-index.ipynb": b"other", "my-index_2.ipynb": NOTEBOOK}
