"""How far a workflow is, counted in leaf steps; a scattered step counts once for each part."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jupyter_ades.programs.speaker import Speaker

#: A text that begins with a name, such as ``ndvi`` or ``ndvi:(B08 - B04)``, but no URL.
_NAME = re.compile(r"([A-Za-z_][\w.-]{0,40})(?::(?!//)|$)")


@dataclass(eq=False)
class Node:
    """A part of the work: the whole, a run of a workflow, or one of its steps."""

    parent: Node | None
    #: Leaf steps in it as known now, and those of them that have ended.
    expected: int
    done: int = 0

    def expect(self, leaves: int) -> None:
        """Correct how many leaf steps there are, here and above."""
        self._grow(leaves - self.expected, 0)

    def finish(self, leaves: int = 1) -> None:
        """Count leaf steps that ended; a loop may bring more than were expected."""
        self._grow(max(0, self.done + leaves - self.expected), leaves)

    def close(self) -> None:
        """Count what was skipped."""
        self.finish(self.expected - self.done)

    def _grow(self, expected: int, done: int) -> None:
        node: Node | None = self
        while node is not None:
            node.expected += expected
            node.done += done
            node = node.parent


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where in the work a process is run: carried down by cwltool's runtime context."""

    node: Node
    #: Leaf steps that were expected of one part of the step.
    per_part: int
    #: Inputs, by short name, that differ between a scattered step's parts.
    scattered: tuple[str, ...] = ()


@dataclass(eq=False)
class Part:
    """One run of a tool."""

    #: The step's name, and what tells this part from its siblings; for people.
    step: str
    part: str = ""
    #: What it is a part of; None for a tool that is no step of a workflow.
    of: Node | None = None

    @property
    def label(self) -> str:
        """The shorter name: of the part, else of the step."""
        return self.part or self.step

    @property
    def title(self) -> str:
        """The full name."""
        return f"{self.step} ({self.part})" if self.part else self.step


@dataclass(eq=False)
class Progress:
    """Tells how far the work is whenever a tool starts, and at the end."""

    speaker: Speaker
    root: Node = field(default_factory=lambda: Node(None, 1))
    _running: list[Part] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def start(self, part: Part) -> None:
        """A tool starts."""
        with self._lock:
            self._running.append(part)
            self._tell(part.label)

    def say(self, text: str) -> None:
        """Something other than a tool's run takes a while."""
        with self._lock:
            self._tell(text)

    def end(self, part: Part, node: Node, *, well: bool) -> None:
        """A tool has ended."""
        with self._lock:
            if part in self._running:
                self._running.remove(part)
            if well:
                node.finish()
            if self._running:
                self._tell(self._running[-1].label)
            elif self.root.done == self.root.expected:
                self._tell(part.label)

    def _tell(self, label: str) -> None:
        self.speaker.step(self.root.done, self.root.expected, label)


def part_of(name: str, place: Place, job_order: Mapping[str, Any]) -> Part:
    """A tool's run, named by its step and by the scattered values that have a name."""
    named = (_name(job_order.get(key)) for key in place.scattered)
    of = place.node if place.node.parent else None
    return Part(name, ", ".join(each for each in named if each), of)


def _name(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value.get("basename")
    if isinstance(value, (int, float)):
        return str(value)
    match = _NAME.match(value) if isinstance(value, str) else None
    return match[1] if match else ""
