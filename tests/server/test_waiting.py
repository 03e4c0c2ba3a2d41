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


async def test_what_has_not_changed_is_told_without_the_cores_thread(
    call: Call, ended: Any, small: str, ades: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, job = await call("POST", f"processes/{small}/jobs", {"inputs": {}})
    await ended(job["jobID"])
    path, asked = f"jobs/{job['jobID']}", list[Any]()
    make = ades.house.core.call

    def noted(function: Any, *arguments: Any, **named: Any) -> Any:
        asked.append(function)
        return make(function, *arguments, **named)

    service = ades.house.services["terradue"]
    async with asyncio.timeout(10):
        while ades.house.dispatcher.busy:
            await asyncio.sleep(0)
    await call("GET", path)
    monkeypatch.setattr(ades.house.core, "call", noted)
    _, _, first = await call("GET", path)
    for _ in range(5):
        assert (await call("GET", path))[2] == first
    assert asked.count(service.job) <= 1
    _, _, pinned = await call("PATCH", path, {"pinned": True})
    assert pinned["pinned"] is True
    _, _, after = await call("GET", path)
    assert after == {**first, "pinned": True}
    status, _, _ = await call("DELETE", path)
    assert status == 200
    assert (await call("GET", path))[0] == 404


async def test_a_job_that_cannot_start_wakes_nobody(
    call: Call, small: str, ades: Any, ticks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    core, woken = ades.house.core, list[int]()
    monkeypatch.setattr(core._dispatcher._queue, "pause", lambda workspace: "the disk is full")
    monkeypatch.setattr(core._wake, "set", lambda: woken.append(1))
    status, _, job = await call("POST", f"processes/{small}/jobs", {"inputs": {}})
    assert (status, job["message"]) == (201, "accepted")
    assert not woken
    monkeypatch.undo()
    core.wake()
