"""What the API says of jobs that are not kept, of a full disk, and of what a job occupies."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Answer

Call = Callable[..., Awaitable[Answer]]
Ended = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def ades_config(tmp_path: Path, request: pytest.FixtureRequest) -> dict[str, Any]:
    return {
        "workspaces": ["terradue"],
        "workspace_root": str(tmp_path / "state"),
        "launcher_class": "jupyter_ades.testing.InlineLauncher",
        **getattr(request, "param", {}),
    }


async def submit(call: Call, **inputs: Any) -> str:
    status, _, body = await call("POST", "processes/small/jobs", {"inputs": inputs})
    assert status == 201, body
    identifier: str = body["jobID"]
    return identifier


@pytest.mark.parametrize("ades_config", [{"keep_jobs": {"count": 1}}], indirect=True)
async def test_a_job_that_is_not_kept_is_gone_and_its_results_answer(
    call: Call, ended: Ended, small: str
) -> None:
    first = await submit(call)
    await ended(first)
    address = f"jobs/{first}/files/wf-{first}/catalog.json"
    _, _, catalog = await call("GET", address)
    second = await submit(call)
    await ended(second)
    async with asyncio.timeout(20):
        while (await call("GET", f"jobs/{first}"))[0] == 200:
            await asyncio.sleep(0.02)
    _, _, listed = await call("GET", "jobs")
    assert [job["jobID"] for job in listed["jobs"]] == [second]
    assert listed["numberTotal"] == 1
    status, _, kept = await call("GET", address)
    assert (status, kept) == (200, catalog)
    assert catalog["id"] == first


@pytest.mark.parametrize("ades_config", [{"min_free_bytes": 2**62}], indirect=True)
async def test_a_waiting_job_says_that_there_is_no_space(call: Call, small: str) -> None:
    job_id = await submit(call)
    async with asyncio.timeout(20):
        while "paused" not in (await call("GET", "health"))[2]:
            await asyncio.sleep(0.02)
    _, _, job = await call("GET", f"jobs/{job_id}")
    assert job["status"] == "accepted"
    assert job["message"].startswith("waiting for space: the disk of its jobs has")
    _, _, listed = await call("GET", "jobs")
    assert listed["jobs"][0]["message"] == job["message"]
    status, _, dismissed = await call("DELETE", f"jobs/{job_id}")
    assert (status, dismissed["status"]) == (200, "dismissed")
