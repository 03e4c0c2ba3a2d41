"""What a job left, over HTTP: ranges, conditions, listings, and nothing that scripts Jupyter."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Answer

Call = Callable[..., Awaitable[Answer]]
CONTENT = bytes(range(256)) * 1000


@pytest.fixture
def job(call: Call, ended: Any, small: str, ades: Any, jp_asyncio_loop: Any) -> str:
    """A finished job with a few files beside its catalog."""

    async def run() -> str:
        _, _, body = await call("POST", f"processes/{small}", {"inputs": {}})
        await ended(body["jobID"])
        folder = ades.house.opened[0].delivered(body["jobID"])
        (folder / "sub").mkdir()
        (folder / "sub" / "image.tif").write_bytes(CONTENT)
        (folder / "page <b>.html").write_text("<script>alert(1)</script>")
        (folder / "outside").symlink_to("/etc/hostname")
        (folder / "gone").symlink_to("no-such-file")
        (folder / "round").symlink_to("round")
        return str(body["jobID"])

    found: str = jp_asyncio_loop.run_until_complete(run())
    return found


async def test_a_range_is_answered_with_that_part(call: Call, job: str) -> None:
    path = f"jobs/{job}/files/wf-{job}/sub/image.tif"
    status, headers, body = await call("GET", path, headers={"Range": "bytes=1000-1099"})
    assert (status, body) == (206, CONTENT[1000:1100])
    assert headers["Content-Range"] == f"bytes 1000-1099/{len(CONTENT)}"
    status, _, body = await call("GET", path, headers={"Range": "bytes=-10"})
    assert (status, body) == (206, CONTENT[-10:])
    status, headers, body = await call("GET", path)
    assert (status, body) == (200, CONTENT)
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Content-Type"].startswith("image/tiff; application=geotiff")
    assert (await call("GET", path, headers={"Range": "bytes=999999999-"}))[0] == 416


async def test_what_was_delivered_before_is_served_as_ever(
    call: Call, job: str, ades: Any, tmp_path: Path
) -> None:
    """While the workspaces had one folder of results together."""
    workspace = ades.house.opened[0]
    workspace.earlier = tmp_path / "earlier"
    workspace.earlier.mkdir()
    workspace.delivered(job).rename(workspace.earlier / f"wf-{job}")
    status, _, body = await call("GET", f"jobs/{job}/files/wf-{job}/sub/image.tif")
    assert (status, body) == (200, CONTENT)
    status, _, listing = await call("GET", f"jobs/{job}/files/wf-{job}/sub/")
    assert status == 200
    assert listing["files"][0]["href"].endswith(f"/files/wf-{job}/sub/image.tif")


async def test_what_is_unchanged_is_not_sent_again(call: Call, job: str) -> None:
    path = f"jobs/{job}/files/wf-{job}/sub/image.tif"
    _, headers, _ = await call("GET", path)
    for condition in (
        {"If-None-Match": headers["Etag"]},
        {"If-Modified-Since": headers["Last-Modified"]},
    ):
        status, _, body = await call("GET", path, headers=condition)
        assert (status, body) == (304, b"")
    assert (await call("GET", path, headers={"If-None-Match": '"other"'}))[0] == 200


async def test_head_says_what_get_would(call: Call, job: str) -> None:
    path = f"jobs/{job}/files/wf-{job}/sub/image.tif"
    status, headers, body = await call("HEAD", path)
    assert (status, body) == (200, b"")
    assert headers["Content-Length"] == str(len(CONTENT))


async def test_a_folder_is_listed(call: Call, job: str, jp_base_url: str) -> None:
    for path in (f"jobs/{job}/files", f"jobs/{job}/files/wf-{job}/"):
        status, _, listing = await call("GET", path)
        assert status == 200
        assert listing["name"] == f"wf-{job}"
        names = [entry["name"] for entry in listing["files"]]
        assert names == ["sub", "catalog.json", "page <b>.html"]
    root = f"{jp_base_url}terradue/wps3/jobs/{job}/files/wf-{job}"
    assert listing["files"][0]["href"] == f"{root}/sub/"
    assert listing["files"][2]["href"] == f"{root}/page%20%3Cb%3E.html"
    assert listing["files"][1]["size"] > 0


async def test_a_browser_gets_a_page(call: Call, job: str) -> None:
    status, headers, page = await call(
        "GET", f"jobs/{job}/files", headers={"Accept": "text/html,*/*"}
    )
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert b"page &lt;b&gt;.html" in page
    assert b"<b>" not in page


async def test_an_output_cannot_script_jupyter(call: Call, job: str) -> None:
    _, headers, _ = await call("GET", f"jobs/{job}/files/wf-{job}/page%20%3Cb%3E.html")
    assert headers["Content-Security-Policy"] == "sandbox"
    assert headers["X-Content-Type-Options"] == "nosniff"


async def test_whatever_others_made_is_sandboxed(
    call: Call, job: str, small: str, ades: Any
) -> None:
    folder = ades.house.opened[0].job_dir(job)
    folder.quicklook.write_bytes(b"<svg onload=alert()>")
    at = f"jobs/{job}"
    paths = [f"{at}/log", f"{at}/quicklook.png", f"{at}/files", f"{at}/files/wf-{job}/catalog.json"]
    for path in (*paths, f"processes/{small}/package"):
        status, headers, _ = await call("GET", path)
        assert status == 200, path
        assert headers["Content-Security-Policy"] == "sandbox", path
        assert headers["X-Content-Type-Options"] == "nosniff", path


async def test_a_link_out_of_the_results_is_not_followed(call: Call, job: str) -> None:
    assert (await call("GET", f"jobs/{job}/files/wf-{job}/outside"))[0] == 404
