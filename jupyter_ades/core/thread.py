"""The core's one thread, and the loop that ticks only while there are jobs."""

from __future__ import annotations

import asyncio
import logging
import math
import threading
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from jupyter_ades.core.committing import Outcome, carry
from jupyter_ades.core.dispatcher import Dispatcher
from jupyter_ades.core.recalling import Recall
from jupyter_ades.core.retention import Retention
from jupyter_ades.core.space import storage_errors
from jupyter_ades.core.succession import Succession
from jupyter_ades.core.workspace import Workspace

T = TypeVar("T")
#: Who waits for a call, and the call.
Waiting = tuple[asyncio.Future[Any], Callable[[], Any]]
log = logging.getLogger(__name__)

#: Seconds between two looks at running jobs.
INTERVAL = 0.1
#: Seconds between two ticks at the least.
SHORTEST = 0.005
#: Calls that share one commit at the most: the first of them waits for the last.
AT_ONCE = 256
#: Seconds until what could not be adopted is tried again.
AGAIN = 1.0
#: Packages that are read at once, links of requests that are fetched, and short calls on files.
READERS, FETCHERS, BESIDE = 2, 8, 4
#: Seconds between two looks at what is no longer kept while jobs run, and while none do.
TIDYING, AGEING = 60.0, 3600.0
#: Seconds between two looks for jobs from other servers, where these cannot ring.
LOOK = 5.0


