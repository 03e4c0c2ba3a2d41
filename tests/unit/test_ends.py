"""That a worker's end is heard, by the event loop, when it happens."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest

from jupyter_ades.core.ends import Ends

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the system tells ends on Linux")


def process() -> subprocess.Popen[bytes]:
    return subprocess.Popen(["cat"], stdin=subprocess.PIPE)


def end(child: subprocess.Popen[bytes]) -> None:
    child.communicate()


async def heard(ends: Ends) -> int:
    """How many ends are heard, once any is."""
    assert ends.handle is not None
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(ends.handle, told.set)
    try:
        async with asyncio.timeout(10):
            await told.wait()
    finally:
        loop.remove_reader(ends.handle)
    return ends.hear()


def test_each_end_is_heard_once() -> None:
    asyncio.run(_each_end())


async def _each_end() -> None:
    ends, first, second = Ends(), process(), process()
    try:
        for child in (first, second):
            ends.watch(child.pid)
        assert ends.hear() == 0
        end(first)
        assert await heard(ends) == 1
        assert ends.hear() == 0
        end(second)
        assert await heard(ends) == 1
    finally:
        ends.close()


def test_one_that_is_gone_is_of_no_interest() -> None:
    ends, child = Ends(), process()
    end(child)
    before = len(os.listdir("/proc/self/fd"))
    ends.watch(child.pid)
    assert ends.hear() == 0
    assert len(os.listdir("/proc/self/fd")) == before
    ends.close()
