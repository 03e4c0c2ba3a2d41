"""What a job's command sees of the server's environment."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jupyter_ades.core.launcher import job_environment
from jupyter_ades.model import JobStatus
from tests.worker.support import CWL, NOTEBOOK, Bench, Running, notebook

TELLING = "import json, os\njson.dump(dict(os.environ), open('env.json', 'w'))"
TOOL = f"""
cwlVersion: v1.2
class: CommandLineTool
id: main
requirements: {{EnvVarRequirement: {{envDef: {{FROM_THE_PACKAGE: here}}}}}}
baseCommand: [python3, -c, {json.dumps(TELLING)}]
inputs: {{}}
outputs: {{env: {{type: File, outputBinding: {{glob: env.json}}}}}}
"""
ORDER: dict[str, Any] = {
    "drop_environment": ("SECRET_*", "EXACT"),
    "job_environment": {"GDAL_CACHEMAX": "64", "WITH_SPACE": "a b=c"},
}


@pytest.fixture(autouse=True)
def server_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the server has."""
    for name in ("SECRET_ONE", "EXACT", "AWS_SECRET_ACCESS_KEY", "HARMLESS"):
        monkeypatch.setenv(name, "value")


def seen(running: Running) -> dict[str, str]:
    assert running.said[-1].status is JobStatus.SUCCESSFUL, running.log()
    (path,) = running.job.root.parent.glob("results/**/env.json")
    found: dict[str, str] = json.loads(path.read_bytes())
    return found


def test_a_notebook_gets_the_servers_less_what_is_secret(bench: Bench) -> None:
    found = seen(bench.run(NOTEBOOK, {"a.ipynb": notebook(TELLING)}, stand_in=False, **ORDER))
    assert found["HARMLESS"] == "value"
    assert (found["GDAL_CACHEMAX"], found["WITH_SPACE"]) == ("64", "a b=c")
    assert {"SECRET_ONE", "EXACT", "AWS_SECRET_ACCESS_KEY"}.isdisjoint(found)


def test_a_tool_gets_the_least_its_packages_and_the_operators(bench: Bench) -> None:
    found = seen(bench.run(CWL, {"app.cwl": TOOL}, stand_in=False, **ORDER))
    assert found["FROM_THE_PACKAGE"] == "here"
    assert (found["GDAL_CACHEMAX"], found["WITH_SPACE"]) == ("64", "a b=c")
    assert {"HARMLESS", "SECRET_ONE", "EXACT", "AWS_SECRET_ACCESS_KEY"}.isdisjoint(found)


def test_no_worker_gets_a_token_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = (
        "JUPYTER_TOKEN",
        "JUPYTERHUB_API_TOKEN",
        "JPY_API_TOKEN",
        "CONFIGPROXY_AUTH_TOKEN",
        "JUPYTER_GATEWAY_AUTH_TOKEN",
        "JUPYTER_GATEWAY_HEADERS",
        "JUPYTER_GATEWAY_HTTP_PWD",
    )
    for name in (*secret, "JPY_COOKIE_NAME", "JUPYTERHUB_USER", "AWS_PROFILE"):
        monkeypatch.setenv(name, "value")
    found = job_environment("the-job")
    assert found["JUPYTER_ADES_JOB"] == "the-job"
    # Who the user is, jobs may know; what reaches the bucket of the results, the worker must.
    assert (found["JUPYTERHUB_USER"], found["AWS_PROFILE"]) == ("value", "value")
    assert {*secret, "JPY_COOKIE_NAME"}.isdisjoint(found)
