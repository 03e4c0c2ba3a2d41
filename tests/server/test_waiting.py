"""A server that has nothing to do does nothing, and one that has hears of ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.conftest import Answer

Call = Callable[..., Awaitable[Answer]]


@pytest.fixture
def ticks(
    ades: Any, jp_asyncio_loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> list[int]:
    """One entry for each tick of the dispatcher."""
    jp_asyncio_loop.run_until_complete(ades.awake())
    counted: list[int] = []
    tick = ades.house.dispatcher.tick
    monkeypatch.setattr(ades.house.dispatcher, "tick", lambda: (counted.append(1), tick())[1])
    return counted


async def test_without_jobs_nothing_ticks(
    ades: Any, call: Call, small: str, ended: Any, ticks: list[int]
) -> None:
    _, _, job = await call("POST", f"processes/{small}/jobs", {"inputs": {}})
    await ended(job["jobID"])
    # The tick after the last job sees that there is none.
    async with asyncio.timeout(10):
        while await _ticks_during_requests(call, ticks):
            continue
    assert not ades.house.dispatcher.busy
    assert not await _ticks_during_requests(call, ticks)


async def _ticks_during_requests(call: Call, ticks: list[int]) -> bool:
    before = len(ticks)
    for _ in range(10):
        await call("GET", "jobs")
    return len(ticks) != before
