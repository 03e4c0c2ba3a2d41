"""What every tier of tests shares."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

pytest_plugins = ["pytest_jupyter.jupyter_server"]

WORKSPACE = "terradue"


#: Set by .ci/run, which installs everything that a test may need.
CI = "JUPYTER_ADES_CI" in os.environ
#: A skip whose reason starts so names the command that would enable the test.
NEEDS = "needs:"
#: Folders of tests that drive programs which are not ours: browsers, queues, clusters, buckets.
FOREIGN = ("containers", "engines", "hub", "s3", "ui")


def pytest_configure() -> None:
    """Keep the files of tests' servers, many of which are killed, out of the user's folder."""
    os.environ["JUPYTER_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="jupyter-")


def pytest_unconfigure() -> None:
    """Remove them."""
    shutil.rmtree(os.environ["JUPYTER_RUNTIME_DIR"], ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In CI a test of programs that are not ours runs once more when it fails; both are reported.

    What is ours alone has no second try: there a failure now and then is a fault like any other.
    """
    for item in items:
        if CI and item.path.parent.name in FOREIGN:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """In CI a test that was skipped for want of a part that can be installed has failed."""
    report = yield
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
    if CI and report.skipped and NEEDS in reason:
        report.outcome = "failed"
        report.longrepr = f"CI must not skip this: {reason}"
    return report


@pytest.fixture(autouse=True)
def _quiet_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of the machine's between a test and its own servers."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def ades_config(tmp_path: Path) -> dict[str, Any]:
    """Traits of the extension under test; a module overrides it to change some."""
    return {
        "workspaces": [WORKSPACE, "other"],
        "workspace_root": str(tmp_path / "state"),
        "launcher_class": "jupyter_ades.testing.InlineLauncher",
        "max_running_jobs": 2,
    }


@pytest.fixture
def jp_server_config(ades_config: dict[str, Any]) -> dict[str, Any]:
    """A Jupyter server with the extension."""
    return {"ServerApp": {"jpserver_extensions": {"jupyter_ades": True}}, "ADES": ades_config}


@pytest.fixture
def ades(jp_serverapp: Any, jp_asyncio_loop: asyncio.AbstractEventLoop) -> Any:
    """The extension's application in the running server, started as a server starts it."""
    (app,) = jp_serverapp.extension_manager.extension_apps["jupyter_ades"]
    jp_asyncio_loop.run_until_complete(app._start_jupyter_server_extension(jp_serverapp))
    return app


Answer = tuple[int, dict[str, str], Any]


@pytest.fixture
def call(ades: Any, jp_fetch: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Answer]]:
    """Send a request below the default workspace's wps3 root; status, headers, body."""

    async def send(
        method: str, path: str, body: Any = None, *, root: str = f"{WORKSPACE}/wps3", **kw: Any
    ) -> Answer:
        # A copy: the fetch adds its server's token to what it is given.
        kw["headers"] = dict(kw.get("headers", {}))
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            kw["headers"].setdefault("Content-Type", "application/json")
        steps = [step for step in f"{root}/{path}".split("/") if step]
        response = await jp_fetch(
            *steps,
            method=method,
            body=body,
            allow_nonstandard_methods=True,
            raise_error=False,
            **kw,
        )
        text = response.body
        kind = response.headers.get("Content-Type", "")
        parsed = json.loads(text) if "json" in kind and text else text
        return response.code, dict(response.headers), parsed

    return send


async def deployed(call: Callable[..., Awaitable[Answer]], **kw: Any) -> list[str]:
    """Ids of the processes that somebody deployed: those that do not come with the service."""
    _, _, listed = await call("GET", "processes", **kw)
    return [each["id"] for each in listed["processes"] if each["mutable"]]


def notebook(
    parameters: str = "", cells: tuple[str, ...] = (), *, kernel: str = "python3", **ades: Any
) -> bytes:
    """A small notebook as its file's bytes."""
    book = nbformat.v4.new_notebook()
    book.metadata["kernelspec"] = {"name": kernel, "display_name": kernel, "language": "python"}
    book.metadata["ades"] = {"id": "small", "version": "0.1.0", **ades}
    book.cells = [nbformat.v4.new_markdown_cell("# Small\n\nA small notebook.")]
    if parameters:
        cell = nbformat.v4.new_code_cell(parameters)
        cell.metadata["tags"] = ["parameters"]
        book.cells.append(cell)
    book.cells += [nbformat.v4.new_code_cell(source) for source in cells]
    return nbformat.writes(book).encode()


@pytest.fixture
def small(
    call: Callable[..., Awaitable[Answer]], jp_asyncio_loop: asyncio.AbstractEventLoop
) -> str:
    """The id of a deployed notebook that ``InlineLauncher`` carries."""
    source = 'outcome: str = "successful"  # how it ends\nitems: list[int] = []\nflag: bool = False'
    headers = {"Content-Type": "application/x-ipynb+json"}
    status, _, body = jp_asyncio_loop.run_until_complete(
        call("POST", "processes", notebook(source), headers=headers)  # type: ignore[arg-type]
    )
    assert status == 201, body
    identifier: str = body["id"]
    return identifier


@pytest.fixture
def ended(call: Callable[..., Awaitable[Answer]]) -> Callable[..., Awaitable[dict[str, Any]]]:
    """Wait until a job is in a final state, or in one of the states given."""

    async def wait(job_id: str, *states: str, seconds: float = 60, **kw: Any) -> dict[str, Any]:
        wanted = states or ("successful", "failed", "dismissed")
        body: dict[str, Any] = {}
        async with asyncio.timeout(seconds):
            while body.get("status") not in wanted:
                status, _, body = await call("GET", f"jobs/{job_id}", **kw)
                assert status == 200, body
                await asyncio.sleep(0.02)
        return body

    return wait
