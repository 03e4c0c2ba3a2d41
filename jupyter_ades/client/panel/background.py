"""Work that must not keep the kernel: requests in threads, and a look at the jobs now and then.

Tasks of asyncio stand still while a cell runs; threads do not.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

#: Seconds between two looks: while jobs are open, and the most when none are or nobody answers.
SOON, LATE = 1.0, 15.0
GROWTH = 1.5


class Background:
    """A thread for what a person asked, and one that looks at the jobs."""

    def __init__(self, look: Callable[[], bool], failed: Callable[[Exception], None]) -> None:
        """``look`` asks for the jobs and says whether some are open; ``failed`` is told why not."""
        self._work = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ades-panel")
        # Weak: a panel that nobody holds any more ends its own thread.
        self._look = weakref.WeakMethod(look)
        self._failed = weakref.WeakMethod(failed)
        self._wake = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ades-panel-jobs", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def do(self, function: Callable[..., None], *arguments: Any) -> None:
        """Call a function when those before it have ended; a failure is told."""
        self._work.submit(self._try, function, *arguments)

    def wake(self) -> None:
        """Look at once."""
        self._wake.set()

    def close(self) -> None:
        """End both threads; what was begun is finished."""
        self._over.set()
        self._wake.set()
        self._work.shutdown(wait=False)

    def _try(self, function: Callable[..., None], *arguments: Any) -> bool:
        try:
            function(*arguments)
        except Exception as error:
            self._tell(error)
            return False
        self.wake()
        return True

    def _tell(self, error: Exception) -> None:
        failed = self._failed()
        if failed is not None:
            failed(error)

    def _run(self) -> None:
        pause = SOON
        while not self._over.is_set():
            self._wake.clear()
            look = self._look()
            if look is None:
                return
            try:
                pause = SOON if look() else min(pause * GROWTH, LATE)
            except Exception as error:
                self._tell(error)
                pause = min(pause * GROWTH, LATE)
            del look
            if self._wake.wait(pause):
                pause = SOON
