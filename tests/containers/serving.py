"""What tests ask of a server whose jobs run in containers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.restart.server import Server
from tests.worker.support import until

FINAL = ("successful", "failed", "dismissed")
#: Makes a server in a folder of its own, with traits.
Start = Callable[..., Server]


def deploy(server: Server, package: bytes, media_type: str) -> dict[str, Any]:
    """Deploy a package; its description."""
    sent = server.send("POST", "processes", data=package, headers={"Content-Type": media_type})
    assert sent.status_code == 201, sent.text
    body: dict[str, Any] = sent.json()
    return body


def ended(server: Server, path: str, seconds: float) -> dict[str, Any]:
    """The last status of a job, waited for."""
    now: dict[str, Any] = {}

    def final() -> bool:
        now.update(server.send("GET", path).json())
        return now["status"] in FINAL

    until(final, seconds)
    return now
