"""What is sent to deploy a package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_ades.client.errors import InvalidPackage
from jupyter_ades.client.packages import CWL, CWL_JSON, NOTEBOOK, OGC_PACKAGE, deploy_call


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A server's folder with packages in it, and one beside it."""
    home = tmp_path / "home"
    (home / "apps").mkdir(parents=True)
    for path in (home / "apps/a.cwl", tmp_path / "b.cwl"):
        path.write_text("cwlVersion: v1.2")
    (tmp_path / "n.json").write_text('{"nbformat": 4}')
    (tmp_path / "c.json").write_text('{"cwlVersion": "v1.2"}')
    (tmp_path / "x.tar").write_text("")
    return tmp_path


def unit(**members: Any) -> dict[str, Any]:
    return {"executionUnit": members}


@pytest.mark.parametrize(
    ("package", "media_type", "body", "query"),
    [
        ("https://h/a.cwl#main", OGC_PACKAGE, unit(href="https://h/a.cwl#main"), {}),
        ("s3://bucket/a.cwl", OGC_PACKAGE, unit(href="s3://bucket/a.cwl"), {}),
        ("apps/there.ipynb", OGC_PACKAGE, unit(href="apps/there.ipynb"), {}),
        ("{folder}/home/apps/a.cwl#w", OGC_PACKAGE, unit(href="apps/a.cwl#w"), {}),
        ("{folder}/b.cwl#w", CWL, "cwlVersion: v1.2", {"w": "w"}),
        ("{folder}/n.json", NOTEBOOK, {"nbformat": 4}, {}),
        ("{folder}/c.json", CWL_JSON, {"cwlVersion": "v1.2"}, {}),
        ({"nbformat": 4}, NOTEBOOK, {"nbformat": 4}, {}),
        ({"cwlVersion": "v1.2"}, CWL_JSON, {"cwlVersion": "v1.2"}, {}),
        (unit(href="x"), OGC_PACKAGE, unit(href="x"), {}),
    ],
)
def test_what_is_sent(
    folder: Path, package: Any, media_type: str, body: Any, query: dict[str, str]
) -> None:
    if isinstance(package, str):
        package = package.replace("{folder}", str(folder))
    call = deploy_call(package, root_dir=folder / "home")
    sent = call.content.decode()
    assert (json.loads(sent) if isinstance(body, dict) else sent) == body
    assert (call.media_type, call.query) == (media_type, query)


def test_a_package_that_gets_a_name_is_wrapped(folder: Path) -> None:
    named = {"processDescription": {"process": {"id": "mine"}}}
    call = deploy_call(folder / "b.cwl", process_id="mine")
    assert json.loads(call.content) == unit(value="cwlVersion: v1.2", mediaType=CWL) | named
    call = deploy_call({"nbformat": 4}, process_id="mine")
    assert json.loads(call.content) == unit(value={"nbformat": 4}, mediaType=NOTEBOOK) | named


@pytest.mark.parametrize(
    ("package", "words"),
    [("{folder}/none.cwl", "no such file"), ("{folder}", "no such file"),
     ("{folder}/x.tar", "cannot be told"), ({"a": 1}, "neither CWL")],
)  # fmt: skip
def test_what_cannot_be_sent(folder: Path, package: Any, words: str) -> None:
    if isinstance(package, str):
        package = package.replace("{folder}", str(folder))
    with pytest.raises(InvalidPackage, match=words):
        deploy_call(package)
