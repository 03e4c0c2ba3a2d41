"""Answers of other programs, which may take seconds: believed for a while, renewed beside."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


def in_a_thread(function: Callable[[], object]) -> None:
    """Call a function beside who asks."""
    threading.Thread(target=function, daemon=True).start()


@dataclass(eq=False)
class Look(Generic[T]):
    """One question. Who asks first waits; later ones get the last answer at once.

    An answer whose time is over is given once more, while a new one is looked for: so that what
    hangs elsewhere, such as a batch system's controller, holds nobody up here.
    """

    ask: Callable[[], T]
    #: Seconds for which an answer is believed.
    good: Callable[[T], float]
    clock: Callable[[], float] = time.monotonic
    beside: Callable[[Callable[[], None]], None] = in_a_thread
    _answers: list[T] = field(default_factory=list)
    _until: float = 0.0
    _looking: bool = False
    _first: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> T:
        """The answer. On any thread."""
        if not self._answers:
            with self._first:
                if not self._answers:
                    self._renew()
        elif self.clock() >= self._until and not self._looking:
            self._looking = True
            self.beside(self._renew)
        return self._answers[-1]

    def begin(self) -> None:
        """Look for a first answer beside, so that nobody waits for it later."""
        self.beside(self._begin)

    def _begin(self) -> None:
        self()

    def _renew(self) -> None:
        try:
            answer = self.ask()
            self._until = self.clock() + self.good(answer)
            self._answers[:] = [answer]
        finally:
            self._looking = False
