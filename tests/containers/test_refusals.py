"""Containers that cannot be had, asked for over HTTP: each is told with its reason."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_ades.system.containers import ENGINES
from tests.containers.serving import Start, deploy, ended

YAML = "application/cwl+yaml"
LONG = 60.0
#: Of a port where nobody listens, so that nothing leaves this machine.
IMAGE = "localhost:9/no-such-image:7"
TOOL = f"""cwlVersion: v1.2
class: CommandLineTool
id: boxed
requirements: {{DockerRequirement: {{dockerPull: "{IMAGE}"}}}}
inputs: []
outputs: {{said: stdout}}
baseCommand: [echo, hello]
"""


@pytest.mark.parametrize("place", ["requirements", "hints"])
def test_an_image_that_does_not_exist_is_the_reason(start: Start, place: str) -> None:
    """With what podman said of it, and not that the package is at fault."""
    server = start("missing")
    process = deploy(server, TOOL.replace("requirements", place).encode(), YAML)["id"]
    sent = server.send("POST", f"processes/{process}/jobs", json={"inputs": {}})
    assert sent.status_code == 201, sent.text
    status = ended(server, f"jobs/{sent.json()['jobID']}", LONG)
    assert status["status"] == "failed"
    assert status["message"].startswith(
        f"image {IMAGE} cannot be had: podman pull failed with exit code 125: Error: "
    )
    assert "connection refused" in status["message"]


def test_where_no_engine_works_a_job_is_refused(start: Start, tmp_path: Path) -> None:
    """With what to do; all engines are installed, and none answers."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ENGINES:
        (programs / name).write_text("#!/bin/sh\nexit 125\n")
        (programs / name).chmod(0o755)
    path = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    server = start("none", environment=path, container_engine="auto")
    process = deploy(server, TOOL.encode(), YAML)["id"]
    sent = server.send("POST", f"processes/{process}/jobs", json={"inputs": {}})
    assert sent.status_code == 503, sent.text
    assert "no container engine works here: install podman" in sent.json()["detail"]
    assert "move DockerRequirement to hints" in sent.json()["detail"]
    assert server.send("GET", "jobs").json()["jobs"] == []
    hint = TOOL.replace("requirements", "hints").replace("boxed", "free")
    process = deploy(server, hint.encode(), YAML)["id"]
    sent = server.send("POST", f"processes/{process}/jobs", json={"inputs": {}})
    status = ended(server, f"jobs/{sent.json()['jobID']}", LONG)
    assert status["status"] == "successful", status["message"]
