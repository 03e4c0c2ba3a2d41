"""The core's one thread, and the loop that ticks only while there are jobs."""

from __future__ import annotations

import asyncio
import errno
import logging
import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TypeVar

from jupyter_ades.core.dispatcher import Dispatcher
from jupyter_ades.core.retention import Retention
from jupyter_ades.core.workspace import Workspace
from jupyter_ades.errors import NO_SPACE, StorageFull

T = TypeVar("T")
log = logging.getLogger(__name__)

#: Seconds between two looks at running jobs.
INTERVAL = 0.1
#: Packages that are read at once.
READERS = 2
#: Seconds between two looks at what is no longer kept while jobs run, and while none do.
TIDYING, AGEING = 60.0, 3600.0


@contextmanager
def storage_errors() -> Iterator[None]:
    """Tell a full disk as what it is."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull(NO_SPACE) from error
        raise


class Core:
    """Runs the synchronous core beside an event loop: calls come in one after the other."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        workspaces: list[Workspace],
        retention: Retention,
        at_work: Callable[[], None] = lambda: None,
        first: Callable[[], None] = lambda: None,
    ) -> None:
        self._dispatcher = dispatcher
        self._workspaces = workspaces
        self._retention = retention
        self._tidying: asyncio.Task[None] | None = None
        self._tidied = -math.inf
        #: Called on the event loop after each tick that leaves a job waiting or running.
        self._at_work = at_work
        #: Called on the core's thread before anything else.
        self._first = first
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ades-core")
        self._beside = ThreadPoolExecutor(max_workers=READERS, thread_name_prefix="ades-reader")
        self._wake = asyncio.Event()
        self._changed = asyncio.Condition()
        self._loop: asyncio.Task[None] | None = None

    async def call(self, function: Callable[..., T], *arguments: object, **named: object) -> T:
        """A call on the core's thread."""
        loop = asyncio.get_running_loop()
        with storage_errors():
            return await loop.run_in_executor(self._thread, lambda: function(*arguments, **named))

    async def beside(self, function: Callable[..., T], *arguments: object) -> T:
        """A slow call that touches no record: a package to read, files to remove."""
        loop = asyncio.get_running_loop()
        with storage_errors():
            return await loop.run_in_executor(self._beside, lambda: function(*arguments))

    def start(self) -> None:
        """Adopt what an earlier server left and begin to tick."""
        # Given to the thread at once, so that it is done before any request is answered.
        self._thread.submit(self._begin)
        self._loop = asyncio.get_running_loop().create_task(self._run())
        self.wake()

    def _begin(self) -> None:
        try:
            self._first()
        except Exception:
            log.exception("The processes that come with this service could not be offered")

    def wake(self) -> None:
        """Tell the loop that there is something to do."""
        self._wake.set()

    async def stop(self) -> None:
        """Stop ticking; jobs go on without this server."""
        if self._loop is not None:
            tasks = [each for each in (self._loop, self._tidying) if each is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self._thread.shutdown(wait=True)
        self._beside.shutdown(wait=False, cancel_futures=True)

    async def next_change(self, timeout: float) -> None:
        """Wait until a tick has passed, or for so many seconds."""
        try:
            async with asyncio.timeout(timeout), self._changed:
                await self._changed.wait()
        except TimeoutError:
            return

    async def until(self, ask: Callable[[], tuple[bool, T]], timeout: float | None) -> T:
        """What ``ask`` gives once it says that it is there, or when so many seconds are over."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + (math.inf if timeout is None else timeout)
        done, found = await self.call(ask)
        while not done and loop.time() < deadline:
            await self.next_change(min(1.0, deadline - loop.time()))
            done, found = await self.call(ask)
        return found

    async def _run(self) -> None:
        await self.call(self._dispatcher.adopt)
        while True:
            # Cleared before the tick: what arrives while it runs is seen by the next one.
            self._wake.clear()
            busy = await self._tick()
            async with self._changed:
                self._changed.notify_all()
            self._tidy_soon(at_once=not busy)
            if busy:
                self._at_work()
                await asyncio.sleep(INTERVAL)
            else:
                await self._rest()

    async def _rest(self) -> None:
        """Until there is something to do; what is kept for days only needs a look now and then."""
        with suppress(TimeoutError):
            async with asyncio.timeout(AGEING if self._retention.ages else None):
                await self._wake.wait()

    def _tidy_soon(self, *, at_once: bool) -> None:
        """Tidy up beside the ticks: when nothing else is to be done, and now and then."""
        loop = asyncio.get_running_loop()
        at_once = at_once or loop.time() > self._tidied + TIDYING
        if at_once and (self._tidying is None or self._tidying.done()):
            self._tidied = loop.time()
            self._tidying = loop.create_task(self._tidy())

    async def _tidy(self) -> None:
        """Remove what is no longer kept, then free the space of everything that was removed."""
        try:
            await self.call(self._retention.expire_unlisted)
            while await self.call(self._retention.expire_jobs):
                continue
            old = await self.beside(self._retention.old_results)
            await self.call(self._retention.expire_results, old)
            for workspace in self._workspaces:
                await self.beside(workspace.sweep)
        except Exception:
            log.exception("What is no longer kept could not be removed; it is tried again")

    async def _tick(self) -> bool:
        try:
            await self.call(self._dispatcher.tick)
            return await self.call(lambda: self._dispatcher.busy)
        except Exception:
            log.exception("A tick of the dispatcher failed; the next one tries again")
            return True
