"""Toil on this machine, in real workers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import JobStatus
from jupyter_ades.runners.base import Site
from jupyter_ades.runners.toil import ToilRunner
from jupyter_ades.validation import validate
from tests.engines.packages import SCATTER, says
from tests.restart.asking import deploy_cwl, ended, execute, log_of, status
from tests.restart.server import Server
from tests.restart.weather import kill_whole
from tests.worker.support import CWL, Bench, Running, assert_monotone, until

IMAGE = "registry.example/tools:1"
#: One tool in an environment that stands in for its image, with JavaScript around and in it.
INSIDE = f"""cwlVersion: v1.2
$graph:
- class: Workflow
  id: main
  requirements: {{InlineJavascriptRequirement: {{}}, StepInputExpressionRequirement: {{}}}}
  inputs: {{n: int}}
  outputs: {{said: {{type: File, outputSource: tell/said}}}}
  steps:
    tell: {{run: "#tell", in: {{n: {{source: n, valueFrom: $(self * 2)}}}}, out: [said]}}
- class: CommandLineTool
  id: tell
  requirements:
    InlineJavascriptRequirement: {{}}
    DockerRequirement: {{dockerPull: "{IMAGE}"}}
    ResourceRequirement: {{coresMin: 1, ramMin: 64}}
  inputs: {{n: int}}
  outputs: {{said: stdout}}
  stdout: said.txt
  baseCommand: special-tool
  arguments: ["${{return inputs.n + 1}}"]
"""
EXPRESSION = """cwlVersion: v1.2
class: ExpressionTool
id: main
requirements: {InlineJavascriptRequirement: {}}
inputs: {}
outputs: {n: int}
expression: "${while (true) {}}"
"""
TOIL = replace(CWL, runner="toil")
pytest.importorskip("toil", reason="needs: pip install 'jupyter_ades[toil]'")
pytestmark = pytest.mark.timeout(200)
#: Seconds that a run may take on a busy machine.
LONG = 90.0
#: A change to :data:`SCATTER`: its gate is one for the word b alone.
ONLY_B = ('if [ -n "$(inputs.gate)" ]; then', 'if [ "$(inputs.word)" = b ]; then')


def test_steps_are_counted_and_outputs_of_one_name_kept_apart(bench: Bench) -> None:
    running = bench.start(
        TOIL, {"app.cwl": SCATTER}, name="job", stand_in=False, inputs={"words": list("abc")}
    )
    assert running.wait().status is JobStatus.SUCCESSFUL, running.log()
    assert_monotone(running)
    assert "4 of 4: join" in running.parts()
    names = ("said.txt", "said_2.txt", "said_3.txt")
    assert [running.delivered(name).read_text().strip() for name in names] == list("abc")
    assert "say 2: about to say b" in running.log()
    assert "workDir" not in running.log()
    assert running.left() == []
    # Nothing of it came to a queue, so none is asked at its end.
    assert not (running.job.batch / "job").exists()


def test_a_dismissal_ends_it_all(bench: Bench, tmp_path: Path) -> None:
    inputs = {"words": ["a"], "gate": str(tmp_path / "never")}
    running = bench.start(TOIL, {"app.cwl": SCATTER}, name="job", inputs=inputs)
    until(lambda: running.status() and "say 1" in running.said[-1].message)
    running.dismiss()
    assert running.wait().status is JobStatus.DISMISSED
    assert running.left() == []
    # Its job store, which may be large, is gone with the rest.
    assert not any("store" in path.name for path in running.job.root.rglob("*"))


LINK = """cwlVersion: v1.2
class: CommandLineTool
id: main
inputs: {}
baseCommand: [sh, -c, "echo given > real.txt; ln -s TARGET made.txt"]
outputs: {made: {type: File, outputBinding: {glob: made.txt}}}
"""


def test_an_output_that_leads_out_of_the_tools_folder_is_refused(
    bench: Bench, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("not this job's")

    def run(name: str, target: str) -> Running:
        files = {"app.cwl": LINK.replace("TARGET", target)}
        return bench.run(TOIL, files, name=name, stand_in=False)

    within = run("within", "real.txt")
    assert within.said[-1].status is JobStatus.SUCCESSFUL, within.log()
    assert within.delivered("made.txt").read_text() == "given\n"
    stray = run("stray", str(secret))
    status = stray.said[-1]
    assert status.status is JobStatus.FAILED
    assert f"The output 'made.txt' is a link to {secret}" in status.message
    assert not list(Path(stray.order.results_folder).rglob("*secret*"))


@pytest.mark.parametrize(("fail", "state"), [("", "successful"), ("a", "failed")])
def test_a_store_elsewhere_is_gone_with_its_run(
    bench: Bench, tmp_path: Path, fail: str, state: str
) -> None:
    (tmp_path / "stores").mkdir()
    site = Site(toil_options=("--jobStore", str(tmp_path / "stores"), "--retryCount", "0"))
    plan = ToilRunner().plan(TOIL, JobDir(tmp_path / "job"), site)
    given = {"words": ["a"], "fail": fail}
    running = bench.start(
        TOIL, {"app.cwl": SCATTER}, name="job", plan=plan, stand_in=False, inputs=given
    )
    assert running.wait().status.value == state, running.log()
    assert ("no such band" in running.wait().message) == bool(fail)
    assert list((tmp_path / "stores").iterdir()) == []
    assert not running.job.has_steps


def test_a_lost_run_leaves_no_store_and_the_next_has_another(tmp_path: Path) -> None:
    """Toil takes no store that is there, and the lost one's is removed beside."""
    stores = tmp_path / "stores"
    stores.mkdir()
    traits = {"toil_options": ["--jobStore", str(stores)], "resume_interrupted": True}
    server = Server(tmp_path, traits=traits)
    server.start()
    try:
        deploy_cwl(server, SCATTER)
        gate = tmp_path / "gate"
        given = {"words": ["a"], "gate": str(gate)}
        job_id = execute(server, "main", given, runner="toil")
        (worker,) = until(server.workers)
        until(lambda: says(worker), LONG)
        kill_whole(worker)
        until(lambda: f"{job_id}-1" in {each.name for each in stores.iterdir()}, LONG)
        gate.touch()
        found = ended(server, job_id, LONG)
        assert (found["status"], found["resumes"]) == ("successful", 1), log_of(server, job_id)
        until(lambda: list(stores.iterdir()) == [])
    finally:
        server.stop()


