"""A server starts without the service, which is built for the first who needs it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jupyter_ades.core.claim import Claim
from jupyter_ades.core.doorbell import Doorbell
from jupyter_ades.core.glance import has_work
from jupyter_ades.core.store import Store
from jupyter_ades.model import ExecuteRequest, Job, JobStatus, Process
from tests.conftest import WORKSPACE, Answer

Call = Callable[..., Awaitable[Answer]]
NOW = datetime(2026, 5, 1, tzinfo=UTC)
PROCESS = Process(id="small", digest="d", kind="notebook", runner="papermill")
START = """
import json, os, sys
from jupyter_server.serverapp import ServerApp
before = set(sys.modules)
app = ServerApp.instance()
app.jpserver_extensions = {"jupyter_ades": True}
app.initialize(
    ["--port=0", "--no-browser", "--allow-root", "--ServerApp.root_dir=" + sys.argv[1],
     "--ADES.workspace_root=" + sys.argv[1] + "/state"],
    find_extensions=False,
)
print(json.dumps(sorted(set(sys.modules) - before)))
sys.stdout.flush()
os._exit(0)
"""


def test_a_start_imports_the_traits_and_little_more(tmp_path: Path) -> None:
    command = [sys.executable, "-c", START, str(tmp_path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(told.stdout)
    ours = {name for name in found if name.startswith("jupyter_ades")}
    assert "jupyter_ades.app" in ours, told.stderr
    assert {name for name in found if name.partition(".")[0] in ("msgspec", "psutil")} == set()
    assert {name for name in ours if name.startswith("jupyter_ades.api")} == set()
    assert {f"jupyter_ades.{name}" for name in ("house", "model", "core.store")} & ours == set()
    # The whole service has about 125 of them.
    assert len(ours) <= 35, ours
    assert (tmp_path / "state").is_dir()


async def test_the_first_requests_build_the_service(ades: Any, call: Call) -> None:
    assert ades.house is None
    assert ades.current_activity() is None
    answers = await asyncio.gather(*(call("GET", "processes") for _ in range(5)))
    assert [status for status, _, _ in answers] == [200] * 5
    assert ades.house is not None


async def test_the_first_request_may_have_a_body_and_no_right(ades: Any, jp_fetch: Any) -> None:
    refused = await jp_fetch(
        WORKSPACE,
        "wps3/processes",
        method="POST",
        body=b"x" * 2**20,
        headers={"Authorization": "token wrong"},
        raise_error=False,
    )
    assert refused.code == 403


async def test_what_cannot_be_built_says_so_and_is_tried_again(
    ades: Any, call: Call, tmp_path: Path
) -> None:
    wrong = tmp_path / "state" / WORKSPACE / "jobs"
    wrong.write_text("a file where a folder belongs")
    status, _, body = await call("GET", "processes")
    assert status == 503
    assert "folders cannot be used" in body["detail"]
    wrong.unlink()
    status, _, _ = await call("GET", "processes")
    assert status == 200


async def test_another_servers_ring_builds_it(ades: Any, tmp_path: Path) -> None:
    assert ades.house is None
    Doorbell(tmp_path / "state" / WORKSPACE).ring()
    async with asyncio.timeout(30):
        while ades.house is None:
            await asyncio.sleep(0.01)


def a_job(store: Store, **more: Any) -> Job:
    """A job of a notebook, accepted."""
    job = Job(
        id="76d50612-513d-11ed-888e-32db482e8b42",
        process_id=PROCESS.id,
        process=PROCESS,
        request=ExecuteRequest(runner="papermill", **more),
        created=NOW,
        updated=NOW,
    )
    store.add_process(PROCESS)
    store.add_job(job, idempotency_key=None, body_digest="")
    return job


def test_a_glance_sees_what_waits(tmp_path: Path) -> None:
    def work() -> bool:
        return has_work(tmp_path, tmp_path, "wal")

    assert not work(), "there is no store"
    store = Store(tmp_path / "ades.sqlite")
    assert not work()
    job = a_job(store, subscriber={"successUri": "https://example.org"})
    assert work(), "a job waits"
    store.change_job(job.id, status=JobStatus.RUNNING, started=NOW)
    assert work(), "a job runs"
    store.change_job(job.id, status=JobStatus.SUCCESSFUL, progress=100, finished=NOW)
    assert work(), "its subscriber is to be told"
    store.settle(store.tidings(datetime.now(UTC), limit=1)[0])
    assert not work()
    store.change_job(job.id, unlisted=True)
    assert work(), "its files are kept for a while"
    store.close()
    assert has_work(tmp_path, tmp_path, "rollback"), "one server alone can look"


@pytest.mark.parametrize("content", [b"no database at all" * 100, b""])
def test_a_glance_leaves_a_store_that_it_cannot_read_to_the_service(
    content: bytes, tmp_path: Path
) -> None:
    (tmp_path / "ades.sqlite").write_bytes(content)
    assert has_work(tmp_path, tmp_path, "wal")


async def test_a_waiting_job_starts_with_the_server_and_without_a_request(
    tmp_path: Path, jp_configurable_serverapp: Any, ades_config: dict[str, Any]
) -> None:
    folder = tmp_path / "state" / WORKSPACE
    folder.mkdir(parents=True)
    store = Store(folder / "ades.sqlite")
    job = a_job(store)
    extensions = {"jpserver_extensions": {"jupyter_ades": True}}
    server = jp_configurable_serverapp(config={"ServerApp": extensions, "ADES": ades_config})
    (app,) = server.extension_manager.extension_apps["jupyter_ades"]
    await app._start_jupyter_server_extension(server)
    async with asyncio.timeout(30):
        # Its package is not there, so it fails; what counts is that it was begun.
        while not store.job(job.id).status.final:
            await asyncio.sleep(0.01)
    store.close()


async def test_a_server_beside_another_one_is_awake(
    tmp_path: Path, jp_configurable_serverapp: Any, ades_config: dict[str, Any]
) -> None:
    other = Claim(tmp_path / "state" / WORKSPACE)
    assert other.acquire()
    extensions = {"jpserver_extensions": {"jupyter_ades": True}}
    server = jp_configurable_serverapp(config={"ServerApp": extensions, "ADES": ades_config})
    (app,) = server.extension_manager.extension_apps["jupyter_ades"]
    # It takes over when the other one ends, which nobody would tell it.
    assert app.house is not None
    other.close()
