"""Other people's services, each in an environment of its own below ``.peers``, which is ignored."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from jupyter_ades.system.descendants import lives
from tests.restart.server import _free_port

ROOT = Path(__file__).parents[2]
PEERS = ROOT / ".peers"
#: Seconds without any end, and without a process at work, after which jobs are given up; and
#: seconds after which they are in any case.
QUIET, LONGEST = 60.0, 900.0
#: Whether they are measured, too.
PEERS_TOO = os.environ.get("ADES_BENCH_PEERS", "1") == "1"


def environment(name: str, *packages: str) -> Path:
    """The folder of an environment's commands, made when it is not there."""
    folder = PEERS / name
    done = folder / ".installed"
    PEERS.mkdir(exist_ok=True)
    # Tests that run side by side may want the same one.
    with open(PEERS / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
            install = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", *packages]
            subprocess.run(install, check=True)
            done.touch()
    return folder / "bin"


class Scheduler:
    """jupyter-scheduler in a server of its own."""

    def __init__(self, origin: str, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._jobs = f"{origin}/scheduler/jobs"

    def send(self, notebook: str) -> str:
        """Ask for one job; its id."""
        body = {
            "name": notebook,
            "input_uri": notebook,
            "runtime_environment_name": self._environment,
            "output_formats": ["ipynb"],
        }
        return str(self._ask("POST", self._jobs, body)["job_id"])

    _environment = ""

    def choose(self) -> None:
        """Take the first environment that it offers."""
        found = self._ask("GET", self._jobs.replace("/jobs", "/runtime_environments"))
        self._environment = found[0]["name"]

    def wait(self, jobs: Sequence[str], every: float) -> tuple[float, int]:
        """Until all jobs have ended well; the time (as ``perf_counter``) and how many never did.

        Of many at once it leaves some in progress for ever: those are given up when none of its
        processes has been at work for ``QUIET`` seconds, and the time is that of the last end.
        """
        left, last = deque(jobs), time.perf_counter()
        active, deadline = last, last + LONGEST
        while left and time.perf_counter() < min(active + QUIET, deadline):
            status = self._ask("GET", f"{self._jobs}/{left[0]}")["status"]
            # It says STOPPED of jobs that have not started yet.
            assert status != "FAILED"
            if status == "COMPLETED":
                left.popleft()
                last = active = time.perf_counter()
            else:
                if self._is_at_work():
                    active = time.perf_counter()
                left.rotate(-1)
                time.sleep(every)
        return last, len(left)

    def _is_at_work(self) -> bool:
        """Whether a process of a job's runs; it takes no leave of those that ended.

        One of multiprocessing's own waits for them for ever.
        """
        for each in filter(lives, self._process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                if "resource_tracker" not in " ".join(each.cmdline()):
                    return True
        return False

    def _ask(self, method: str, url: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": "token secret", "Content-Type": "application/json"}
        request = urllib.request.Request(url, data=data, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.loads(answer.read() or b"null")


@contextmanager
def jupyter_scheduler(folder: Path) -> Iterator[Scheduler]:
    """One that answers."""
    commands = environment("jupyter-scheduler", "jupyter-scheduler", "numpy", "ipykernel")
    folder.mkdir(exist_ok=True)
    port = _free_port()
    arguments = [
        *("server", f"--port={port}", "--ServerApp.port_retries=0", "--ip=127.0.0.1"),
        *("--no-browser", "--allow-root", "--IdentityProvider.token=secret"),
        f"--ServerApp.root_dir={folder}",
    ]
    own = {"JUPYTER_DATA_DIR": str(folder / ".data"), "JUPYTER_CONFIG_DIR": str(folder / ".config")}
    own["PATH"] = f"{commands}{os.pathsep}{os.environ['PATH']}"
    with open(folder / "log", "wb") as log:
        server = subprocess.Popen(
            [str(commands / "jupyter"), *arguments],
            stdout=log,
            stderr=log,
            env={**os.environ, **own},
            start_new_session=True,
        )
    try:
        yield _answering(Scheduler(f"http://127.0.0.1:{port}", server.pid), folder / "log")
    finally:
        server.terminate()
        server.wait(60)


def _answering(scheduler: Scheduler, log: Path) -> Scheduler:
    deadline = time.monotonic() + 90
    while True:
        try:
            scheduler.choose()
        except OSError:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        else:
            return scheduler