class Core:
    """Runs the synchronous core beside an event loop: calls come in one after the other."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        workspaces: Sequence[Workspace],
        retention: Retention,
        taken_over: Callable[[Workspace], None] = lambda workspace: None,
        at_work: Callable[[], None] = lambda: None,
        first: Callable[[], None] = lambda: None,
    ) -> None:
        self._dispatcher = dispatcher
        self._workspaces = workspaces
        self._retention = retention
        self._stores = [each.store for each in workspaces]
        self._succession = Succession([each for each in workspaces if not each.dispatched])
        #: Called on the event loop when this server has begun to dispatch a workspace.
        self._taken_over = taken_over
        self._tidying: asyncio.Task[None] | None = None
        self._tidied = -math.inf
        #: Called on the event loop after each tick that leaves a job waiting or running.
        self._at_work = at_work
        #: Called on the core's thread before anything else.
        self._first = first
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ades-core")
        # What may take long holds up nothing but its like: no log waits for a slow deploy.
        self._beside = ThreadPoolExecutor(BESIDE, thread_name_prefix="ades-beside")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="ades-reader")
        self._fetchers = ThreadPoolExecutor(FETCHERS, thread_name_prefix="ades-fetcher")
        #: Calls that have not been made yet, and who waits for each.
        self._calls: deque[Waiting] = deque()
        #: Whether the core's thread has been told of them.
        self._told = False
        self._recalls = {each.name: Recall(each.watched_store) for each in workspaces}
        #: Ticks that have passed: each may change why a job waits, which no record says.
        self._ticks = 0
        self._stopping = threading.Event()
        #: Whether other servers on some workspace cannot ring.
        self._deaf = False
        self._wake = asyncio.Event()
        self._changed = asyncio.Condition()
        self._loop: asyncio.Task[None] | None = None

    async def call(self, function: Callable[..., T], *arguments: object, **named: object) -> T:
        """A call on the core's thread, answered when what it wrote is durable.

        Calls that wait at the same time share one commit.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._calls.append((future, partial(function, *arguments, **named)))
        if not self._told:
            # Before it is told: it may begin at once.
            self._told = True
            self._tell()
        with storage_errors():
            return await future

    async def recall_job(self, workspace: Workspace, ask: Callable[[str], T], name: str) -> T:
        """A call that reads a job, from memory while nothing has changed since it was made."""
        commits = self._recalls[workspace.name].commits()
        mark = None if commits is None else (commits, self._ticks)
        return await self._recall(workspace, ask, name, mark)

    async def recall_process(self, workspace: Workspace, ask: Callable[[str], T], name: str) -> T:
        """The same of a call that reads a process by its id or alias."""
        mark = self._recalls[workspace.name].deployments(name)
        return await self._recall(workspace, ask, name, mark)

    async def _recall(
        self, workspace: Workspace, ask: Callable[[str], T], name: str, mark: Hashable
    ) -> T:
        if mark is None:
            return await self.call(ask, name)
        memory = self._recalls[workspace.name]
        found: T | None = memory.find((ask, name), mark)
        if found is None:
            found = await self.call(ask, name)
            memory.keep((ask, name), mark, found)
        return found

    def _tell(self) -> None:
        try:
            self._thread.submit(self._carry, asyncio.get_running_loop())
        except RuntimeError:
            # The thread has ended; so is everybody told who calls from now on.
            self._told = False
            raise

    def _carry(self, loop: asyncio.AbstractEventLoop) -> None:
        """Make the calls that wait; on the core's thread."""
        # Before they are counted: who comes too late to be counted tells the thread again.
        self._told = False
        left = len(self._calls)
        while left > 0:
            waiting = [self._calls.popleft() for _ in range(min(left, AT_ONCE))]
            left -= len(waiting)
            self._carry_together(waiting, loop)

    def _carry_together(self, waiting: Sequence[Waiting], loop: asyncio.AbstractEventLoop) -> None:
        try:
            outcomes = carry([call for _, call in waiting], self._stores)
        except Exception as error:
            outcomes = [Outcome(error=error) for _ in waiting]
        answers = [(future, each) for (future, _), each in zip(waiting, outcomes, strict=True)]
        loop.call_soon_threadsafe(_answer, answers)

    async def _alone(self, function: Callable[[], T]) -> T:
        """A call on the core's thread of which each change is committed by itself."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, function)

    async def beside(self, function: Callable[..., T], *arguments: object) -> T:
        """A call that touches no record and this machine alone: files to read or to remove."""
        return await self._on(self._beside, function, *arguments)

    async def read(self, function: Callable[..., T], *arguments: object) -> T:
        """A package to read: a child process of its own."""
        return await self._on(self._readers, function, *arguments)

    async def afar(self, function: Callable[..., T], *arguments: object) -> T:
        """A call that waits for other machines."""
        return await self._on(self._fetchers, function, *arguments)

    async def _on(
        self, threads: ThreadPoolExecutor, function: Callable[..., T], *arguments: object
    ) -> T:
        loop = asyncio.get_running_loop()
        with storage_errors():
            return await loop.run_in_executor(threads, lambda: function(*arguments))

    def start(self) -> None:
        """Adopt what an earlier server left and begin to tick."""
        # Given to the thread at once, so that it is done before any request is answered.
        self._thread.submit(self._begin)
        loop = asyncio.get_running_loop()
        self._loop = loop.create_task(self._run())
        for workspace in self._dispatched():
            self._listen(workspace, loop)
        if self._dispatcher.ends.handle is not None:
            loop.add_reader(self._dispatcher.ends.handle, self._hear_end)
        self._succession.start(loop, self._take_over)
        self.wake()

    def _listen(self, workspace: Workspace, loop: asyncio.AbstractEventLoop) -> None:
        self._deaf |= not workspace.bell.listen(loop, self._wake.set)

    def _dispatched(self) -> list[Workspace]:
        return [each for each in self._workspaces if each.dispatched]

    def _take_over(self, workspace: Workspace, lock: int) -> None:
        """Dispatch a workspace from now on; on the event loop."""
        loop = asyncio.get_running_loop()

        def on_core() -> None:
            self._dispatcher.take_over(workspace)
            loop.call_soon_threadsafe(done)

        def done() -> None:
            self._listen(workspace, loop)
            self._taken_over(workspace)
            self._wake.set()

        workspace.inherit(lock)
        self._thread.submit(self._until_it_works, on_core)

    def _until_it_works(self, function: Callable[[], None]) -> None:
        """What must be done before anything else, also when the disk is full for now."""
        while True:
            try:
                return function()
            except Exception:
                log.exception("What an earlier server left could not be adopted; it is tried again")
                if self._stopping.wait(AGAIN):
                    return None

    def _begin(self) -> None:
        try:
            self._first()
        except Exception:
            log.exception("The processes that come with this service could not be offered")

    def wake(self) -> None:
        """Tell who dispatches that there is something to do: the loop here, or another server."""
        self._wake.set()
        self._succession.ring()

    def arrived(self, workspace: Workspace) -> None:
        """Tell who dispatches of a new job; while none can start, the next look is soon enough."""
        if not self._dispatcher.held_up(workspace):
            self._wake.set()
        self._succession.ring()

    async def stop(self) -> None:
        """Stop ticking; jobs go on without this server."""
        self._stopping.set()
        self._succession.stop()
        if self._loop is not None:
            tasks = [each for each in (self._loop, self._tidying) if each is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if self._loop is not None and self._dispatcher.ends.handle is not None:
            asyncio.get_running_loop().remove_reader(self._dispatcher.ends.handle)
        for memory in self._recalls.values():
            memory.close()
        self._thread.shutdown(wait=True)
        self._dispatcher.ends.close()
        for threads in (self._beside, self._readers, self._fetchers):
            threads.shutdown(wait=False, cancel_futures=True)

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
        await self._alone(lambda: self._until_it_works(self._dispatcher.adopt))
        while True:
            # Cleared before the tick: what arrives while it runs is seen by the next one.
            self._wake.clear()
            busy = await self._tick()
            self._ticks += 1
            async with self._changed:
                self._changed.notify_all()
            self._tidy_soon(at_once=not busy)
            if busy:
                self._at_work()
                await self._pause()
            else:
                await self._rest()

    async def _pause(self) -> None:
        """Until running jobs are looked at again: at once when a worker ended or a job arrived."""
        await asyncio.sleep(SHORTEST)
        with suppress(TimeoutError):
            async with asyncio.timeout(INTERVAL - SHORTEST):
                await self._wake.wait()

    def _hear_end(self) -> None:
        self._dispatcher.ends.hear()
        self._wake.set()

    async def _rest(self) -> None:
        """Until there is something to do; what is kept for days only needs a look now and then."""
        look = LOOK if self._deaf else AGEING if self._retention.ages else None
        with suppress(TimeoutError):
            async with asyncio.timeout(look):
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
            for workspace in self._dispatched():
                await self.beside(workspace.sweep)
        except Exception:
            log.exception("What is no longer kept could not be removed; it is tried again")

    def _tick_once(self) -> bool:
        self._dispatcher.tick()
        return self._dispatcher.busy

    async def _tick(self) -> bool:
        try:
            return await self._alone(self._tick_once)
        except Exception:
            log.exception("A tick of the dispatcher failed; the next one tries again")
            return True


def _answer(answers: Sequence[tuple[asyncio.Future[Any], Outcome]]) -> None:
    """Give who waits what they waited for; on the event loop."""
    for future, outcome in answers:
        if future.done():
            continue
        if outcome.error is not None:
            future.set_exception(outcome.error)
        else:
            future.set_result(outcome.value)
