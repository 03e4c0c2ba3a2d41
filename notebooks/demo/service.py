"""Starts a Jupyter server with the extension for as long as a block lasts."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

#: Seconds that a server may take to start.
PATIENCE = 60.0
WORKSPACE = "demo"


@dataclass(frozen=True)
class Service:
    """A running server."""

    #: Scheme, host and port.
    origin: str
    token: str

    @property
    def root(self) -> str:
        """The wps3 root of the demo's workspace."""
        return f"{self.origin}/{WORKSPACE}/wps3"

    def send(self, method: str, path: str, **options: object) -> requests.Response:
        """A request to an address below the root, or to a path-absolute one."""
        url = f"{self.origin}{path}" if path.startswith("/") else f"{self.root}/{path}"
        headers = {"Authorization": f"token {self.token}", "Accept": "application/json"}
        headers |= options.pop("headers", {})  # type: ignore[arg-type]
        return requests.request(method, url, headers=headers, timeout=120, **options)  # type: ignore[arg-type]


@contextmanager
def running(folder: Path, user_folder: Path, *, app: str = "jupyter_server") -> Iterator[Service]:
    """A server whose state is in ``folder``; it is ended with the block."""
    service = Service(origin=f"http://127.0.0.1:{_free_port()}", token=secrets.token_hex(16))
    with open(folder / "server.log", "wb") as log:
        server = subprocess.Popen(
            _command(service, folder, user_folder, app),
            stdout=log,
            stderr=log,
            env=os.environ | {"JUPYTER_TOKEN": service.token},
        )
    try:
        _wait(service, server, folder / "server.log")
        yield service
    finally:
        # A job outlives its server: after a failure none is left running.
        _dismiss_open_jobs(service)
        server.terminate()
        server.wait(timeout=PATIENCE)


def _dismiss_open_jobs(service: Service) -> None:
    try:
        for status in ("accepted", "running"):
            for job in service.send("GET", "jobs", params={"status": status}).json()["jobs"]:
                service.send("DELETE", f"jobs/{job['jobID']}")
    except requests.ConnectionError:
        return


def _command(service: Service, folder: Path, user_folder: Path, app: str) -> list[str]:
    port = service.origin.rpartition(":")[2]
    return [
        sys.executable,
        "-m",
        app,
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.open_browser=False",
        f"--ServerApp.root_dir={user_folder}",
        "--ServerApp.allow_root=True",
        f"--ADES.workspaces={WORKSPACE}",
        f"--ADES.workspace_root={folder / 'state'}",
        # The demo's own scene is served from this machine.
        "--ADES.allow_hosts=127.0.0.1",
    ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(service: Service, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        if _answers(service):
            return
        time.sleep(0.1)
    raise SystemExit(f"The Jupyter server did not start; {log} says:\n{log.read_text()[-3000:]}")


def _answers(service: Service) -> bool:
    try:
        response = service.send("GET", "processes")
    except requests.ConnectionError:
        return False
    if response.status_code == 404:
        raise SystemExit("The server runs without the extension: see jupyter server extension list")
    return response.ok
