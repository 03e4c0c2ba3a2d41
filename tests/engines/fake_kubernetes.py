"""The part of Kubernetes' API that jobs use, over HTTP; pods are processes of this machine.

Not a cluster: it shows a pod in the states that a test writes for it, then runs its command here.
"""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections import defaultdict
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

Status = dict[str, Any]
PENDING: Status = {"phase": "Pending"}


def container(state: dict[str, Any], name: str = "calrissian") -> dict[str, Any]:
    """A container's status with all that the API's schema requires."""
    fixed = {"image": "registry.example/calrissian:1", "imageID": "", "ready": False}
    return {"name": name, **fixed, "restartCount": 0, "state": state}


class Cluster:
    """One namespace, at an address of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.jobs: dict[str, dict[str, Any]] = {}
        self.pods: dict[str, dict[str, Any]] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        #: What the job's pod shows, look by look, before it runs; a last one that is final stays.
        self.before: list[Status] = []
        #: The same for pods that stand for tools', shown beside: name to states.
        self.tools: dict[str, list[Status]] = {}
        #: Why no pod is made for a job, as an event tells; empty when one is.
        self.quota = ""
        #: Answer to a submission with this status and message instead.
        self.refusal: tuple[int, str] | None = None
        #: To what (``POST``, ``pods``, ``log``, ``DELETE``) the answers that fail, in turn;
        #: 0 is a connection that breaks when the act is done.
        self.hiccups: dict[str, list[int]] = {}
        #: What a pod's log begins with.
        self.noise = b""
        self.environment: dict[str, str] = {}
        self._lock = threading.Lock()
        self._counts: dict[str, int] = defaultdict(int)
        handler = type("Handler", (_Handler,), {"cluster": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.kubeconfig = folder / "kubeconfig"
        address = f"http://127.0.0.1:{self._server.server_port}"
        named = {"name": "fake"}
        self.kubeconfig.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [{**named, "cluster": {"server": address}}],
                    "users": [{**named, "user": {}}],
                    "contexts": [{**named, "context": {"cluster": "fake", "user": "fake"}}],
                    "current-context": "fake",
                }
            )
        )

    def stop(self) -> None:
        """End the server and every pod."""
        self.remove_all()
        self._server.shutdown()
        self._server.server_close()

    def remove_all(self) -> None:
        """Remove pods, and end their processes."""
        for process in self.processes.values():
            process.kill()
            process.wait()
        self.pods.clear()
        self.processes.clear()

    def submit(self, job: dict[str, Any]) -> None:
        """Make a job's pod."""
        name = job["metadata"]["name"]
        self.jobs[name] = job
        if self.quota:
            return
        template = job["spec"]["template"]
        labels = template["metadata"]["labels"]
        self.pods[f"{name}-x7k2p"] = {
            "metadata": {"name": f"{name}-x7k2p", "labels": labels},
            "spec": template["spec"],
        }

    def listed(self) -> list[dict[str, Any]]:
        """All pods as they stand."""
        with self._lock:
            own = [{**pod, "status": self._status(name, pod)} for name, pod in self.pods.items()]
            shown = [
                {
                    "metadata": {"name": name},
                    "status": states[min(self._look(name), len(states) - 1)],
                }
                for name, states in self.tools.items()
                if self.pods
            ]
            return own + shown

    def events(self, path: str) -> dict[str, Any]:
        """What is told of a job that gets no pod."""
        named = {"kind": "Job", "name": next(iter(self.jobs), "")}
        selector = f"involvedObject.kind=Job,involvedObject.name={named['name']}"
        told = {"type": "Warning", "reason": "FailedCreate", "message": self.quota}
        items = [{"metadata": {"name": "e"}, "involvedObject": named, **told}]
        shown = items if self.quota and selector in path else []
        return {"kind": "EventList", "apiVersion": "v1", "items": shown}

    def _look(self, name: str) -> int:
        self._counts[name] += 1
        return self._counts[name] - 1

    def _status(self, name: str, pod: dict[str, Any]) -> Status:
        look = self._look(name)
        if look < len(self.before):
            return self.before[look]
        final = self.before and self.before[-1].get("phase") in ("Failed", "Unknown")
        if final:
            return self.before[-1]
        if name not in self.processes:
            self.processes[name] = self._start(name, pod)
        code = self.processes[name].poll()
        if code is None:
            return {"phase": "Running"}
        ended = {"terminated": {"exitCode": code, "reason": "Error" if code else "Completed"}}
        phase = "Failed" if code else "Succeeded"
        return {"phase": phase, "containerStatuses": [container(ended)]}

    def _start(self, name: str, pod: dict[str, Any]) -> subprocess.Popen[bytes]:
        with open(self.folder / f"{name}.log", "wb") as log:
            log.write(self.noise)
            log.flush()
            return subprocess.Popen(
                pod["spec"]["containers"][0]["command"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                start_new_session=True,
            )


class _Handler(BaseHTTPRequestHandler):
    cluster: Cluster

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        job = json.loads(self.rfile.read(length))
        if self.cluster.refusal is not None:
            code, message = self.cluster.refusal
            self._fail(code, message)
            return
        if job["metadata"]["name"] in self.cluster.jobs:
            self._fail(409, f'jobs.batch "{job["metadata"]["name"]}" already exists')
            return
        if self._hiccup("POST", lambda: self.cluster.submit(job)):
            return
        self.cluster.submit(job)
        self._send(job, 201)

    def do_GET(self) -> None:
        log = re.search(r"/pods/([^/]+)/log", self.path)
        if self._hiccup("log" if log else "pods"):
            return
        if log:
            path = self.cluster.folder / f"{log[1]}.log"
            self._send(path.read_bytes() if path.exists() else b"", 200)
            return
        if "/events?" in self.path:
            self._send(self.cluster.events(unquote(self.path)), 200)
            return
        assert "labelSelector=jupyter-ades/job=" in unquote(self.path)
        items = self.cluster.listed()
        self._send({"kind": "PodList", "apiVersion": "v1", "items": items}, 200)

    def do_DELETE(self) -> None:
        if self._hiccup("DELETE"):
            return
        if "/jobs/" in self.path:
            self.cluster.jobs.clear()
        else:
            self.cluster.remove_all()
        self._send({"kind": "Status", "status": "Success"}, 200)

    def _hiccup(self, to: str, act: Callable[[], None] = lambda: None) -> bool:
        """Whether this answer fails; a break of the connection comes after the act."""
        left = self.cluster.hiccups.get(to)
        if not left:
            return False
        code = left.pop(0)
        if code:
            self._fail(code, "etcdserver: leader changed")
        else:
            act()
            self.close_connection = True
        return True

    def _fail(self, code: int, message: str) -> None:
        self._send({"kind": "Status", "status": "Failure", "message": message, "code": code}, code)

    def _send(self, answer: Any, code: int) -> None:
        plain = isinstance(answer, bytes)
        body = answer if plain else json.dumps(answer).encode()
        self.send_response(code)
        self.send_header("Content-Type", "text/plain" if plain else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""
