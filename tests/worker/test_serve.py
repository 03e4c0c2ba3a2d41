"""The demo's file server: what GDAL's range reader and STAC readers rely on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from tests.scene import serving

CONTENT = bytes(range(200))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/a.tif").write_bytes(CONTENT)
    (tmp_path / "shop/item.json").write_text("{}")
    (tmp_path / "secret.txt").write_text("not for sale")
    return tmp_path / "shop"


@pytest.fixture
def connection(folder: Path) -> Iterator[HTTPConnection]:
    with serving(folder) as url:
        made = HTTPConnection(url.removeprefix("http://"), timeout=20)
        yield made
        made.close()


def ask(connection: HTTPConnection, method: str, path: str, **headers: str) -> HTTPResponse:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, headers=names)
    return connection.getresponse()


def test_a_file_comes_whole(connection: HTTPConnection) -> None:
    answer = ask(connection, "GET", "/a.tif")
    assert (answer.status, answer.read()) == (200, CONTENT)
    kind = "image/tiff; application=geotiff; profile=cloud-optimized"
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["Accept-Ranges"] == "bytes"


def test_a_range_comes_alone(connection: HTTPConnection) -> None:
    answer = ask(connection, "GET", "/a.tif", Range="bytes=10-19")
    assert (answer.status, answer.read()) == (206, CONTENT[10:20])
    assert answer.headers["Content-Range"] == "bytes 10-19/200"


def test_head_tells_the_size_and_sends_nothing(connection: HTTPConnection) -> None:
    answer = ask(connection, "HEAD", "/a.tif")
    assert (answer.status, answer.read()) == (200, b"")
    assert answer.headers["Content-Length"] == "200"


def test_json_is_json(connection: HTTPConnection) -> None:
    answer = ask(connection, "GET", "/item.json")
    assert (answer.read(), answer.headers["Content-Type"]) == (b"{}", "application/json")


def test_the_tag_changes_with_the_file(connection: HTTPConnection, folder: Path) -> None:
    first = ask(connection, "HEAD", "/a.tif")
    first.read()
    tag = first.headers["Etag"]
    same = ask(connection, "GET", "/a.tif", If_None_Match=tag)
    assert (same.status, same.read()) == (304, b"")
    (folder / "a.tif").write_bytes(CONTENT[::-1])
    os.utime(folder / "a.tif", ns=(0, 0))
    other = ask(connection, "GET", "/a.tif", If_None_Match=tag)
    assert (other.status, other.read()) == (200, CONTENT[::-1])


@pytest.mark.parametrize(
    ("path", "status"), [("/none.tif", 404), ("/../secret.txt", 403), ("/%2e%2e/secret.txt", 403)]
)
def test_nothing_else_is_served(connection: HTTPConnection, path: str, status: int) -> None:
    answer = ask(connection, "GET", path)
    assert answer.status == status
    assert b"sale" not in answer.read()


def test_nothing_answers_after_the_context(folder: Path) -> None:
    with serving(folder) as url:
        pass
    with pytest.raises(ConnectionRefusedError):
        ask(HTTPConnection(url.removeprefix("http://"), timeout=20), "GET", "/a.tif")
