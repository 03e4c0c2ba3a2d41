"""What an operation asks for, step by step: no socket, no clock, so sync and async share it.

An operation is a generator that yields a :class:`Call` or a :class:`Pause` and is sent the
:class:`Reply`. :mod:`jupyter_ades.client.transport` carries it out, blocking or awaiting.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Call:
    """One HTTP request."""

    method: str = "GET"
    #: An absolute http(s) URL.
    url: str
    query: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Sent as ``Authorization: Bearer``; empty sends none.
    token: str = ""


@dataclass(frozen=True)
class Pause:
    """Some time during which nothing is asked."""

    seconds: float


@dataclass(frozen=True, kw_only=True)
class Reply:
    """The answer to a call."""

    status: int
    #: Names in lower case.
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""

    @property
    def media_type(self) -> str:
        """The content type without parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def document(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return json.loads(self.content)
        except ValueError:
            return None

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", errors="replace")


Step = Call | Pause
#: Yields steps, is sent replies, returns what the operation is for.
Operation = Generator[Step, Any, T]


def send(call: Call) -> Operation[Reply]:
    """One call's reply, whatever its status."""
    reply: Reply = yield call
    return reply
