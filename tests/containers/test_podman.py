"""Packages that name an image, run by a real podman in real workers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from jupyter_ades.core.launcher import ColdLauncher
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import JobStatus, Process
from jupyter_ades.runners.base import Site
from jupyter_ades.runners.cwltool import CwltoolRunner
from jupyter_ades.runners.toil import ToilRunner
from jupyter_ades.system.containers import Containers, works
from tests.containers.conftest import IMAGE, podman
from tests.worker.support import CWL, Bench, Running, until

TOOL = """cwlVersion: v1.2
class: CommandLineTool
id: main
{place}: {{DockerRequirement: {{dockerPull: {image}}}}}
requirements: {{ShellCommandRequirement: {{}}, InlineJavascriptRequirement: {{}}}}
inputs: {{word: string, text: File?}}
outputs: {{said: stdout, made: {{type: File?, outputBinding: {{glob: made}}}}}}
arguments: [{{shellQuote: false, valueFrom: {command}}}]
stdout: said.txt
"""
PROCESS = replace(CWL, details={"workflow": "main", "docker": True, "docker_required": True})


def tool(command: str, *, hint: bool = False, image: str = IMAGE) -> dict[str, str]:
    place = "hints" if hint else "requirements"
    text = TOOL.format(place=place, image=image, command=command)
    if not hint:
        text = text.replace("}}\nrequirements: {", "}, ", 1)
    return {"app.cwl": text}


@pytest.fixture
def bench(engine: dict[str, str], tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(root=tmp_path)
    yield bench
    bench.close()


def start(bench: Bench, command: str, process: Process = PROCESS, **more: object) -> Running:
    """A job in podman's hands."""
    hint = not process.details["docker_required"]
    site = Site(container_engine=lambda: "podman")
    plan = CwltoolRunner().plan(process, JobDir(bench.root / "job"), site)
    assert plan.argv[-1] == "podman"
    return bench.start(
        process, tool(command, hint=hint), name="job", plan=plan, stand_in=False, **more
    )


def test_a_tool_runs_in_its_image(bench: Bench) -> None:
    """With its inputs and outputs; what it wrote belongs to the user."""
    (bench.home / "a b.txt").write_text("from here\n")
    command = """'ls /bin/busybox && cat "$(inputs.text.path)" && echo $(inputs.word) > made'"""
    inputs = {"word": "hello", "text": {"$stage-in": "file", "href": "a b.txt"}}
    running = start(bench, command, inputs=inputs)
    assert running.wait().status is JobStatus.SUCCESSFUL, running.log()
    assert running.delivered("said.txt").read_text() == "/bin/busybox\nfrom here\n"
    assert running.delivered("made").read_text() == "hello\n"
    assert running.delivered("made").stat().st_uid == os.getuid()
    assert podman("ps", "--all", "--quiet").stdout == ""


def test_a_hint_runs_in_its_image_as_well(bench: Bench) -> None:
    process = replace(PROCESS, details={**PROCESS.details, "docker_required": False})
    running = start(bench, "ls /bin/busybox", process, inputs={"word": "x"})
    assert running.wait().status is JobStatus.SUCCESSFUL, running.log()
    assert running.delivered("said.txt").read_text() == "/bin/busybox\n"


def test_a_container_gets_what_the_operator_says(bench: Bench) -> None:
    environment = {"GDAL_CACHEMAX": "64 MB"}
    running = start(
        bench, 'echo "$GDAL_CACHEMAX"', job_environment=environment, inputs={"word": "x"}
    )
    assert running.wait().status is JobStatus.SUCCESSFUL, running.log()
    assert running.delivered("said.txt").read_text() == "64 MB\n"


def test_a_failure_in_a_container_is_explained(bench: Bench) -> None:
    running = start(bench, "echo no such band >&2; exit 3", inputs={"word": "x"})
    status = running.wait()
    assert status.status is JobStatus.FAILED
    assert "exit code 3" in status.message
    assert "no such band" in status.message


