"""A real JupyterHub with its proxy and real single-user servers, in a folder of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parent.parent.parent
PROXY = ROOT / ".hub/node_modules/.bin/configurable-http-proxy"
PATIENCE = 90.0

CONFIG = """
c = get_config()
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub_port}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
c.ConfigurableHTTPProxy.command = ["{proxy}"]
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie_secret"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/home/{{username}}"
c.Spawner.cmd = ["{bin}/jupyterhub-singleuser"]
c.Spawner.args = [
    "--allow-root",
    "--ADES.max_running_jobs=2",
    "--ServerApp.authorizer_class=jupyter_ades.sharing.HubScopesAuthorizer",
]
# Activity is told every second, so that a culler with a short timeout judges as one with a long
# one does.
c.Spawner.environment = {{
    "JUPYTERHUB_SINGLEUSER_APP": "jupyter_server.serverapp.ServerApp",
    "JUPYTERHUB_ACTIVITY_INTERVAL": "1",
}}
c.JupyterHub.custom_scopes = {{
    "custom:ades:read": {{"description": "Read an ADES"}},
    "custom:ades:execute": {{"description": "Execute processes of an ADES"}},
    "custom:ades:write": {{"description": "Do everything with an ADES"}},
}}
c.JupyterHub.activity_resolution = 0
c.JupyterHub.last_activity_interval = 1
c.JupyterHub.services = [{{"name": "keeper", "api_token": "{keeper}"}}]
OURS = ["custom:ades:read!user", "custom:ades:execute!user", "custom:ades:write!user"]
c.JupyterHub.load_roles = [
    {{
        "name": "keeper",
        "services": ["keeper"],
        "scopes": ["admin:users", "admin:servers", "tokens", "list:users", "read:users:activity"],
    }},
    {{"name": "user", "scopes": ["self", *OURS]}},
]
"""


class Hub:
    """One hub on free ports."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.keeper = "keeper-of-this-hub-0123456789"
        (folder / "home").mkdir()
        config = CONFIG.format(
            port=self.port,
            hub_port=free_port(),
            api_port=free_port(),
            proxy=PROXY,
            folder=folder,
            bin=Path(sys.executable).parent,
            keeper=self.keeper,
        )
        (folder / "jupyterhub_config.py").write_text(config)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What the hub and its servers wrote."""
        return (self.folder / "hub.log").read_text()

    def start(self) -> None:
        """Start, and wait until the hub answers."""
        with open(self.folder / "hub.log", "ab") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "jupyterhub",
                    "-f",
                    str(self.folder / "jupyterhub_config.py"),
                ],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                # Nothing of the machine's own Jupyter.
                env={name: value for name, value in os.environ.items() if "JUPYTER" not in name},
            )
        self.until(self._answers, "the hub does not start")

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log
        try:
            return requests.get(f"{self.origin}/hub/api", timeout=10).ok
        except requests.ConnectionError:
            return False

    def stop(self) -> None:
        """End the hub, its proxy and all servers."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE)

    def until(self, holds: Callable[[], bool], otherwise: str, seconds: float = PATIENCE) -> None:
        """Look until something holds."""
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, f"{otherwise}\n{self.log[-5000:]}"
            time.sleep(0.1)

    # the hub's own API

    def api(self, method: str, path: str, **options: Any) -> requests.Response:
        """A request as the keeper."""
        headers = {"Authorization": f"token {self.keeper}"}
        url = f"{self.origin}/hub/api/{path}"
        return requests.request(method, url, headers=headers, timeout=60, **options)

    def user(self, name: str) -> User:
        """A user with a running server and a token that is good for it alone."""
        self.api("POST", f"users/{name}")
        user = User(self, name)
        user.start()
        return user

    def running(self, name: str) -> bool:
        """Whether a user's server is up."""
        servers = self.api("GET", f"users/{name}").json()["servers"]
        return bool(servers.get("", {}).get("ready"))

    def last_activity(self, name: str) -> datetime:
        """When a user's server was last at work, as the hub knows it."""
        server = self.api("GET", f"users/{name}").json()["servers"][""]
        return datetime.fromisoformat(server["last_activity"])


class User:
    """Somebody with a server behind the hub."""

    def __init__(self, hub: Hub, name: str) -> None:
        self.hub = hub
        self.name = name
        self.base = f"/user/{name}/"
        self.token = self.new_token()

    def new_token(self, *more: str) -> str:
        """A token for this user's servers, and for nothing else; with these scopes besides."""
        scopes = {"scopes": [f"access:servers!user={self.name}", *more], "expires_in": 3600}
        answer = self.hub.api("POST", f"users/{self.name}/tokens", json=scopes)
        assert answer.status_code == 201, answer.text
        token: str = answer.json()["token"]
        return token

    def start(self) -> None:
        """Start the server and wait for it."""

        def started() -> bool:
            # One that is still stopping cannot be started yet: ask again.
            return self.hub.running(self.name) or (
                self.hub.api("POST", f"users/{self.name}/server").status_code == 201
            )

        self.hub.until(started, f"{self.name}'s server does not start")
        self.hub.until(lambda: self.hub.running(self.name), f"{self.name}'s server is not ready")

    def stop(self) -> None:
        """Stop the server and wait until it is gone."""
        self.hub.api("DELETE", f"users/{self.name}/server")
        self.hub.until(
            lambda: self.hub.api("GET", f"users/{self.name}").json()["servers"] == {},
            f"{self.name}'s server does not stop",
        )

    @property
    def home(self) -> Path:
        """The user's folder."""
        return self.hub.folder / "home" / self.name

    def root(self, workspace: str) -> str:
        """The wps3 root as clients outside see it."""
        return f"{self.hub.origin}{self.base}{workspace}/wps3"


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
