"""A client that costs little: HTTP/1.1 on connections that are kept open, nothing else."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


@dataclass(eq=False)
class Connection:
    """One connection to a server, opened with its first request."""

    origin: str
    token: str = "secret"
    _reader: asyncio.StreamReader | None = None
    _writer: asyncio.StreamWriter | None = None
    #: Seconds that each request took.
    took: list[float] = field(default_factory=list)

    async def send(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        """Status and body of a request's answer."""
        if self._reader is None or self._writer is None:
            parts = urlsplit(self.origin)
            self._reader, self._writer = await asyncio.open_connection(parts.hostname, parts.port)
        data = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: token {self.token}\r\n"
            "Accept: application/json\r\nPrefer: respond-async\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        began = time.perf_counter()
        self._writer.write(head.encode() + data)
        header = await self._reader.readuntil(b"\r\n\r\n")
        lines = header.lower().split(b"\r\n")
        told = dict(line.partition(b":")[::2] for line in lines[1:])
        answer = await self._reader.readexactly(int(told.get(b"content-length", 0)))
        self.took.append(time.perf_counter() - began)
        return int(lines[0].split()[1]), answer

    async def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
            await self._writer.wait_closed()


async def once(origin: str, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
    """Status and body of one request's answer."""
    connection = Connection(origin)
    try:
        return await connection.send(method, path, body)
    finally:
        await connection.close()


async def together(
    origin: str, connections: int, requests: int, method: str, path: str, body: Any = None
) -> tuple[float, list[float]]:
    """Requests per second over so many connections at once, and what each request took."""
    made = [Connection(origin) for _ in range(connections)]

    async def one(connection: Connection) -> None:
        for _ in range(requests // connections):
            status, answer = await connection.send(method, path, body)
            assert status in (200, 201), (status, answer)

    for connection in made:
        await connection.send("GET", "/api")
        connection.took.clear()
    began = time.perf_counter()
    await asyncio.gather(*map(one, made))
    seconds = time.perf_counter() - began
    took = [each for connection in made for each in connection.took]
    for connection in made:
        await connection.close()
    return len(took) / seconds, took
