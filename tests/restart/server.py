"""A real Jupyter server in a process of its own, to be killed and started again."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from jupyter_ades.jobdir import read_record
from jupyter_ades.system.identity import Worker, is_alive

PATIENCE = 60.0
#: Runs a test with workers of both kinds; a fixture ``warm`` says which.
BOTH = pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
PROBE = b"""
{"cwlVersion": "v1.2", "class": "CommandLineTool", "id": "probe", "inputs": [], "outputs": [],
 "baseCommand": ["sleep", "600"]}
"""


#: The server alone, without JupyterLab and others that are installed: it starts in two thirds of
#: the time.
ALONE = str(Path(__file__).with_name("alone.py"))
OTHERS = dict.fromkeys(
    ("jupyter_lsp", "jupyter_server_terminals", "jupyterlab", "notebook", "notebook_shim"), False
)


@pytest.fixture
def warm() -> bool:
    """Whether workers are forked; not, in tests that are run with one kind."""
    return False


class Server:
    """One server on one port, with its state in a folder."""

    def __init__(
        self,
        folder: Path,
        *,
        base_url: str = "/",
        traits: Mapping[str, object] | None = None,
        user_folder: Path | None = None,
        app: str = ALONE,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._app = app
        self._environment = dict(environment or {})
        self.folder = folder
        self.port = _free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.root = f"{self.origin}{base_url}terradue/wps3"
        self.user_folder = user_folder or folder / "user"
        self.user_folder.mkdir(exist_ok=True)
        self._traits = {
            "ServerApp.port": self.port,
            "ServerApp.port_retries": 0,
            "ServerApp.ip": "127.0.0.1",
            "ServerApp.open_browser": False,
            "ServerApp.root_dir": self.user_folder,
            "ServerApp.allow_root": True,
            "ServerApp.base_url": base_url,
            # JupyterLab would ask the web for news and updates.
            "LabApp.news_url": "None",
            "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
            "LabApp.extension_manager": "readonly",
            # Tests change the theme and ask for commands as JupyterLab's own code does.
            "LabApp.expose_app_in_browser": True,
            "JupyterNotebookApp.expose_app_in_browser": True,
            **({"ServerApp.jpserver_extensions": OTHERS} if app == ALONE else {}),
            "ADES.workspaces": "terradue",
            "ADES.workspace_root": folder / "state",
            "ADES.max_running_jobs": 1,
            "ADES.allow_hosts": "127.0.0.1",
            # A fork server takes seconds to import what few jobs of a test would use.
            "ADES.warm_workers": False,
            **{f"ADES.{name}": value for name, value in (traits or {}).items()},
        }
        # Lists, which a command line has no words for.
        lists = {name: value for name, value in (traits or {}).items() if isinstance(value, list)}
        if lists:
            configured = json.dumps({"ADES": lists})
            (folder / "jupyter_server_config.json").write_text(configured, encoding="utf-8")
        for name in lists:
            del self._traits[f"ADES.{name}"]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it answers."""
        process = self._spawn()
        try:
            self._wait_for_answer(process)
        except BaseException:
            self.kill()
            raise

    def start_without(self) -> str:
        """Start where the extension cannot; the log of that, once the server answers."""
        log = self.folder / "server.log"
        before = len(log.read_text())
        process = self._spawn()
        deadline = time.monotonic() + PATIENCE
        while not self._says_version():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        return log.read_text()[before:]

    def _says_version(self) -> bool:
        try:
            return requests.get(f"{self.origin}/api", timeout=60).ok
        except requests.ConnectionError:
            return False

    def _spawn(self) -> subprocess.Popen[bytes]:
        options = [f"--{name}={value}" for name, value in self._traits.items()]
        with open(self.folder / "server.log", "ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self._program, *options],
                stdout=log,
                stderr=log,
                env=os.environ
                | {"JUPYTER_TOKEN": "secret", "JUPYTER_CONFIG_DIR": str(self.folder)}
                | self._environment,
            )
        return self._process

    @property
    def _program(self) -> list[str]:
        # Without the tests' own folder on its path.
        return ["-P", ALONE] if self._app == ALONE else ["-m", self._app]

    def _wait_for_answer(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            log_text = (self.folder / "server.log").read_text()
            assert process.poll() is None, log_text
            assert time.monotonic() < deadline, log_text
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            answer = self.send("GET", "processes")
        except requests.ConnectionError:
            return False
        assert answer.status_code != 404, "the server runs without the extension"
        return answer.ok

    @property
    def pid(self) -> int:
        """The server's process number."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """As a machine would: no signal that can be handled."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def end(self) -> None:
        """End it in good order; its jobs go on."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(PATIENCE)

    def stop(self) -> None:
        """End it in good order, and every job with it."""
        if self._process is not None and self._process.poll() is None:
            for job in self.send("GET", "jobs").json()["jobs"]:
                if job["status"] in ("accepted", "running"):
                    self.send("DELETE", f"jobs/{job['jobID']}")
            self._process.terminate()
            self._process.wait(PATIENCE)

    def warm_up(self) -> None:
        """Start jobs until one is on a forked worker, and end them."""
        headers = {"Content-Type": "application/cwl+json"}
        assert self.send("POST", "processes", data=PROBE, headers=headers).status_code == 201
        deadline = time.monotonic() + PATIENCE
        forked = False
        while not forked:
            assert time.monotonic() < deadline, "no worker was forked"
            job_id = self.send("POST", "processes/probe/jobs", json={}).json()["jobID"]
            forked = self._is_forked_soon(job_id, deadline)
            self.send("DELETE", f"jobs/{job_id}")

    def _is_forked_soon(self, job_id: str, deadline: float) -> bool:
        while time.monotonic() < deadline:
            with suppress(ValueError, psutil.Error):
                return self.is_forked(job_id)
            time.sleep(0.05)
        return False

    def is_forked(self, job_id: str) -> bool:
        """Whether the living worker of a job was forked."""
        state = Path(str(self._traits["ADES.workspace_root"]))
        (told,) = (read_record(each, Worker) for each in state.glob(f"*/jobs/{job_id}/worker.json"))
        if told is None:
            raise ValueError(f"{job_id}: no worker has said who it is")
        return "jupyter_ades.worker.warm" in psutil.Process(told.pid).cmdline()

    def workers(self) -> list[int]:
        """Process numbers of the jobs' workers that run on this server's state."""
        state = Path(str(self._traits["ADES.workspace_root"]))
        told = (read_record(each, Worker) for each in state.glob("*/jobs/*/worker.json"))
        return [each.pid for each in told if each is not None and is_alive(each)]

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        """A request below the wps3 root, with the token."""
        headers = {"Authorization": "token secret", **options.pop("headers", {})}
        return requests.request(
            method, f"{self.root}/{path}", headers=headers, timeout=60, **options
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
