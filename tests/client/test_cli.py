"""``jupyter ades``: what it prints, and its exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jupyter_ades.cli import main
from jupyter_ades.client import Client
from tests.conftest import notebook
from tests.restart.server import Server

Command = Callable[..., Result]


@pytest.fixture
def ades(server: Server, small: str, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command against the server."""
    monkeypatch.setenv("ADES_URL", server.root)
    monkeypatch.setenv("ADES_TOKEN", "secret")

    def run(*arguments: str, **options: str) -> Result:
        return CliRunner().invoke(main, list(arguments), **options)  # type: ignore[arg-type]

    return run


def test_processes_for_people_and_for_programs(ades: Command, small: str) -> None:
    table = ades("processes")
    assert table.exit_code == 0
    assert table.stdout.splitlines()[0].split() == ["PROCESS", "VERSION", "TITLE"]
    assert [small, "0.1.0", "Small"] in [line.split() for line in table.stdout.splitlines()]
    listed = json.loads(ades("processes", "--json").stdout)
    assert small in [each["id"] for each in listed]
    described = ades("describe", "small")
    assert "outcome" in described.stdout
    assert "default 'successful'" in described.stdout


def test_a_package_is_deployed_and_undeployed(ades: Command, tmp_path: Path) -> None:
    book = tmp_path / "b.ipynb"
    book.write_bytes(notebook("n: int = 1", id="by-command"))
    assert ades("deploy", str(book)).stdout == "by-command-0_1_0\n"
    refused = ades("deploy", str(book))
    assert (refused.exit_code, refused.stdout) == (3, "")
    assert "already deployed" in refused.stderr
    replaced = ades("deploy", str(book), "--replace", "--json")
    assert json.loads(replaced.stdout)["id"] == "by-command-0_1_0"
    assert ades("undeploy", "by-command").exit_code == 0
    assert ades("describe", "by-command").exit_code == 3


def test_a_job_from_execute_to_removal(ades: Command, client: Client, tmp_path: Path) -> None:
    done = ades("execute", "small", "items=1", "items=2", "name=true", "--wait")
    assert (done.exit_code, done.stderr) == (0, "")
    shown = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    job_id = shown["job"]
    assert (shown["status"], shown["progress"]) == ("successful", "100 %")
    assert client.job(job_id).inputs == {"items": [1, 2], "name": "true"}
    assert ades("log", job_id).stdout == "carried inline\n"
    assert ades("log", job_id, "--follow").stdout == "carried inline\n"
    status = json.loads(ades("status", job_id, "--json").stdout)
    assert (status["jobID"], status["status"]) == (job_id, "successful")
    results = ades("results", job_id, "--download", str(tmp_path))
    catalog = tmp_path / f"wf-{job_id}" / "catalog.json"
    assert results.stdout.splitlines()[-1] == str(catalog)
    outputs = json.loads(ades("results", job_id, "--json").stdout)
    assert outputs["wf_outputs"]["StacCatalogUri"].endswith("catalog.json")
    again = ades("rerun", job_id, "name=y", "--wait", "--json")
    assert client.job(json.loads(again.stdout)["jobID"]).inputs["name"] == "y"
    kept = ades("dismiss", job_id, input="n\n")
    assert kept.exit_code == 1
    assert ades("dismiss", job_id, "--yes").stdout == "removed\n"
    assert ades("status", job_id).exit_code == 3


def test_inputs_from_a_file_and_from_stdin(ades: Command, client: Client, tmp_path: Path) -> None:
    path = tmp_path / "inputs.yaml"
    path.write_text("items: [1]\nname: x\n")
    job_id = ades("execute", "small", "-i", str(path), "name=y").stdout.strip()
    assert client.job(job_id).inputs == {"items": [1], "name": "y"}
    job_id = ades("execute", "small", "-i", "-", input='{"inputs": {"flag": true}}').stdout.strip()
    assert client.job(job_id).inputs == {"flag": True}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("execute", "small", "outcome=failed", "--wait"), 1, ""),
        (("execute", "small", "outcom=failed"), 3, "did you mean 'outcome'"),
        (("execute", "small", "items"), 3, "name=value"),
        (("execute", "small", "outcome=hold", "--timeout", "0.1"), 5, "it goes on"),
        (("execute", "nothing"), 3, "no process 'nothing'"),
        (("exekute",), 2, "No such command"),
        (("jobs", "--status", "blue"), 2, "'blue' is no status"),
        (("processes", "--token", "wrong"), 4, "the token was refused"),
        (("processes", "--url", "http://127.0.0.1:9/a/wps3"), 4, "does not answer"),
        (("processes", "--url", "nonsense://"), 4, "no http(s) address"),
        (("validate", "missing.cwl"), 3, "no such file"),
    ],
)
def test_exit_codes_mean_something(
    ades: Command, arguments: tuple[str, ...], code: int, words: str
) -> None:
    result = ades(*arguments)
    assert (result.exit_code, "Traceback" in result.output) == (code, False)
    assert words in result.stderr