@pytest.fixture
def keeping(tmp_path: Path) -> Iterator[tuple[Server, Path]]:
    """A server whose runs of Toil have stores elsewhere, which are kept; and where."""
    stores = tmp_path / "stores"
    stores.mkdir()
    options = ["--jobStore", str(stores), "--retryCount", "0"]
    traits = {"toil_options": options, "reuse_steps": True, "resume_interrupted": True}
    server = Server(tmp_path, traits=traits)
    server.start()
    deploy_cwl(server, SCATTER)
    yield server, stores
    server.stop()


def test_a_store_elsewhere_is_gone_on_with_and_gone_with_its_job(
    keeping: tuple[Server, Path], tmp_path: Path
) -> None:
    server, stores = keeping
    gate = tmp_path / "gate"
    gate.touch()
    given = {"words": ["a", "b"], "gate": str(gate), "fail": "b"}
    failed = execute(server, "main", given, runner="toil")
    assert ended(server, failed, LONG)["status"] == "failed"
    assert [each.name for each in stores.iterdir()] == [failed]
    gate.with_name("gate.mended").touch()
    rerun = {"json": {"from": "unfinished-steps"}}
    going_on = server.send("POST", f"jobs/{failed}/rerun", **rerun).json()["jobID"]
    assert ended(server, going_on, LONG)["status"] == "successful", log_of(server, going_on)
    assert "about to say a" not in log_of(server, going_on)
    assert "about to say b" in log_of(server, going_on)
    # One job alone goes on with it, and with success it is gone.
    assert list(stores.iterdir()) == []
    answer = server.send("POST", f"jobs/{failed}/rerun", **rerun)
    assert (answer.status_code, "another job went on" in answer.text) == (409, True)
    gate.with_name("gate.mended").unlink()
    removed = execute(server, "main", given, runner="toil")
    assert ended(server, removed, LONG)["status"] == "failed"
    assert [each.name for each in stores.iterdir()] == [removed]
    assert server.send("DELETE", f"jobs/{removed}").status_code == 200
    until(lambda: list(stores.iterdir()) == [])


def test_a_lost_run_goes_on_in_the_store_that_it_had(
    keeping: tuple[Server, Path], tmp_path: Path
) -> None:
    server, stores = keeping
    gate = tmp_path / "gate"
    deploy_cwl(server, SCATTER.replace("id: main", "id: gated").replace(*ONLY_B))
    given = {"words": ["a", "b"], "gate": str(gate)}
    job_id = execute(server, "gated", given, runner="toil")
    until(lambda: "1 of 3: say" in status(server, job_id)["message"], LONG)
    (worker,) = server.workers()
    until(lambda: says(worker), LONG)
    kill_whole(worker)
    until(lambda: status(server, job_id).get("resumes") == 1, LONG)
    gate.touch()
    assert ended(server, job_id, LONG)["status"] == "successful", log_of(server, job_id)
    assert log_of(server, job_id).count("about to say a") == 1
    assert list(stores.iterdir()) == []


