"""The API describes itself, and is what it says."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from openapi_spec_validator import OpenAPIV30SpecValidator

from jupyter_ades.api.ogc.dialect import OgcApi
from jupyter_ades.api.openapi import template
from jupyter_ades.api.routes import routes_of
from jupyter_ades.api.wps3 import Wps3
from tests.conformance.conftest import Api, serving

DIALECT = {"wps3": Wps3(), "ogc-api": OgcApi()}


def test_the_description_is_valid_and_whole(api: Api) -> None:
    document = api.get("/api")
    errors = [error.message for error in OpenAPIV30SpecValidator(document).iter_errors()]
    assert errors == []
    routed = {template(path) for path, _ in routes_of(DIALECT[api.dialect])}
    assert routed <= set(document["paths"])
    assert document["servers"] == [{"url": api.base}]
    assert set(document["components"]["securitySchemes"]) == {"token", "query"}


def test_each_process_has_its_own_inputs_and_outputs(ogc: Api) -> None:
    paths = ogc.get("/api")["paths"]
    body = paths["/processes/echo/execution"]["post"]["requestBody"]
    inputs = body["content"]["application/json"]["schema"]["properties"]["inputs"]
    assert inputs["required"] == ["echo"]
    assert inputs["properties"]["values"]["anyOf"][0] == {
        "type": "array",
        "items": {"type": "integer"},
    }
    assert "/processes/small-0_1_0/execution" in paths


def test_the_description_as_its_own_media_type_and_as_a_page(ogc: Api) -> None:
    kind = "application/vnd.oai.openapi+json;version=3.0"
    answer = ogc.send("GET", "/api", headers={"Accept": kind})
    assert answer.json()["openapi"] == "3.0.3"
    page = ogc.send("GET", "/api", headers={"Accept": "text/html"})
    assert page.headers["Content-Type"].startswith("text/html")
    for name in ("swagger/swagger-ui-bundle.js", "swagger/swagger-ui.css", "api.js"):
        assert f"/api/ades/pages/{name}" in page.text
        file = ogc.send("GET", f"{ogc.server.origin}/api/ades/pages/{name}")
        assert file.status_code == 200
    assert "http://" not in page.text.replace(ogc.server.origin, "")


def test_a_method_that_is_not_there_is_answered_with_those_that_are(api: Api) -> None:
    answer = api.send("PUT", "/jobs")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET"
    assert api.send("POST", "/conformance").headers["Allow"] == "GET"


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Api]:
    """A server without the jobs of other tests, so that the same is looked for each time."""
    with serving(tmp_path) as started:
        api = Api(started, "ogc-api")
        api.done({"echo": "successful"})
        dismissed = api.execute({"echo": "dismissed", "pause": 60})["jobID"]
        assert api.send("DELETE", f"/jobs/{dismissed}").status_code == 200
        api.ended(dismissed, "dismissed")
        yield api


def test_schemathesis_finds_nothing(fresh: Api, tmp_path: Path) -> None:
    """All of its checks; `ADES_FUZZ` multiplies the examples, as in the fuzz tier."""
    schema = tmp_path / "api.json"
    schema.write_bytes(requests.get(f"{fresh.root}/api", headers=TOKEN, timeout=30).content)
    examples = 5 * int(os.environ.get("ADES_FUZZ", "1"))
    found = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", f"--config-file={CONFIG}"),
            *("run", str(schema)),
            *("--url", fresh.root, "--header", "Authorization: token secret"),
            *("--checks", "all", "--max-examples", str(examples), "--seed", "1"),
            *("--max-response-time", "60"),
            *("--phases", "examples,coverage,fuzzing", "--no-color", "--request-timeout", "60"),
        ],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "SCHEMATHESIS_HOOKS": HOOKS},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert found.returncode == 0, found.stdout[-6000:] + found.stderr[-1000:]


CONFIG = Path(__file__).with_name("schemathesis.toml")
HOOKS = "tests.conformance.schemathesis_hooks"
TOKEN = {"Authorization": "token secret"}
