"""A server that drips holds a thread no longer than it may."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

import pytest

from jupyter_ades.api.callbacks import Callbacks
from jupyter_ades.core.limits import Limits
from jupyter_ades.core.linked import names_links, resolve
from jupyter_ades.errors import InvalidInputs, UnreachableReference
from jupyter_ades.fetch import fetch_bytes
from jupyter_ades.model import FetchPolicy, Input, Process, Telling

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


class Dripping:
    """A server that says a beginning, then the same bytes again and again until it is cut off."""

    def __init__(self, beginning: bytes, drop: bytes) -> None:
        self.beginning, self.drop = beginning, drop
        #: Bytes that the last client took.
        self.taken = 0
        self.cut = threading.Event()
        self._over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            client, _ = self._listening.accept()
            with client, suppress(OSError):
                client.recv(65536)
                client.sendall(self.beginning)
                while not self._over.wait(0 if len(self.drop) > 1 else 0.02):
                    client.sendall(self.drop)
                    self.taken += len(self.drop)
        self.cut.set()

    def close(self) -> None:
        self._over.set()
        self._listening.close()
        self._thread.join()


@contextmanager
def dripping(beginning: bytes, drop: bytes = b"1") -> Iterator[tuple[Dripping, str, FetchPolicy]]:
    server = Dripping(beginning, drop)
    policy = FetchPolicy(user_folder="/nowhere", allow_hosts=("127.0.0.1",), timeout=5, attempts=1)
    try:
        yield server, f"http://127.0.0.1:{server.port}/", policy
    finally:
        server.close()


BEGINNINGS = [
    pytest.param(b"", id="status"),
    pytest.param(HEAD + b"X-Long: ", id="header"),
    pytest.param(HEAD + b"\r\n", id="body without a length"),
    pytest.param(HEAD + b"Content-Length: 999999\r\n\r\n", id="body"),
]


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_a_literal_that_drips_is_given_up(beginning: bytes) -> None:
    process = Process(id="p", inputs=(Input(id="n", schema={"type": "string"}),))
    with dripping(beginning) as (server, url, policy):
        asked: dict[str, Any] = {"n": {"href": url}}
        before = time.monotonic()
        with pytest.raises(InvalidInputs, match=r"takes longer than 0\.3 seconds"):
            resolve(process, asked, policy, Limits(literal_timeout=0.3))
        assert 0.2 < time.monotonic() - before < 4
        assert server.cut.wait(10)
    assert names_links(process, asked)
    assert not names_links(process, {"n": "http://h/"})


def test_without_a_deadline_there_is_none() -> None:
    with dripping(HEAD + b"Content-Length: 20\r\n\r\n") as (_, url, policy):
        assert fetch_bytes(url, policy)[0] == b"1" * 20


def test_each_attempt_has_its_deadline() -> None:
    with dripping(HEAD + b"\r\n") as (_, url, policy):
        limited = FetchPolicy(
            user_folder="", allow_hosts=policy.allow_hosts, seconds=0.2, attempts=5
        )
        with pytest.raises(UnreachableReference, match=r"\(1 attempt\)"):
            fetch_bytes(url, limited)


def told(url: str, policy: FetchPolicy) -> str:
    terms = Telling(fetch=policy, timeout=0.3)
    callbacks = Callbacks(cast("Any", None), [], [], terms)
    try:
        return callbacks._post(url, b"{}", policy)
    finally:
        callbacks.stop()


@pytest.mark.parametrize("beginning", BEGINNINGS[:2])
def test_a_subscriber_that_drips_is_given_up(beginning: bytes) -> None:
    with dripping(beginning) as (server, url, policy):
        assert told(url, policy) == f"{url}: no answer within 0.3 seconds"
        assert server.cut.wait(10)


def test_what_a_subscriber_says_is_not_read() -> None:
    with dripping(HEAD + b"\r\n", drop=b"x" * 2**20) as (server, url, policy):
        assert told(url, policy) == ""
        assert server.cut.wait(10)
        # No more than what buffers on the way hold.
        assert server.taken < 16 * 2**20
