"""Packages are read from buckets, with what lies beside them there."""

from __future__ import annotations

from pathlib import Path

import msgspec
import nbformat
import pytest

from jupyter_ades.errors import AdesError
from jupyter_ades.model import DeployRequest, FetchPolicy, Process
from jupyter_ades.packages.__main__ import read
from tests.conftest import notebook
from tests.s3.service import Service

TOOL = """
cwlVersion: v1.2
class: CommandLineTool
id: tool
baseCommand: cat
inputs:
  x:
    type: File
    inputBinding: {}
    default: {class: File, location: "a b+c.txt"}
outputs: []
"""
FLOW = """
cwlVersion: v1.2
class: Workflow
id: flow
inputs: []
outputs: []
steps:
  one: {run: tools/tool.cwl, in: [], out: []}
"""


def deployed(href: str, s3: Service, tmp_path: Path) -> tuple[Process, Path]:
    folder = tmp_path / "reading"
    folder.mkdir()
    home = tmp_path / "home"
    home.mkdir()
    policy = FetchPolicy(user_folder=str(home), buckets=(("bucket-*", s3.settings()),))
    request = DeployRequest(href=href, kernels=("python3",), fetch=policy)
    (folder / "deploy.json").write_bytes(msgspec.json.encode(request))
    return read(folder), folder


def test_a_workflow_comes_with_its_tools_and_files(s3: Service, tmp_path: Path) -> None:
    bucket = s3.bucket()
    href = s3.put(bucket, "apps/my flow.cwl", FLOW.encode())
    s3.put(bucket, "apps/tools/tool.cwl", TOOL.encode())
    s3.put(bucket, "apps/tools/a b+c.txt", b"data")
    process, folder = deployed(href, s3, tmp_path)
    assert process.id == "flow"
    names = {path.name: path for path in (folder / "package").rglob("*") if path.is_file()}
    assert {"my flow.cwl", "tool.cwl", "a b+c.txt"} <= names.keys()
    assert names["a b+c.txt"].read_text() == "data"
    assert (folder / "original").read_bytes() == FLOW.encode()


def test_a_notebook_comes_with_the_files_that_it_names(s3: Service, tmp_path: Path) -> None:
    bucket = s3.bucket()
    book = nbformat.reads(notebook("a: int = 1").decode(), as_version=4)
    book.metadata["ades"]["files"] = ["in/a b+c.py"]
    href = s3.put(bucket, "apps/small.ipynb", nbformat.writes(book).encode())
    s3.put(bucket, "apps/in/a b+c.py", b"X = 1")
    process, folder = deployed(href, s3, tmp_path)
    assert (process.id, process.inputs[0].id) == ("small-0_1_0", "a")
    assert (folder / "package/in/a b+c.py").read_bytes() == b"X = 1"


@pytest.mark.parametrize(
    ("href", "why"),
    [
        ("s3://bucket-none/x.cwl", "could not be read: there is no such"),
        ("s3://{bucket}/none.cwl", "could not be read: there is no such object"),
        ("s3://other/x.cwl", "requests may not name s3://other"),
        ("s3://{bucket}/../x.cwl", r"step '\.' or '\.\.'"),
    ],
)
def test_what_cannot_be_deployed_is_said(s3: Service, tmp_path: Path, href: str, why: str) -> None:
    with pytest.raises(AdesError, match=why):
        deployed(href.format(bucket=s3.bucket()), s3, tmp_path)


def test_a_document_in_a_bucket_reads_its_own_bucket_only(s3: Service, tmp_path: Path) -> None:
    """``file:`` is a key of the bucket, where there is none."""
    secret = tmp_path / "secret.cwl"
    secret.write_text(TOOL)
    flow = FLOW.replace("tools/tool.cwl", secret.as_uri())
    href = s3.put(s3.bucket(), "flow.cwl", flow.encode())
    with pytest.raises(AdesError, match="there is no such object"):
        deployed(href, s3, tmp_path)
