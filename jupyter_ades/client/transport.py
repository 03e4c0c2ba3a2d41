"""Carries operations out over HTTP, blocking or awaiting.

httpx has one interface for both, with the same names, pools and timeouts, and JupyterLab brings it
already.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, TypeVar

import httpx

import jupyter_ades
from jupyter_ades.client.errors import ClientError, NoServer, Unavailable, error_of
from jupyter_ades.client.steps import Call, Operation, Pause, Reply

T = TypeVar("T")

#: Seconds that an answer may take: a deploy reads the package before it answers.
TIMEOUT = httpx.Timeout(150.0, connect=10.0)
#: A followed log is silent for as long as the job is.
STREAM_TIMEOUT = httpx.Timeout(None, connect=10.0)
#: A proxy of the machine's has no business between a client and a server beside it.
BESIDE = ("all://localhost", "all://127.0.0.1", "all://[::1]")
USER_AGENT = f"jupyter-ades/{jupyter_ades.__version__}"


def _options(verify: bool | str) -> dict[str, Any]:
    trusted = ssl.create_default_context(cafile=verify) if isinstance(verify, str) else verify
    return {
        "timeout": TIMEOUT,
        "follow_redirects": True,
        "verify": trusted,
        "headers": {"User-Agent": USER_AGENT},
        "mounts": dict.fromkeys(BESIDE),
    }


def _request(call: Call) -> dict[str, Any]:
    headers = dict(call.headers)
    if call.token:
        headers["Authorization"] = f"Bearer {call.token}"
    return {
        "method": call.method,
        "url": call.url,
        "params": dict(call.query) or None,
        "content": call.content,
        "headers": headers,
    }


def _reply(response: httpx.Response) -> Reply:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(status=response.status_code, headers=headers, content=response.content)


def _unreachable(url: str, error: Exception) -> ClientError:
    """The error in words; a server that was reached and fell silent may come back."""
    origin = "/".join(url.split("/")[:3])
    reason = str(error) or type(error).__name__
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
        return NoServer(f"{url!r} is no address of a server: {reason}.")
    return Unavailable(f"{origin} does not answer: {reason}.")


def _refusal(call: Call, reply: Reply) -> ClientError:
    return error_of(reply.status, reply.document, token=bool(call.token), address=call.url)


def _part(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f".{path.name}.part")


class SyncTransport:
    """Blocks while an operation goes on. Opens on first use, and again after it was closed."""

    def __init__(self, verify: bool | str = True) -> None:
        self._verify = verify
        self._http: httpx.Client | None = None
        # Threads may share a client, and must not open two.
        self._opening = threading.Lock()

    @property
    def http(self) -> httpx.Client:
        """The open client."""
        with self._opening:
            if self._http is None:
                self._http = httpx.Client(**_options(self._verify))
            return self._http

    def close(self) -> None:
        """Close all connections."""
        with self._opening:
            if self._http is not None:
                self._http.close()
                self._http = None

    def perform(self, operation: Operation[T]) -> T:
        """Carry an operation out; what it returns."""
        try:
            step = next(operation)
            while True:
                try:
                    reply = self._step(step)
                except ClientError as error:
                    step = operation.throw(error)
                else:
                    step = operation.send(reply)
        except StopIteration as stop:
            result: T = stop.value
            return result

    def _step(self, step: Call | Pause) -> Reply | None:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        try:
            return _reply(self.http.request(**_request(step)))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _unreachable(step.url, error) from None

    def save(self, call: Call, path: Path) -> Path:
        """Write an answer to a file, which appears when it is complete."""
        part = _part(path)
        try:
            with self.http.stream(**_request(call), timeout=TIMEOUT) as response:
                if response.is_error:
                    response.read()
                    raise _refusal(call, _reply(response))
                with open(part, "wb") as file:
                    for chunk in response.iter_bytes():
                        file.write(chunk)
        except httpx.HTTPError as error:
            raise _unreachable(call.url, error) from None
        return part.replace(path)

    def lines(self, call: Call) -> Iterator[str]:
        """The lines of an answer as they come."""
        try:
            with self.http.stream(**_request(call), timeout=STREAM_TIMEOUT) as response:
                if response.is_error:
                    response.read()
                    raise _refusal(call, _reply(response))
                yield from response.iter_lines()
        except httpx.HTTPError as error:
            raise _unreachable(call.url, error) from None


class AsyncTransport:
    """Awaits while an operation goes on."""

    def __init__(self, verify: bool | str = True) -> None:
        self._verify = verify
        self._http: httpx.AsyncClient | None = None

    @property
    def http(self) -> httpx.AsyncClient:
        """The open client."""
        if self._http is None:
            self._http = httpx.AsyncClient(**_options(self._verify))
        return self._http

    async def close(self) -> None:
        """Close all connections."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def perform(self, operation: Operation[T]) -> T:
        """Carry an operation out; what it returns."""
        try:
            step = next(operation)
            while True:
                try:
                    reply = await self._step(step)
                except ClientError as error:
                    step = operation.throw(error)
                else:
                    step = operation.send(reply)
        except StopIteration as stop:
            result: T = stop.value
            return result

    async def _step(self, step: Call | Pause) -> Reply | None:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        try:
            return _reply(await self.http.request(**_request(step)))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _unreachable(step.url, error) from None

    async def save(self, call: Call, path: Path) -> Path:
        """Write an answer to a file, which appears when it is complete."""
        part = _part(path)
        try:
            async with self.http.stream(**_request(call), timeout=TIMEOUT) as response:
                if response.is_error:
                    await response.aread()
                    raise _refusal(call, _reply(response))
                with open(part, "wb") as file:
                    async for chunk in response.aiter_bytes():
                        file.write(chunk)
        except httpx.HTTPError as error:
            raise _unreachable(call.url, error) from None
        return part.replace(path)

    async def lines(self, call: Call) -> AsyncIterator[str]:
        """The lines of an answer as they come."""
        try:
            async with self.http.stream(**_request(call), timeout=STREAM_TIMEOUT) as response:
                if response.is_error:
                    await response.aread()
                    raise _refusal(call, _reply(response))
                async for line in response.aiter_lines():
                    yield line
        except httpx.HTTPError as error:
            raise _unreachable(call.url, error) from None
