"""The child that reads a package, as a real process: files in, files out, exit codes."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import quote

import msgspec
import pytest

from jupyter_ades.core import reading
from jupyter_ades.core.workspace import Workspace
from jupyter_ades.errors import InvalidPackage, InvalidRequest, UnsupportedMediaType
from jupyter_ades.model import DeployRequest, FetchPolicy, Process
from jupyter_ades.packages import registry
from jupyter_ades.packages.__main__ import describe
from jupyter_ades.packages.base import Package
from jupyter_ades.packages.identity import LONGEST, check_id, slug, versioned
from tests.unit.reading import GRAPH, KERNELS, cell, notebook, tool

NOTEBOOK = json.dumps(notebook(cell("x: int = 1  # one", "parameters"))).encode()


class Child:
    """A folder, and what the child made of it."""

    def __init__(self, folder: Path, user_folder: Path) -> None:
        self.folder = folder
        self.user_folder = user_folder

    def read(self, **request: Any) -> int:
        """Run the child on a request; its exit code."""
        policy = FetchPolicy(
            user_folder=str(self.user_folder), allow_hosts=("127.0.0.1",), attempts=1
        )
        order = DeployRequest(fetch=policy, kernels=KERNELS, **request)
        (self.folder / "deploy.json").write_bytes(msgspec.json.encode(order))
        ended = subprocess.run(
            [sys.executable, "-m", "jupyter_ades.packages", str(self.folder)],
            capture_output=True,
            text=True,
            cwd=self.folder,
        )
        self.stderr = ended.stderr
        return ended.returncode

    @property
    def process(self) -> Process:
        return msgspec.json.decode((self.folder / "process.json").read_bytes(), type=Process)

    @property
    def error(self) -> dict[str, Any]:
        error: dict[str, Any] = json.loads((self.folder / "error.json").read_text())
        return error

    def files(self) -> list[str]:
        return sorted(
            str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()
        )


@pytest.fixture
def child(tmp_path: Path) -> Child:
    for name in ("reading", "user"):
        (tmp_path / name).mkdir()
    return Child(tmp_path / "reading", tmp_path / "user")


def test_a_body(child: Child) -> None:
    assert child.read(body=GRAPH.encode(), media_type="application/cwl") == 0, child.stderr
    assert child.files() == ["deploy.json", "original", "package/app.cwl", "process.json"]
    assert (child.folder / "original").read_bytes() == GRAPH.encode()
    process = child.process
    assert (process.id, process.alias, process.version) == ("snuggs-0_3_0", "snuggs", "0.3.0")
    assert child.stderr == ""


def test_a_notebook_in_the_user_folder(child: Child) -> None:
    (child.user_folder / "deep").mkdir()
    (child.user_folder / "deep" / "My index.ipynb").write_bytes(NOTEBOOK)
    assert child.read(href="deep/My index.ipynb") == 0, child.stderr
    process = child.process
    assert (process.id, process.entry) == ("my-index", "My-index.ipynb")
    assert (child.folder / "package" / "My-index.ipynb").read_bytes() == NOTEBOOK
    assert process.digest == hashlib.sha256(NOTEBOOK).hexdigest()
    assert process.media_type == "application/x-ipynb+json"


def test_the_digest_counts_files_that_come_along(child: Child) -> None:
    whole = (
        "cwlVersion: v1.2\nclass: Workflow\ninputs: []\noutputs: []\n"
        "steps: {s: {run: tool.cwl, in: [], out: []}}\n"
    )
    (child.user_folder / "wf.cwl").write_text(whole)
    digests = set()
    for command in ("ls", "pwd"):
        (child.user_folder / "tool.cwl").write_text(tool().replace("echo", command))
        shutil.rmtree(child.folder)
        child.folder.mkdir()
        assert child.read(href="wf.cwl") == 0, child.stderr
        digests.add(child.process.digest)
    assert len(digests) == 2


class Pages(BaseHTTPRequestHandler):
    """A site with a package of two files, and a page."""

    protocol_version = "HTTP/1.0"
    pages = {  # noqa: RUF012
        "/a/wf.cwl": (
            "text/plain",
            "cwlVersion: v1.2\nclass: Workflow\nid: far\noutputs: []\n"
            "inputs: {f: {type: File, default: {class: File, location: f.txt}}}\n"
            "steps: {s: {run: ../b/tool.cwl, in: [], out: []}}\n",
        ),
        "/b/tool.cwl": ("binary/octet-stream", tool()),
        "/types.yml": ("text/plain", "- {name: T, type: enum, symbols: [a]}\n"),
        "/a.img.aux": ("text/plain", "aux"),
        "/a.img": ("text/plain", "img"),
        "/a/f.txt": ("text/plain", "far"),
        "/page": ("text/html", "<html>"),
    }

    def do_GET(self) -> None:
        kind, text = self.pages.get(self.path.partition("?")[0], ("", ""))
        self.send_response(200 if kind else 404)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_package_on_the_web_is_packed(child: Child, site: str) -> None:
    assert child.read(href=f"{site}/a/wf.cwl?token=x", workflow="far") == 0, child.stderr
    assert child.process.id == "far"
    tree = child.folder / "package" / "tree"
    assert child.process.entry == "tree/a/wf.cwl"
    assert child.process.details["workflow"] == "far"
    assert (tree / "a" / "wf.cwl").read_bytes() == (child.folder / "original").read_bytes()
    assert (tree / "b" / "tool.cwl").read_text() == tool()
    assert (tree / "a" / "f.txt").read_text() == "far"


def test_what_a_package_names_on_the_web_comes_along(child: Child, site: str) -> None:
    """Documents and default files; each address becomes a relative one, nothing else changes."""
    default = f"{{class: File, location: {site}/a.img}}"
    text = tool(
        inputs=f"{{t: '{site}/types.yml#T', f: {{type: File, secondaryFiles: [.aux, .none?],"
        f" default: {default}}}}}",
        more="requirements: {SchemaDefRequirement: {types:"
        f" [{{$import: {site}/types.yml}}]}}}}\n",
    )
    assert child.read(body=text.encode(), media_type="application/cwl") == 0, child.stderr
    host = site.removeprefix("http://")
    package = child.folder / "package"
    assert child.process.entry == "tree/app.cwl"
    written = (package / "tree" / "app.cwl").read_text()
    near = f"../web/{quote(host)}"
    expected = text.replace(f"'{site}/types.yml#T'", f'"{near}/types.yml#T"')
    expected = expected.replace(f"{site}/types.yml", f'"{near}/types.yml"')
    assert written == expected.replace(f"{site}/a.img", f'"{near}/a.img"')
    brought = sorted(path.name for path in (package / "web" / host).iterdir())
    assert brought == ["a.img", "a.img.aux", "types.yml"]
    assert child.process.inputs[0].schema == {"type": "string", "enum": ["a"]}


@pytest.mark.parametrize(
    ("path", "kind", "detail"),
    [
        ("/missing.cwl", "UnreachableReference", "404"),
        ("/page", "UnsupportedMediaType", "It cannot be told what page is"),
    ],
)
def test_a_url_that_is_no_package(
    child: Child, site: str, path: str, kind: str, detail: str
) -> None:
    assert child.read(href=site + path) == 2
    assert child.error["class"] == kind
    assert detail in child.error["detail"]


def test_a_refusal(child: Child) -> None:
    assert child.read(body=b"cwlVersion: v1.2\nclass: 3\n", media_type="application/cwl") == 2
    error = child.error
    assert error["class"] == "InvalidPackage"
    assert error["problems"][0].keys() == {"path", "detail"}
    assert not (child.folder / "process.json").exists()
    assert child.stderr == ""


def test_a_path_out_of_the_user_folder(child: Child) -> None:
    assert child.read(href="../../etc/passwd") == 2
    assert child.error["class"] == "RefusedReference"


def test_what_is_not_the_packages_fault(child: Child) -> None:
    (child.folder / "package").mkdir()
    assert child.read(body=NOTEBOOK, media_type="application/x-ipynb+json") == 1
    assert "FileExistsError" in child.error["detail"]
    assert "Traceback" in child.stderr


# the request's own description


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ({}, ("small-1_0", "small", "1.0", "Small", "Text", ("a",))),
        ({"id": "mine"}, ("mine", "mine", "1.0", "Small", "Text", ("a",))),
        ({"version": "2.0.1"}, ("small-2_0_1", "small", "2.0.1", "Small", "Text", ("a",))),
        (
            {"title": "T", "description": "D", "keywords": ["k"]},
            ("small-1_0", "small", "1.0", "T", "D", ("k",)),
        ),
        ({"title": "", "keywords": []}, ("small-1_0", "small", "1.0", "Small", "Text", ())),
    ],
)
def test_what_a_request_says_goes_before_the_package(
    description: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    own = Process(
        id="", alias="small", version="1.0", title="Small", description="Text", keywords=("a",)
    )
    found = describe(own, description)
    assert expected == (
        found.id,
        found.alias,
        found.version,
        found.title,
        found.description,
        found.keywords,
    )


@pytest.mark.parametrize(
    "description",
    [{"id": 3}, {"title": ["a"]}, {"keywords": "a"}, {"keywords": [1]}, {"jobControlOptions": "x"}],
)
def test_a_description_of_the_wrong_type(description: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match=r"processDescription\.process\."):
        describe(Process(id="", alias="small"), description)


# ids


@pytest.mark.parametrize(
    ("bare", "version", "identifier"),
    [
        ("snuggs", "0.3.0", "snuggs-0_3_0"),
        ("snuggs", "", "snuggs"),
        ("snuggs", " 1.0 ", "snuggs-1_0"),
        ("snuggs", "1.0+build 7", "snuggs-1_0-build-7"),
        ("snuggs", "...", "snuggs-___"),
        ("snuggs", "∞", "snuggs"),
    ],
)
def test_versions_in_ids(bare: str, version: str, identifier: str) -> None:
    assert versioned(bare, version) == identifier
    assert check_id(identifier) == identifier


@pytest.mark.parametrize(
    ("title", "identifier"),
    [
        ("Vegetation Index!", "vegetation-index"),
        ("Čeština_1", "cestina_1"),
        ("植生", ""),
        ("-", ""),
    ],
)
def test_slugs(title: str, identifier: str) -> None:
    assert slug(title) == identifier


@pytest.mark.parametrize(
    "identifier",
    ["", ".", "..", "-a", "a/b", "a b", "a%20b", "é", "a\n", "a#b", "x" * (LONGEST + 1)],
)
def test_ids_that_cannot_stand_in_a_url(identifier: str) -> None:
    with pytest.raises(InvalidPackage, match=r"send another one as processDescription"):
        check_id(identifier)


# which reader


@pytest.mark.parametrize(
    ("package", "kind"),
    [
        (Package(data=b"", media_type="application/cwl+json"), "cwl"),
        (Package(data=b"", media_type="Application/X-YAML"), "cwl"),
        (Package(data=b"", media_type="application/x-ipynb+json", name="a.cwl"), "notebook"),
        (Package(data=b"", media_type="text/plain", name="A.CWL"), "cwl"),
        (Package(data=b"", name="a.ipynb"), "notebook"),
        (Package(data=tool().encode()), "cwl"),
        (Package(data=NOTEBOOK, media_type="application/octet-stream"), "notebook"),
        (Package(data=NOTEBOOK, media_type="application/json", name="a.json"), "notebook"),
    ],
)
def test_which_reader(package: Package, kind: str) -> None:
    assert registry.pick(package, registry.readers()).kind == kind


@pytest.mark.parametrize(
    "package",
    [
        Package(data=tool().encode(), media_type="application/pdf"),
        Package(data=b"\0\1\2"),
        Package(data=b"{}", media_type="application/json", name="a.json"),
    ],
)
def test_no_reader(package: Package) -> None:
    with pytest.raises(UnsupportedMediaType, match=r"application/cwl, .*x-ipynb\+json.*\.ipynb"):
        registry.pick(package, registry.readers())


def test_the_server_imports_neither_cwltool_nor_nbformat_by_this() -> None:
    code = (
        "import sys, jupyter_ades.packages.registry as r; r.readers();"
        " print({'cwltool', 'nbformat', 'ruamel', 'papermill'} & set(sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "set()"


def test_a_body_is_base64_in_the_request(child: Child) -> None:
    child.read(body=b"\xff\xfe", media_type="application/cwl")
    written = json.loads((child.folder / "deploy.json").read_text())
    assert base64.b64decode(written["body"]) == b"\xff\xfe"
    assert (child.folder / "original").read_bytes() == b"\xff\xfe"
    assert "not UTF-8" in child.error["detail"]


GREEDY = """
import os, sys
from pathlib import Path
from jupyter_ades.packages import __main__ as child
def read(folder):
    Path("environment").write_text("\\n".join(os.environ))
    return bytearray(child.MOST_MEMORY) and None
child.read = read
sys.exit(child.main(Path(sys.argv[1])))
"""


def test_the_child_has_bounded_memory_and_no_tokens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("JUPYTERHUB_API_TOKEN", "JUPYTER_TOKEN", "JPY_API_TOKEN", "ADES_IS_KEPT"):
        monkeypatch.setenv(name, "secret")
    (tmp_path / "greedy.py").write_text(GREEDY)
    monkeypatch.setattr(reading, "PROGRAM", [str(tmp_path / "greedy.py")])
    workspace = SimpleNamespace(packages=tmp_path)
    seen: list[str] = []
    monkeypatch.setattr(
        reading,
        "_refusal",
        lambda folder, refusal=reading._refusal: (
            seen.extend((folder / "environment").read_text().splitlines()),
            refusal(folder),
        )[1],
    )
    request = DeployRequest(body=NOTEBOOK, fetch=FetchPolicy(user_folder=str(tmp_path)))
    with pytest.raises(InvalidPackage, match="more memory than the 4 GiB that reading it may take"):
        reading.read_package(cast("Workspace", workspace), request)
    assert "ADES_IS_KEPT" in seen
    assert not [each for each in seen if "TOKEN" in each]
