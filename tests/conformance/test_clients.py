"""Other people's clients work unchanged, and so do the command lines of the docs."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from owslib.ogcapi.processes import Processes

from tests.conformance.conftest import Api

DOCS = Path(__file__).parents[2] / "docs" / "users" / "ogc-api.md"


def test_owslib(ogc: Api) -> None:
    client = Processes(ogc.root, headers={"Authorization": "token secret"})
    assert "echo" in [each["id"] for each in client.processes()]
    assert client.process("echo")["jobControlOptions"][0] == "sync-execute"
    assert client.execute("echo", inputs={"echo": "by OWSLib"}) == {"echo": "by OWSLib"}
    made = client.execute("echo", inputs={"echo": "later"}, async_=True)
    ogc.ended(made["jobID"])
    assert ogc.get(f"/jobs/{made['jobID']}/results") == {"echo": "later"}


def test_ogc_api_processes_client(ogc: Api) -> None:
    from ogc_api_processes_client.api_client_wrapper import ApiClientWrapper
    from ogc_api_processes_client.configuration import Configuration

    client = ApiClientWrapper(
        Configuration(host=ogc.root), header_name="Authorization", header_value="token secret"
    )
    assert "echo" in [each.id for each in client.get_processes().processes]
    assert next(iter(client.get_process_description("echo").inputs)) == "echo"
    job_id = ogc.done({"echo": "x"})
    status = client.get_status(job_id)
    assert (str(status.job_id), status.status.value) == (job_id, "successful")
    assert job_id in [str(each.job_id) for each in client.get_jobs().jobs]


def test_the_command_lines_of_the_docs(ogc: Api) -> None:
    script = re.findall(r"```bash\n(.*?)```", DOCS.read_text(), re.DOTALL)[0]
    lines = [line for line in script.splitlines() if line.startswith("curl")]
    assert len(lines) == 5
    environment = {**os.environ, "ADES": ogc.root, "AUTH": "Authorization: token secret"}
    answers = [
        subprocess.run(
            line.replace("curl", "curl -sS --fail-with-body", 1),
            shell=True,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for line in lines
    ]
    assert answers[2] == '{"echo": "hello"}'
    assert '"status": "accepted"' in answers[3]