def kill_command(running: Running) -> None:
    """Kill cwltool; found before, as what it started ends with it."""
    found = []
    for each in running.left():
        with suppress(psutil.Error):
            found += [each] if "run_cwl" in " ".join(each.cmdline()) else []
    assert found
    for each in found:
        each.kill()


@pytest.mark.parametrize("killed", [False, True])
def test_a_dismissal_leaves_no_container(bench: Bench, killed: bool) -> None:
    """Also of a tool that does not listen, and when the command itself was killed."""
    running = start(bench, "sleep 600", inputs={"word": "x"})
    until(lambda: podman("ps", "--quiet").stdout)
    if killed:
        kill_command(running)
        assert running.wait().status is JobStatus.FAILED
    else:
        running.dismiss()
        assert running.wait().status is JobStatus.DISMISSED
    assert podman("ps", "--all", "--quiet").stdout == ""
    assert running.left() == []


def test_a_container_of_a_lost_worker_is_ended(bench: Bench) -> None:
    """All processes of a job are killed at once; the engine keeps its container all the same."""
    running = start(bench, "sleep 600", inputs={"word": "x"})
    until(lambda: podman("ps", "--quiet").stdout)
    running.process.kill()
    running.process.wait()
    kill_command(running)
    assert podman("ps", "--quiet").stdout
    ColdLauncher().kill(running.job)
    assert podman("ps", "--all", "--quiet").stdout == ""
    # The engine cleans up behind an ended container in a process of its own.
    until(lambda: not running.left())


def test_podman_is_found(engine: dict[str, str]) -> None:
    assert works("podman")
    assert Containers("podman").engine() == "podman"


def test_nothing_is_told_of_an_image_that_is_here(bench: Bench) -> None:
    running = start(bench, "echo", inputs={"word": "x"})
    assert running.wait().status is JobStatus.SUCCESSFUL, running.log()
    assert not [part for part in running.parts() if "image" in part]


def test_an_image_that_does_not_exist_is_named(bench: Bench) -> None:
    """And told before it is pulled, which may take long."""
    image = "localhost/no-such-image:7"
    plan = CwltoolRunner().plan(
        PROCESS, JobDir(bench.root / "job"), Site(container_engine=lambda: "podman")
    )
    running = bench.start(
        PROCESS, tool("ls", image=image), name="job", plan=plan, inputs={"word": "x"}
    )
    status = running.wait()
    assert status.status is JobStatus.FAILED
    assert image in status.message
    assert "1 of 1: getting image localhost/no-such-image:7" in running.parts()


def on_toil(bench: Bench, text: dict[str, str], process: Process = PROCESS) -> Running:
    pytest.importorskip("toil", reason="needs: pip install 'jupyter_ades[toil]'")
    site = Site(cores=2, container_engine=lambda: "podman")
    plan = ToilRunner().plan(process, JobDir(bench.root / "job"), site)
    inputs = {"word": "hello"}
    return bench.start(process, text, name="job", plan=plan, stand_in=False, inputs=inputs)


@pytest.mark.timeout(120)
def test_toil_runs_a_tool_in_its_image(bench: Bench) -> None:
    command = """'ls /bin/busybox && echo "$JUPYTER_ADES_JOB" > made'"""
    running = on_toil(bench, tool(command))
    assert running.wait().status is JobStatus.SUCCESSFUL, running.log()
    assert running.delivered("said.txt").read_text() == "/bin/busybox\n"
    assert running.delivered("made").read_text() == f"{running.order.job_id}\n"
    assert podman("ps", "--all", "--quiet").stdout == ""


@pytest.mark.timeout(120)
def test_an_image_that_does_not_exist_is_named_by_toil(bench: Bench) -> None:
    image = "localhost/no-such-image:7"
    running = on_toil(bench, tool("ls", image=image))
    status = running.wait()
    assert status.status is JobStatus.FAILED
    assert image in status.message, running.log()