def test_jobs_are_listed(ades: Command) -> None:
    job_id = ades("execute", "small", "outcome=failed").stdout.strip()
    ades("status", job_id, "--wait")
    rows = ades("jobs", "--status", "failed", "--process", "small", "--limit", "1").stdout
    assert rows.splitlines()[0].split()[:3] == ["JOB", "PROCESS", "STATUS"]
    assert rows.splitlines()[1].split()[:3] == [job_id, "small-0_1_0", "failed"]
    assert len(rows.splitlines()) == 2


def test_validate_needs_no_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.ipynb").write_bytes(notebook("n: int = 1  # how many\nx: float"))
    result = CliRunner().invoke(main, ["validate", "a.ipynb", "--json"])
    assert result.exit_code == 0, result.output
    shown = json.loads(result.stdout)
    assert shown["id"] == "small-0_1_0"
    assert shown["inputs"]["x"]["minOccurs"] == 1
    assert shown["inputs"]["n"]["schema"] == {"type": "integer", "default": 1}
    Path("bare.cwl").write_text(
        "cwlVersion: v1.2\nclass: CommandLineTool\nbaseCommand: 'true'\ninputs: []\noutputs: []\n"
    )
    warned = CliRunner().invoke(main, ["validate", "bare.cwl", "--json"])
    assert warned.exit_code == 0, warned.output
    told = json.loads(warned.stdout)["warnings"]
    assert any("Workflow" in warning["detail"] for warning in told)
    assert f"warning: {told[0]['path']}: {told[0]['detail']}" in warned.stderr
    Path("bad.cwl").write_text("cwlVersion: v1.2\nclass: Nonsense\n")
    refused = CliRunner().invoke(main, ["validate", "bad.cwl"])
    assert (refused.exit_code, refused.stdout) == (3, "")
    assert "bad.cwl" in refused.stderr


def test_a_shell_completes_ids_and_inputs(server: Server, small: str) -> None:
    def completed(*words: str, **environ: str) -> list[str]:
        line = {"COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
        out = subprocess.run(
            [
                sys.executable,
                "-c",
                "from jupyter_ades.cli import main; main(prog_name='jupyter-ades')",
            ],
            env={
                **os.environ,
                "_JUPYTER_ADES_COMPLETE": "bash_complete",
                "ADES_URL": server.root,
                "ADES_TOKEN": "secret",
                **line,
                **environ,
            },
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        return [line.partition(",")[2] for line in out.split()]

    assert completed("jupyter-ades", "describe", "sm") == [small]
    assert completed("jupyter-ades", "execute", "small", "ou") == ["outcome="]
    assert completed("jupyter-ades", "describe", "sm", ADES_TOKEN="wrong") == []
    assert "_JUPYTER_ADES_COMPLETE" in CliRunner().invoke(main, ["completion", "bash"]).stdout


def test_jupyter_finds_the_command() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "jupyter", "ades", "--version"],
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert shown.stdout.startswith("jupyter ades, version"), shown.stderr


def test_runners_are_listed_with_what_they_lack(ades: Command) -> None:
    lines = {line.split()[0]: line for line in ades("runners").stdout.splitlines()}
    assert lines["papermill"].split() == ["papermill", "notebook", "ready"]
    assert "DockerRequirement" in lines["docker"]
    told = {each["name"]: each for each in json.loads(ades("runners", "--json").stdout)}
    assert told["cwltool"]["usable"] is True


def test_a_job_is_given_to_a_runner(ades: Command, small: str) -> None:
    job = json.loads(ades("execute", small, "--runner", "papermill", "--wait", "--json").stdout)
    assert job["runner"] == "papermill"
    refused = ades("execute", small, "--runner", "mars")
    assert (refused.exit_code, "is not installed here" in refused.stderr) == (3, True)


def test_the_doctor_finds_what_is_here_and_what_is_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads the server's configuration."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    config = tmp_path / "jupyter_server_config.py"
    config.write_text(f"c.ADES.workspace_root = {str(tmp_path / 'state')!r}\n")
    ran = CliRunner().invoke(main, ["doctor", "--json"])
    found = {each["what"]: each for each in json.loads(ran.stdout)}
    assert ran.exit_code == 0
    assert found["runner: cwltool"]["state"] == "ok"
    assert "python3" in found["kernels"]["detail"]
    assert found["workspaces"]["detail"].startswith(f"{tmp_path / 'state'}, ")
    config.write_text(f"{config.read_text()}c.ADES.min_free_bytes = 2**60\n")
    ran = CliRunner().invoke(main, ["doctor"])
    assert ran.exit_code == 1
    assert "less than c.ADES.min_free_bytes" in ran.stdout
    config.write_text("c.ADES.workspaces = ['lab']\n")
    ran = CliRunner().invoke(main, ["doctor"])
    assert (ran.exit_code, "ADES.workspaces" in ran.stdout) == (1, True)


def test_a_notebook_is_exported_as_cwl(ades: Command, small: str, tmp_path: Path) -> None:
    path = tmp_path / "small.cwl"
    assert ades("export", small, "-o", str(path), "--image", "registry/x:1").exit_code == 0
    text = path.read_text()
    assert text.startswith("cwlVersion: v1.2\n")
    assert "dockerPull: registry/x:1" in text
    assert ades("export", small).stdout == text.replace(
        "    DockerRequirement:\n      dockerPull: registry/x:1\n", ""
    )
