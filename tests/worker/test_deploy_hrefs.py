"""Packages on a web server that misbehaves: the deploy is refused with 400, and says why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from jupyter_ades import errors
from jupyter_ades.errors import AdesError
from jupyter_ades.jobdir import write_record
from jupyter_ades.model import DeployRequest, FetchPolicy, Process
from jupyter_ades.packages.__main__ import main
from tests.unit.reading import clt, graph, tool
from tests.worker.faulty_server import Answer, Site, serving

WORKFLOW = """cwlVersion: v1.2
class: Workflow
id: far
inputs: []
outputs: []
steps: {{s: {{run: {run}, in: [], out: []}}}}
"""


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


def deploy(folder: Path, href: str, **policy: object) -> Process | AdesError:
    """What reading the package at an href gives."""
    work = folder / "work"
    work.mkdir()
    fetch = FetchPolicy(
        user_folder=str(folder),
        **{"allow_hosts": ("127.0.0.1",), "timeout": 0.5, "attempts": 2, **policy},  # type: ignore[arg-type]
    )
    write_record(work / "deploy.json", DeployRequest(href=href, fetch=fetch))
    if main(work) == 0:
        return msgspec.json.decode((work / "process.json").read_bytes(), type=Process)
    error = msgspec.json.decode((work / "error.json").read_bytes())
    kind: type[AdesError] = getattr(errors, error["class"])
    return kind(error["detail"])


def refused(folder: Path, href: str, **policy: object) -> str:
    """Why a deploy is refused with 400."""
    error = deploy(folder, href, **policy)
    assert isinstance(error, AdesError)
    assert error.status == 400, error.detail
    return error.detail


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer(status=404, body=b"none"), "404"),
        (Answer(status=403), "403"),
        (Answer(status=500), "500"),
        (Answer(status=302, headers={"Location": "file:///etc/passwd"}), "file:"),
        (Answer(body=tool().encode(), length=10**6), "far.cwl"),
        (Answer(body=b"cwlVersion: v1.2\nclass: Workflow\n"), "not valid CWL"),
        (Answer(body=b"cwlVersion: v1.2\nclass: \xff\n"), "byte 24 is not UTF-8"),
    ],
)
def test_a_package_that_cannot_be_had(site: Site, tmp_path: Path, answer: Answer, why: str) -> None:
    assert why in refused(tmp_path, site.put("/far.cwl", answer))


def test_a_host_that_nobody_answers_for(tmp_path: Path) -> None:
    with serving() as gone:
        href = gone.put("/far.cwl", b"")
    assert "far.cwl" in refused(tmp_path, href)


def test_a_private_host_is_not_even_asked(site: Site, tmp_path: Path) -> None:
    href = site.put("/far.cwl", tool().encode())
    assert "private network" in refused(tmp_path, href, allow_hosts=())
    assert site.asked == []


@pytest.mark.parametrize("run", ["tool.cwl", "{site}/tool.cwl", "{{$import: tool.cwl}}"])
def test_a_document_that_a_package_names(site: Site, tmp_path: Path, run: str) -> None:
    text = WORKFLOW.format(run=run.format(site=site.url))
    detail = refused(tmp_path, site.put("/a/far.cwl", text.encode()))
    assert "tool.cwl" in detail
    assert "404" in detail


def test_a_default_file_that_a_package_names(site: Site, tmp_path: Path) -> None:
    text = tool(inputs="{f: {type: File, default: {class: File, location: scene.tif}}}")
    detail = refused(tmp_path, site.put("/a/far.cwl", text.encode()))
    assert "/a/scene.tif" in detail
    assert "404" in detail


def test_a_server_that_comes_back_is_asked_again(site: Site, tmp_path: Path) -> None:
    href = site.put("/far.cwl", Answer(status=503), tool().encode())
    process = deploy(tmp_path, href)
    assert isinstance(process, Process), process
    assert process.alias == "far"
    assert site.times("/far.cwl") == 2


def test_schemas_are_never_fetched(site: Site, tmp_path: Path) -> None:
    """Whichever way they are written, and though they could be had."""
    for path in ("/a/formats.ttl", "/b.rdf"):
        site.put(path, b"")
    text = f"$schemas: [formats.ttl, {site.url}/b.rdf]\nschemas: [{site.url}/b.rdf]\n"
    text += graph(clt("far"))
    process = deploy(tmp_path, site.put("/a/far.cwl", text.encode()))
    assert isinstance(process, Process), process
    assert [path for path, _ in site.asked] == ["/a/far.cwl"]
    written = (tmp_path / "work" / "package" / process.entry).read_text()
    assert "$schemas" not in written
