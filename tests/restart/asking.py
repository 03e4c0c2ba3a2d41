"""What tests ask a real server of its jobs."""

from __future__ import annotations

from typing import Any

from tests.restart.server import Server
from tests.worker.support import until


def deploy_cwl(server: Server, package: str) -> None:
    """Deploy a CWL package."""
    headers = {"Content-Type": "application/cwl+yaml"}
    sent = server.send("POST", "processes", data=package, headers=headers)
    assert sent.status_code == 201, sent.text


def execute(server: Server, process: str, inputs: object, **further: object) -> str:
    """Execute a process, with what a request may say beside its inputs; the job's id."""
    body = {"inputs": inputs, **further}
    sent = server.send("POST", f"processes/{process}/jobs", json=body)
    assert sent.status_code == 201, sent.text
    job_id: str = sent.json()["jobID"]
    return job_id


def status(server: Server, job_id: str) -> dict[str, Any]:
    """How a job stands."""
    body: dict[str, Any] = server.send("GET", f"jobs/{job_id}").json()
    return body


def ended(server: Server, job_id: str, seconds: float = 120.0) -> dict[str, Any]:
    """How a job stands, once it is over."""

    def look() -> dict[str, Any] | None:
        now = status(server, job_id)
        return now if now["status"] not in ("accepted", "running") else None

    found: dict[str, Any] = until(look, seconds)
    return found


def log_of(server: Server, job_id: str) -> str:
    """A job's log."""
    return server.send("GET", f"jobs/{job_id}/log").text
