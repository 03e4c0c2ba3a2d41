"""The part of Kubernetes that jobs use; pods are processes of this machine.

Not a cluster: it shows a pod in the states that a test writes for it, then runs its command here.
"""

from __future__ import annotations

import json
import subprocess
import threading
from base64 import b64decode
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.engines import fake_pod
from tests.engines.fake_kubernetes_api import Handler

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
        #: Every pod that there ever was, by its name, in their order.
        self.seen: list[str] = []
        #: What the job's pod shows, look by look, before it runs; a last one that is final stays.
        self.before: list[Status] = []
        #: The same for pods that stand for tools', shown beside: name to states.
        self.tools: dict[str, list[Status]] = {}
        #: What the pods of the next jobs show for good, in turn, instead of running.
        self.fates: list[Status] = []
        #: Why no pod is made for a job, as an event tells; empty when one is.
        self.quota = ""
        #: What it says that its nodes are; pods ask for none.
        self.nodes: list[dict[str, Any]] = []
        #: Answer to a submission, and to who asks for nodes, with this status and message instead.
        self.refusal: tuple[int, str] | None = None
        #: To what (``POST``, ``pods``, ``log``, ``DELETE``) the answers that fail, in turn;
        #: 0 is a connection that breaks when the act is done.
        self.hiccups: dict[str, list[int]] = {}
        #: What a pod's log begins with.
        self.noise = b""
        self.environment: dict[str, str] = {}
        #: Folders of this machine that every pod's image has.
        self.image_folders: tuple[str, ...] = ()
        #: The folder of each claim; that where the first pod mounts it, unless a test says another.
        self.volumes: dict[str, Path] = {}
        #: The folder of each Secret's files.
        self.secrets: dict[str, Path] = {}
        self._ended: dict[str, str] = {}
        self._fated: dict[str, Status] = {}
        self._lock = threading.RLock()
        self._counts: dict[str, int] = defaultdict(int)
        handler = type("Handler", (Handler,), {"cluster": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
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
        with self._lock:
            for name in list(self.pods):
                self.remove(name)

    def remove(self, name: str) -> None:
        """Remove a pod, and end its process."""
        with self._lock:
            if name in self.processes:
                fake_pod.end(self.processes.pop(name))
            del self.pods[name]

    def submit(self, job: dict[str, Any]) -> None:
        """Make a job's pod."""
        name = job["metadata"]["name"]
        self.jobs[name] = job
        if self.quota:
            return
        template = job["spec"]["template"]
        labels = {**template["metadata"]["labels"], **_owned(name)}
        pod = f"{name}-x7k2p"
        if self.fates:
            times = {"startTime": _now()}
            self._fated[pod] = {**times, **self.fates.pop(0)}
        self.add({"metadata": {"name": pod, "labels": labels}, "spec": template["spec"]})

    def withdraw(self, name: str, *, with_pods: bool) -> None:
        """Remove a job, and its pods where the deletion is to reach them."""
        with self._lock:
            del self.jobs[name]
            for pod in [each for each in self.pods if with_pods and each.startswith(f"{name}-")]:
                self.remove(pod)

    def listed_jobs(self, selector: Mapping[str, str]) -> list[dict[str, Any]]:
        """The jobs with these labels, with what their pods let them say."""
        with self._lock:
            ours = [job for job in self.jobs.values() if _fits(job, selector)]
            return [{**job, "status": self._job_status(job["metadata"]["name"])} for job in ours]

    def _job_status(self, name: str) -> Status:
        phases = [pod["status"]["phase"] for pod in self.listed(_owned(name))]
        failed, done = phases.count("Failed"), phases.count("Succeeded")
        counts = {"active": len(phases) - failed - done, "failed": failed, "succeeded": done}
        status: Status = {each: count for each, count in counts.items() if count}
        if failed:
            told = {"type": "Failed", "reason": "BackoffLimitExceeded"}
            status["conditions"] = [{**told, "status": "True"}]
        elif done:
            status["conditions"] = [{"type": "Complete", "status": "True"}]
        return status

    def add(self, pod: dict[str, Any]) -> dict[str, Any]:
        """Make a pod; it, as the API shows it."""
        name = pod["metadata"]["name"]
        claims = {
            each["name"]: each["persistentVolumeClaim"]["claimName"]
            for each in pod["spec"].get("volumes") or []
            if each.get("persistentVolumeClaim")
        }
        for each in pod["spec"]["containers"][0].get("volumeMounts") or []:
            if each["name"] in claims:
                self.volumes.setdefault(claims[each["name"]], Path(each["mountPath"]))
        with self._lock:
            made = {**pod["metadata"], "uid": f"uid-{len(self.seen)}", "creationTimestamp": _now()}
            self.pods[name] = {**pod, "metadata": made}
            self.seen.append(name)
            return {**self.pods[name], "status": PENDING}

    def keep(self, secret: dict[str, Any]) -> None:
        """Lay out a Secret as the files that pods see of it."""
        name = secret["metadata"]["name"]
        self.secrets[name] = self.folder / "secrets" / name
        self.secrets[name].mkdir(parents=True)
        for key, data in secret["data"].items():
            (self.secrets[name] / key).write_bytes(b64decode(data))

    def listed(self, selector: Mapping[str, str], name: str = "") -> list[dict[str, Any]]:
        """The pods with these labels, or of this name, as they stand."""
        with self._lock:
            own = [
                {**pod, "status": self._status(each, pod)}
                for each, pod in self.pods.items()
                if (each == name if name else _fits(pod, selector))
            ]
            shown = [
                {
                    "metadata": {"name": name},
                    "status": states[min(self._look(name), len(states) - 1)],
                }
                for name, states in self.tools.items()
                if self.pods
            ]
            return own if name else own + shown

    def events(self, path: str) -> dict[str, Any]:
        """What is told of a job that gets no pod."""
        named = {"kind": "Job", "name": next(iter(self.jobs), "")}
        selector = f"involvedObject.kind=Job,involvedObject.name={named['name']}"
        told = {"type": "Warning", "reason": "FailedCreate", "message": self.quota}
        items = [{"metadata": {"name": "e"}, "involvedObject": named, **told}]
        shown = items if self.quota and selector in path else []
        return {"kind": "EventList", "apiVersion": "v1", "items": shown}

    def runs(self, name: str) -> bool:
        """Whether a pod is there and has not ended."""
        with self._lock:
            process = self.processes.get(name)
            return name in self.pods and (process is None or process.poll() is None)

    def log(self, name: str) -> Path:
        """The file of what a pod has said."""
        return self.folder / f"{name}.log"

    def _look(self, name: str) -> int:
        self._counts[name] += 1
        return self._counts[name] - 1

    def _status(self, name: str, pod: dict[str, Any]) -> Status:
        if name in self._fated:
            return self._fated[name]
        if any(name.startswith(job) for job in self.jobs):
            look = self._look(name)
            if look < len(self.before):
                return self.before[look]
            final = self.before and self.before[-1].get("phase") in ("Failed", "Unknown")
            if final:
                return self.before[-1]
        if name not in self.processes:
            self.processes[name] = self._start(name, pod)
        own = pod["spec"]["containers"][0]["name"]
        began = pod["metadata"]["creationTimestamp"]
        code = self.processes[name].poll()
        if code is None:
            running = container({"running": {"startedAt": began}}, own)
            return {"phase": "Running", "startTime": began, "containerStatuses": [running]}
        times = {"startedAt": began, "finishedAt": self._ended.setdefault(name, _now())}
        reason = "Error" if code else "Completed"
        ended = {
            "terminated": {"exitCode": code if code >= 0 else 128 - code, "reason": reason, **times}
        }
        phase = "Failed" if code else "Succeeded"
        return {"phase": phase, "startTime": began, "containerStatuses": [container(ended, own)]}

    def _start(self, name: str, pod: dict[str, Any]) -> subprocess.Popen[bytes]:
        self.log(name).write_bytes(self.noise)
        return fake_pod.start(
            pod,
            log=self.log(name),
            volumes={**self.volumes, **self.secrets},
            environment=self.environment,
            folders=self.image_folders,
        )


def _fits(pod: Mapping[str, Any], selector: Mapping[str, str]) -> bool:
    return selector.items() <= (pod["metadata"].get("labels") or {}).items()


def _owned(job: str) -> dict[str, str]:
    """The label by which the pod of a job names it."""
    return {"job-name": job}


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
