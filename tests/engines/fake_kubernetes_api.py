"""The fake of Kubernetes over HTTP, in the shapes that the official client reads."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from tests.engines.fake_kubernetes import Cluster

#: Seconds between two looks at what is watched.
LOOK = 0.05


class Handler(BaseHTTPRequestHandler):
    """Answers for one cluster."""

    cluster: Cluster

    def do_POST(self) -> None:
        """Make a job, or a pod."""
        length = int(self.headers["Content-Length"])
        made = json.loads(self.rfile.read(length))
        if self._what == "pods":
            self._send(self.cluster.add(made), 201)
            return
        if self._what == "secrets":
            self.cluster.keep(made)
            self._send(made, 201)
            return
        if self._refuse():
            return
        name = made["metadata"]["name"]
        if name in self.cluster.jobs:
            self._fail(409, f'jobs.batch "{name}" already exists')
            return
        if self._hiccup("POST", lambda: self.cluster.submit(made)):
            return
        self.cluster.submit(made)
        self._send(made, 201)

    def do_GET(self) -> None:
        """Show a job, pods, a pod's log, or events; follow or watch where that is asked."""
        log = re.search(r"/pods/([^/]+)/log", self.path)
        if self._hiccup("log" if log else "pods"):
            return
        if log:
            self._log(log[1])
        elif self.path == "/api/v1/nodes":
            self._nodes()
        elif "/events?" in self.path:
            self._send(self.cluster.events(unquote(self.path)), 200)
        elif "/metrics.k8s.io/" in self.path:
            # As a cluster without that service says.
            self._fail(404, "the server could not find the requested resource")
        elif self._what == "jobs" and self._name:
            self._job()
        elif self._what == "jobs":
            items = self._jobs()
            self._send({"kind": "JobList", "apiVersion": "batch/v1", "items": items}, 200)
        elif self._asked.get("watch"):
            self._stream(self._changes())
        else:
            items = self._pods()
            self._send({"kind": "PodList", "apiVersion": "v1", "items": items}, 200)

    def do_DELETE(self) -> None:
        """Remove a job, a pod, or those with some labels."""
        if self._hiccup("DELETE"):
            return
        if self._what == "jobs":
            named = (
                [self._name] if self._name else [each["metadata"]["name"] for each in self._jobs()]
            )
            if self._name and self._name not in self.cluster.jobs:
                self._fail(404, f'jobs.batch "{self._name}" not found')
                return
            # Of batch/v1, a deletion that does not say so leaves the pods.
            reaches = self._asked.get("propagationPolicy") in ("Background", "Foreground")
            for name in named:
                self.cluster.withdraw(name, with_pods=reaches)
        elif self._what == "secrets":
            self.cluster.secrets.pop(self._name, None)
        elif self._name in self.cluster.pods:
            self.cluster.remove(self._name)
        elif self._name:
            self._fail(404, f'pods "{self._name}" not found')
            return
        else:
            for each in self._pods():
                if each["metadata"]["name"] in self.cluster.pods:
                    self.cluster.remove(each["metadata"]["name"])
        self._send({"kind": "Status", "status": "Success"}, 200)

    @property
    def _asked(self) -> dict[str, str]:
        return {key: value for key, (value, *_) in parse_qs(urlsplit(self.path).query).items()}

    @property
    def _what(self) -> str:
        """``jobs``, ``pods`` or ``secrets``."""
        found = re.search(r"/namespaces/[^/]+/(jobs|pods|secrets)", self.path)
        assert found is not None, self.path
        return found[1]

    @property
    def _name(self) -> str:
        found = re.search(r"/(?:jobs|pods|secrets)/([^/?]+)", self.path)
        return found[1] if found else ""

    def _refuse(self) -> bool:
        """Whether the cluster refuses what is asked, which it is told then."""
        if self.cluster.refusal is not None:
            self._fail(*self.cluster.refusal)
        return self.cluster.refusal is not None

    def _nodes(self) -> None:
        if not self._refuse():
            items = self.cluster.nodes
            self._send({"kind": "NodeList", "apiVersion": "v1", "items": items}, 200)

    def _job(self) -> None:
        job = self.cluster.jobs.get(self._name)
        if job is None:
            self._fail(404, f'jobs.batch "{self._name}" not found')
        else:
            self._send(job, 200)

    def _jobs(self) -> list[dict[str, Any]]:
        """The jobs that the request selects, by labels and by the one field that jobs have."""
        found = self.cluster.listed_jobs(_pairs(self._asked.get("labelSelector", "")))
        done = _pairs(self._asked.get("fieldSelector", "")).get("status.successful")
        return [job for job in found if done in (None, str(job["status"].get("succeeded", 0)))]

    def _pods(self) -> list[dict[str, Any]]:
        """Those that the request selects; it must select some."""
        labels = _pairs(self._asked.get("labelSelector", ""))
        name = _pairs(self._asked.get("fieldSelector", "")).get("metadata.name", "")
        assert labels or name, self.path
        return self.cluster.listed(labels, name)

    def _changes(self) -> Iterator[bytes]:
        """Events of a watch, until the one pod that is watched is gone."""
        last: dict[str, Any] = {}
        while pods := self._pods():
            (pod,) = pods
            if pod != last:
                event = {"type": "MODIFIED" if last else "ADDED", "object": pod}
                last = pod
                yield json.dumps(event).encode() + b"\n"
            time.sleep(LOOK)
        if last:
            yield json.dumps({"type": "DELETED", "object": last}).encode() + b"\n"

    def _log(self, pod: str) -> None:
        path = self.cluster.log(pod)
        if pod not in self.cluster.pods:
            self._fail(404, f'pods "{pod}" not found')
        elif self._asked.get("follow"):
            self._stream(self._lines(pod, path))
        else:
            text = path.read_bytes() if path.exists() else b""
            self._send(text[: int(self._asked.get("limitBytes") or len(text))], 200)

    def _lines(self, pod: str, path: Path) -> Iterator[bytes]:
        """A pod's log, line by line, until it has ended."""
        with open(path, "rb") as file:
            while True:
                goes_on = self.cluster.runs(pod)
                yield from file
                if not goes_on:
                    return
                time.sleep(LOOK)

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

    def _stream(self, parts: Iterator[bytes]) -> None:
        """An answer that goes on for as long as something happens."""
        self.protocol_version = "HTTP/1.1"
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            for part in parts:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            # Whoever watched has seen enough.
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Nothing."""


def _pairs(selector: str) -> Mapping[str, str]:
    """``a=b,c==d`` as a mapping."""
    return dict(each.replace("==", "=").split("=", 1) for each in selector.split(",") if each)