def test_a_package_that_toil_cannot_read_is_explained(bench: Bench) -> None:
    running = bench.start(TOIL, {"app.cwl": "cwlVersion: v1.2\nclass: Nonsense\n"}, name="job")
    status = running.wait()
    assert status.status is JobStatus.FAILED
    assert "Nonsense" in status.message
    # No step began, so there is nothing to go on with.
    assert not running.job.has_steps


def test_one_job_alone_goes_on_with_what_another_kept(bench: Bench, tmp_path: Path) -> None:
    """It takes the job store along, so that the earlier job may be removed meanwhile."""
    gate = tmp_path / "gate"
    gate.touch()
    (bench.home / "more.txt").write_text("and more\n")
    joined = SCATTER.replace('string[]"', 'string[]", more: File').replace(
        "files: say/said", "files: {source: [more, say/said], linkMerge: merge_flattened}"
    )
    joined = joined.replace(
        "Requirement: {}}", "Requirement: {}, MultipleInputFeatureRequirement: {}}", 1
    )
    package = {"app.cwl": joined}
    inputs = {"words": ["a", "b"], "gate": str(gate), "fail": "b"}
    inputs |= {"more": {"$stage-in": "file", "href": "more.txt"}}
    first = bench.start(TOIL, package, name="first", inputs=inputs)
    assert first.wait().status is JobStatus.FAILED
    assert first.job.has_steps
    gate.with_name("gate.mended").touch()
    earlier = {"inputs": inputs, "continues": str(first.job.root)}
    second = bench.start(TOIL, package, name="second", stand_in=False, **earlier)
    until(second.job.kept.exists)
    shutil.rmtree(first.job.root)
    assert second.wait().status is JobStatus.SUCCESSFUL, second.log()
    assert second.delivered("all.txt").read_text().split() == ["and", "more", "a", "b"]
    assert "about to say a" not in second.log()
    third = bench.start(TOIL, package, name="third", **earlier)
    status = third.wait()
    assert status.status is JobStatus.FAILED
    assert status.message == (
        "what the earlier job kept of its steps is gone: another job went on with it, or it was"
        " removed; rerun it from the start"
    )


@pytest.fixture
def no_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cwltool would run JavaScript by, and none of it works."""
    for name in ("node", "nodejs", "docker", "podman"):
        script = tmp_path / "bin" / name
        script.parent.mkdir(exist_ok=True)
        script.write_text("#!/bin/sh\nexit 1\n")
        script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)


@pytest.mark.usefixtures("no_node")
def test_tools_have_what_cwltools_have(bench: Bench, tmp_path: Path) -> None:
    """JavaScript without Node, the job's mark, the operator's variables, an environment."""
    program = tmp_path / "prefix" / "bin" / "special-tool"
    program.parent.mkdir(parents=True)
    told = "$1 $JUPYTER_ADES_JOB $GDAL_CACHEMAX $VIRTUAL_ENV"
    program.write_text(f'#!/bin/sh\necho "{told}"\n')
    program.chmod(0o755)
    prefix = program.parent.parent
    (tmp_path / "app.cwl").write_text(INSIDE)
    process = replace(validate(str(tmp_path / "app.cwl")), runner="toil")
    site = Site(cores=2, image_environments={IMAGE: str(prefix)})
    ToilRunner().check(process, site)
    running = bench.start(
        process,
        {process.entry: INSIDE},
        name="job",
        plan=ToilRunner().plan(process, JobDir(tmp_path / "job"), site),
        stand_in=False,
        inputs={"n": 20},
        job_environment={"GDAL_CACHEMAX": "64"},
    )
    assert running.wait().status is JobStatus.SUCCESSFUL, running.log()
    said = running.delivered("said.txt").read_text()
    assert said == f"41 {running.order.job_id} 64 {prefix}\n"


@pytest.mark.usefixtures("no_node")
def test_an_expression_that_takes_too_long_is_ended(bench: Bench) -> None:
    running = bench.start(TOIL, {"app.cwl": EXPRESSION}, name="job", expression_seconds=0.3)
    status = running.wait()
    assert status.status is JobStatus.FAILED
    assert "ran for more than 0.3 seconds" in status.message, running.log()
