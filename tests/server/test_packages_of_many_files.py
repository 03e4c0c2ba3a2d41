"""Deploys of zips and folders, and of notebooks whose parameters are in an untagged cell."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
import pytest

from jupyter_ades.jobdir import JobDir
from tests.conftest import Answer, deployed, notebook
from tests.worker.kernels import BASH, book, need
from tests.worker.support import until

Call = Callable[..., Awaitable[Answer]]
Ended = Callable[..., Awaitable[dict[str, Any]]]
ZIP = {"Content-Type": "application/zip"}
USE = (
    "import helpers\nfrom pathlib import Path\n"
    "Path('out.txt').write_text(helpers.greet(Path('data/name.txt').read_text()) * n)"
)
FILES: dict[str, bytes] = {
    "index.ipynb": notebook("n: int = 1", (USE,)),
    "helpers.py": b"def greet(name):\n    return f'hello {name}. '\n",
    "data/name.txt": b"Ann",
}


def zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def put(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


class TestWithRealWorkers:
    """The helper files are where the notebook looks for them."""

    @pytest.fixture
    def ades_config(self, tmp_path: Path) -> dict[str, Any]:
        return {"workspaces": ["terradue"], "workspace_root": str(tmp_path / "state")}

    @pytest.fixture(autouse=True)
    def _until_all_ended(self, ades: Any) -> Iterator[None]:
        """A worker says its last word a moment before it ends."""
        yield
        jobs = [JobDir(root) for root in ades.house.opened[0].jobs.iterdir()]
        until(lambda: not any(ades.house.launcher.alive(job) for job in jobs))

    async def test_a_folder_is_a_snapshot(
        self, call: Call, ended: Ended, jp_root_dir: Path
    ) -> None:
        put(jp_root_dir / "apps" / "my", FILES)
        unit = {"executionUnit": {"href": "apps/my/"}}
        status, _, process = await call("POST", "processes", unit)
        assert (status, process["id"]) == (201, "small-0_1_0"), process
        (jp_root_dir / "apps" / "my" / "helpers.py").write_text("broken = (")
        (jp_root_dir / "apps" / "my" / "data" / "name.txt").unlink()
        _, _, job = await call("POST", f"processes/{process['id']}", {"inputs": {"n": 2}})
        done = await ended(job["jobID"])
        assert done["status"] == "successful", done
        place = f"jobs/{job['jobID']}/files/wf-{job['jobID']}"
        _, _, text = await call("GET", f"{place}/out.txt")
        assert text == b"hello Ann. hello Ann. "
        _, _, item = await call("GET", f"{place}/{job['jobID']}.json")
        assert set(item["assets"]) == {"index", "out"}

    async def test_a_kernel_of_another_language(
        self, call: Call, ended: Ended, jp_data_dir: Path
    ) -> None:
        need("bash")
        spec = {name: BASH[name] for name in ("argv", "env", "display_name", "language")}
        put(jp_data_dir / "kernels" / "bash", {"kernel.json": json.dumps(spec).encode()})
        data = book("bash", "name=you  # whom to greet", 'cat hello.txt; echo "$name" > out.txt')
        body = zipped({"a.ipynb": data, "hello.txt": b"hello"})
        status, _, process = await call("POST", "processes", body, headers=ZIP)
        assert status == 201, process
        _, _, described = await call("GET", f"processes/{process['id']}")
        assert described["inputs"]["name"]["description"] == "whom to greet"
        inputs = {"inputs": {"name": "it's $HOME"}}
        _, _, job = await call("POST", f"processes/{process['id']}", inputs)
        done = await ended(job["jobID"])
        assert done["status"] == "successful", done
        _, _, text = await call("GET", f"jobs/{job['jobID']}/files/wf-{job['jobID']}/out.txt")
        assert text == b"it's $HOME\n"


async def test_a_zip_comes_back_as_it_was_sent(call: Call) -> None:
    data = zipped(FILES)
    status, _, process = await call("POST", "processes", data, headers=ZIP)
    assert status == 201, process
    assert "warnings" not in process
    status, headers, package = await call("GET", f"processes/{process['id']}/package")
    assert (status, headers["Content-Type"], package) == (200, "application/zip", data)
    status, _, _ = await call("PUT", f"processes/{process['id']}", data, headers=ZIP)
    assert status == 204


async def test_a_folder_comes_back_as_a_zip(call: Call, jp_root_dir: Path) -> None:
    put(jp_root_dir / "my", {**FILES, "other.ipynb": FILES["index.ipynb"]})
    (jp_root_dir / "my" / "passwd").symlink_to("/etc/passwd")
    unit = {"executionUnit": {"href": "my#other.ipynb", "type": "application/x-ipynb+json"}}
    status, _, process = await call("POST", "processes", unit)
    assert status == 201, process
    assert [each["path"] for each in process["warnings"]] == ["passwd"]
    _, headers, package = await call("GET", f"processes/{process['id']}/package")
    assert headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert set(archive.namelist()) == {*FILES, "other.ipynb"}
        assert archive.read("helpers.py") == FILES["helpers.py"]


async def test_bad_zips_are_refused_by_their_entry(call: Call, ades: Any) -> None:
    for name, data, words in (
        ("../../up.ipynb", b"{}", "leads out of the zip"),
        ("bomb.bin", bytes(60 * 2**20), "'bomb.bin' inflates to more than"),
    ):
        body = zipped({"a.ipynb": FILES["index.ipynb"], name: data})
        status, _, answer = await call("POST", "processes", body, headers=ZIP)
        assert (status, answer["status"]) == (400, 400)
        assert words in answer["detail"]
        assert len(answer["problems"]) == 1
    assert await deployed(call) == []
    assert len(list(ades.house.opened[0].packages.iterdir())) == 1, "that of echo"


class TestWithSmallPackages:
    """``c.ADES.max_package_bytes`` bounds a zip, what is in it, and a folder."""

    @pytest.fixture
    def ades_config(self, tmp_path: Path) -> dict[str, Any]:
        return {
            "workspaces": ["terradue"],
            "workspace_root": str(tmp_path / "state"),
            "max_package_bytes": 100_000,
        }

    async def test_beyond_the_bounds(self, call: Call, jp_root_dir: Path) -> None:
        large = {**FILES, "large.bin": bytes(200_000)}
        put(jp_root_dir / "my", large)
        (jp_root_dir / "my.zip").write_bytes(zipped(large))
        for href in ("my/", "my.zip"):
            status, _, answer = await call("POST", "processes", {"executionUnit": {"href": href}})
            assert status == 413, answer
            assert "'large.bin' goes beyond (c.ADES.max_package_bytes)" in answer["detail"]
        status, _, answer = await call("POST", "processes", bytes(100_001), headers=ZIP)
        assert status == 413, answer


# parameters in an untagged cell


def untagged() -> bytes:
    book = nbformat.reads(notebook("a: int = 1  # one", ("print(a)",)), as_version=4)
    del book.cells[1].metadata["tags"]
    return nbformat.writes(book).encode()


NOTEBOOK = {"Content-Type": "application/x-ipynb+json"}


async def test_the_answer_offers_to_tag_a_cell(call: Call) -> None:
    status, _, process = await call("POST", "processes", untagged(), headers=NOTEBOOK)
    assert status == 201
    (warning,) = process["warnings"]
    assert warning["path"] == "cell 2"
    assert "?tag-parameters=true" in warning["detail"]
    _, _, described = await call("GET", f"processes/{process['id']}")
    assert (described["inputs"], described["warnings"]) == ({}, [warning])


@pytest.mark.parametrize("by_query", [True, False])
async def test_the_offer_is_taken(call: Call, ended: Ended, ades: Any, by_query: bool) -> None:
    sent = untagged()
    if by_query:
        answer = await call(
            "POST", "processes", sent, headers=NOTEBOOK, params={"tag-parameters": "true"}
        )
    else:
        unit = {"executionUnit": {"value": json.loads(sent)}, "tagParameters": True}
        answer = await call("POST", "processes", unit)
    assert answer[0] == 201, answer
    identifier = answer[2]["id"]
    assert "warnings" not in answer[2]
    _, _, described = await call("GET", f"processes/{identifier}")
    assert described["inputs"]["a"]["description"] == "one"
    _, _, package = await call("GET", f"processes/{identifier}/package")
    assert package == json.loads(sent)
    _, _, job = await call("POST", f"processes/{identifier}", {"inputs": {"a": 2}})
    assert (await ended(job["jobID"]))["status"] == "successful"
    workspace = ades.house.opened[0]
    (kept,) = workspace.packages.glob("*/package/*.ipynb")
    assert nbformat.read(kept, as_version=4).cells[1].metadata["tags"] == ["parameters"]


@pytest.mark.parametrize(
    ("body", "params", "words"),
    [
        ({"tagParameters": "yes"}, {}, "tagParameters: true or false"),
        ({}, {"tag-parameters": "maybe"}, "tag-parameters: 'true' or 'false'"),
    ],
)
async def test_a_flag_that_is_none(
    call: Call, body: dict[str, Any], params: dict[str, str], words: str
) -> None:
    unit = {"executionUnit": {"value": json.loads(untagged())}, **body}
    status, _, answer = await call("POST", "processes", unit, params=params)
    assert status == 400
    assert words in answer["detail"]
