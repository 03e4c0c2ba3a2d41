"""Environments of the machine in the places of images: no container, and it is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_ades.core.provenance import prov_json
from jupyter_ades.errors import Unavailable
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import JobStatus
from jupyter_ades.runners.base import Site
from jupyter_ades.runners.cwltool import CwltoolRunner, environments
from jupyter_ades.validation import validate
from tests.unit.test_store import make_job
from tests.worker.support import Bench

IMAGE = "registry.example/tools:1"
PACKAGE = f"""cwlVersion: v1.2
class: CommandLineTool
id: main
requirements: {{DockerRequirement: {{dockerPull: {IMAGE}}}}}
inputs: {{}}
outputs: {{said: stdout}}
stdout: said.txt
baseCommand: special-tool
"""


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    tool = tmp_path / "prefix" / "bin" / "special-tool"
    tool.parent.mkdir(parents=True)
    tool.write_text('#!/bin/sh\necho "special $VIRTUAL_ENV"\n')
    tool.chmod(0o755)
    return tool.parent.parent


def test_a_required_image_runs_in_its_environment(
    bench: Bench, prefix: Path, tmp_path: Path
) -> None:
    (tmp_path / "app.cwl").write_text(PACKAGE)
    process = validate(str(tmp_path / "app.cwl"))
    assert process.details["images"] == [IMAGE]
    site = Site(image_environments={IMAGE: str(prefix), "other": "/nowhere"})
    runner = CwltoolRunner()
    runner.check(process, site)
    plan = runner.plan(process, JobDir(bench.root / "job"), site)
    ran = bench.run(process, {process.entry: PACKAGE}, name="job", plan=plan, stand_in=False)
    assert ran.said[-1].status is JobStatus.SUCCESSFUL, ran.log()
    assert ran.delivered("said.txt").read_text() == f"special {prefix}\n"
    activity = prov_json(make_job(1, process), None, str, environments(plan))["activity"]
    (said,) = activity.values()
    assert said["ades:imageEnvironment"] == f"{IMAGE} -> {prefix}"


def test_one_that_is_none_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "app.cwl").write_text(PACKAGE)
    process = validate(str(tmp_path / "app.cwl"))
    site = Site(image_environments={IMAGE: str(tmp_path / "nowhere")})
    with pytest.raises(Unavailable, match=r"image_environments maps .*nowhere.*no folder 'bin'"):
        CwltoolRunner().check(process, site)


def test_an_image_that_none_stands_in_for_needs_an_engine(prefix: Path, tmp_path: Path) -> None:
    (tmp_path / "app.cwl").write_text(PACKAGE)
    process = validate(str(tmp_path / "app.cwl"))
    more = replace(process, details={**process.details, "images": [IMAGE, "another:1"]})
    with pytest.raises(Unavailable, match="no container engine works"):
        CwltoolRunner().check(more, Site(image_environments={IMAGE: str(prefix)}))


def test_an_image_by_its_id_alone_needs_an_engine_beside_one_that_is_mapped(
    prefix: Path, tmp_path: Path
) -> None:
    """Else its tool would run without its container."""
    tools = "\n".join(
        f"- {{class: CommandLineTool, id: {name}, inputs: {{}}, outputs: {{}}, baseCommand: 'true',"
        f" requirements: {{DockerRequirement: {image}}}}}"
        for name, image in (("a", f"{{dockerPull: '{IMAGE}'}}"), ("b", "{dockerImageId: 'y:1'}"))
    )
    steps = "{a: {run: '#a', in: {}, out: []}, b: {run: '#b', in: {}, out: []}}"
    workflow = f"- {{class: Workflow, id: main, inputs: {{}}, outputs: {{}}, steps: {steps}}}"
    path = tmp_path / "app.cwl"
    path.write_text(f"cwlVersion: v1.2\n$graph:\n{workflow}\n{tools}\n")
    process = validate(str(path))
    assert process.details["images"] == [IMAGE, "y:1"]
    mapped = {IMAGE: str(prefix)}
    with pytest.raises(Unavailable, match="no container engine works"):
        CwltoolRunner().check(process, Site(image_environments=mapped))
    site = Site(image_environments=mapped, container_engine=lambda: "podman")
    job = JobDir(tmp_path / "job")
    assert CwltoolRunner().plan(process, job, site).argv[-1] == "podman"
    both = Site(image_environments={**mapped, "y:1": str(prefix)})
    CwltoolRunner().check(process, both)
    assert CwltoolRunner().plan(process, job, both).argv[-1] == str(job.root)
