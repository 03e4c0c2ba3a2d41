"""A server that has nothing to do does nothing, and one that has hears of ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from jupyter_ades.core.thread import FETCHERS, READERS
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


async def test_slow_deploys_hold_up_no_log(call: Call, ended: Any, small: str, ades: Any) -> None:
    _, _, job = await call("POST", f"processes/{small}/jobs", {"inputs": {}})
    await ended(job["jobID"])
    core, gate, begun = ades.house.core, threading.Event(), threading.Semaphore(0)

    def slow() -> None:
        begun.release()
        gate.wait(60)

    slow_ones = [asyncio.ensure_future(core.read(slow)) for _ in range(READERS)]
    slow_ones += [asyncio.ensure_future(core.afar(slow)) for _ in range(FETCHERS)]
    try:
        for _ in slow_ones:
            while not begun.acquire(blocking=False):
                await asyncio.sleep(0)
        status, _, log = await call("GET", f"jobs/{job['jobID']}/log")
        assert (status, log) == (200, b"carried inline\n")
        assert (await call("GET", f"jobs/{job['jobID']}/files"))[0] == 200
        assert (await call("POST", f"processes/{small}/jobs", {"inputs": {}}))[0] == 201
        assert (await call("DELETE", f"jobs/{job['jobID']}"))[0] == 200
    finally:
        gate.set()
        await asyncio.gather(*slow_ones)
