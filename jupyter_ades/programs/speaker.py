"""A program's output: whole lines of its own amid what others write."""

from __future__ import annotations

import threading
from typing import TextIO

from jupyter_ades.runners.steps import step_line


class Speaker:
    """A text stream that begins its own lines at a line's beginning; from any thread."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._begun = False

    def write(self, text: str) -> int:
        """Write text as it comes, the way a file does."""
        with self._lock:
            self._put(text)
        return len(text)

    def flush(self) -> None:
        """Everything is flushed when it is written; files have this."""

    def line(self, text: str) -> None:
        """Write a line, beginning a new one when the last has no end."""
        with self._lock:
            self._put(f"\n{text}\n" if self._begun else f"{text}\n")

    def step(self, done: int, total: int, label: str) -> None:
        """Tell the runner how far the program is."""
        self.line(step_line(done, total, label))

    def _put(self, text: str) -> None:
        if text:
            self._begun = not text.endswith("\n")
            self._stream.write(text)
            self._stream.flush()
