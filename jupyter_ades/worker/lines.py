"""A stream of bytes as lines of a log: bounded, decoded, rewritten lines thinned out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

#: Bytes after which a line is cut; the rest becomes the next line.
LONGEST = 2**14
#: Seconds between two states of one line that a program rewrites (a progress bar).
REWRITE_EVERY = 5.0


class Lines:
    """Takes bytes as they come and gives lines as they are complete."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._rest = b""
        self._clock = clock
        self._given = clock()

    def feed(self, data: bytes) -> Iterator[str]:
        """The lines that are complete with these bytes, without their ends."""
        *complete, self._rest = (self._rest + data).split(b"\n")
        for line in complete:
            yield from self._whole(line.removesuffix(b"\r"))
        yield from self._rewritten()
        while len(self._rest) > LONGEST:
            yield self._give(self._rest[:LONGEST])
            self._rest = self._rest[LONGEST:]

    def end(self) -> Iterator[str]:
        """What is left when the stream has ended without a line's end."""
        if self._rest:
            yield from self._whole(self._rest)
        self._rest = b""

    def _whole(self, line: bytes) -> Iterator[str]:
        line = line.rpartition(b"\r")[2]
        for start in range(0, max(len(line), 1), LONGEST):
            yield self._give(line[start : start + LONGEST])

    def _rewritten(self) -> Iterator[str]:
        """From time to time the last full state of a line that is rewritten; others are lost."""
        # A \r at the very end may be the first half of a line's end.
        before, mark, after = self._rest[:-1].rpartition(b"\r")
        state = before.rpartition(b"\r")[2]
        if state and self._clock() - self._given >= REWRITE_EVERY:
            yield self._give(state[:LONGEST])
        if mark:
            self._rest = after + self._rest[-1:]

    def _give(self, line: bytes) -> str:
        self._given = self._clock()
        return line.decode("utf-8", "replace")
