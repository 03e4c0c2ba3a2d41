"""What carries a job: asked for at deploy or at execute, in both dialects."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.conftest import WORKSPACE, notebook

Call = Callable[..., Awaitable[tuple[int, dict[str, str], Any]]]
NOTEBOOK = {"Content-Type": "application/x-ipynb+json"}


@pytest.mark.parametrize("dialect", ["wps3", "ogc-api"])
async def test_a_request_names_the_runner_of_its_job(call: Call, small: str, dialect: str) -> None:
    root = f"{WORKSPACE}/{dialect}"
    status, _, job = await call(
        "POST", f"processes/{small}/execution", {"inputs": {}, "runner": "papermill"}, root=root
    )
    assert (status, job["runner"]) == (201, "papermill")
    status, _, plain = await call("POST", f"processes/{small}/execution", {"inputs": {}}, root=root)
    assert (status, plain["runner"]) == (201, "papermill")


@pytest.mark.parametrize("dialect", ["wps3", "ogc-api"])
@pytest.mark.parametrize(
    ("runner", "code", "said"),
    [
        ("mars", 400, "is not installed here; small-0_1_0 can be run by"),
        ("python", 400, "runs no notebooks"),
        (5, 400, "the name of a runner is expected"),
    ],
)
async def test_what_cannot_carry_it_is_refused_at_once(
    call: Call, small: str, dialect: str, runner: Any, code: int, said: str
) -> None:
    root = f"{WORKSPACE}/{dialect}"
    body = {"inputs": {}, "runner": runner}
    status, _, refusal = await call("POST", f"processes/{small}/execution", body, root=root)
    assert (status, refusal["problems"][0]["path"]) == (code, "runner")
    assert said in refusal["detail"]
    _, _, listed = await call("GET", "jobs", root=root)
    assert listed["jobs"] == []


async def test_a_deploy_or_the_package_names_it(call: Call) -> None:
    """The deploy goes before the package."""
    book = notebook(id="asking", runner="python")
    _, _, process = await call("POST", "processes", book, headers=NOTEBOOK)
    status, _, refusal = await call("POST", f"processes/{process['id']}/jobs", {"inputs": {}})
    assert (status, "runs no notebooks" in refusal["detail"]) == (400, True)
    status, _, _ = await call(
        "PUT",
        f"processes/{process['id']}",
        book,
        headers=NOTEBOOK,
        params={"runner": "papermill"},
    )
    assert status == 204
    status, _, job = await call("POST", f"processes/{process['id']}/jobs", {"inputs": {}})
    assert (status, job["runner"]) == (201, "papermill")


async def test_a_deployed_document_names_it(call: Call) -> None:
    unit = {"value": notebook(id="told").decode(), "mediaType": "application/x-ipynb+json"}
    body = {"executionUnit": unit, "runner": "python"}
    status, _, process = await call("POST", "processes", body)
    assert status == 201, process
    status, _, refusal = await call("POST", f"processes/{process['id']}/jobs", {"inputs": {}})
    assert (status, "runs no notebooks" in refusal["detail"]) == (400, True)


async def test_a_rerun_may_name_another(call: Call, small: str, ended: Any) -> None:
    _, _, job = await call("POST", f"processes/{small}/jobs", {"inputs": {}})
    await ended(job["jobID"])
    again = f"jobs/{job['jobID']}/rerun"
    status, _, refusal = await call("POST", again, {"runner": "python"})
    assert (status, "runs no notebooks" in refusal["detail"]) == (400, True)
    status, _, new = await call("POST", again, {})
    assert (status, new["runner"]) == (201, "papermill")


@pytest.mark.parametrize("dialect", ["wps3", "ogc-api"])
async def test_the_landing_page_says_what_jobs_run_on(call: Call, dialect: str) -> None:
    status, _, landing = await call("GET", "", root=f"{WORKSPACE}/{dialect}")
    found = {each["name"]: each for each in landing["runners"]}
    assert status == 200
    assert found["cwltool"]["usable"] is True
    assert found["docker"]["usable"] is False
    assert "DockerRequirement" in found["docker"]["missing"]
    assert isinstance(landing["containerEngines"], list)


async def test_the_landing_page_shows_it_to_people(call: Call) -> None:
    _, _, page = await call("GET", "", root=f"{WORKSPACE}/ogc-api", params={"f": "html"})
    text = page.decode()
    assert "What jobs run on" in text
    assert "papermill" in text


async def test_a_notebook_is_given_as_cwl_to_who_accepts_that(call: Call, small: str) -> None:
    path = f"processes/{small}/package"
    status, headers, text = await call("GET", path, headers={"Accept": "application/cwl+yaml"})
    assert (status, headers["Content-Type"]) == (200, "application/cwl+yaml")
    document = YAML(typ="safe", pure=True).load(text)
    assert [each["id"] for each in document["$graph"]] == ["main", "notebook"]
    assert "DockerRequirement" not in str(document)
    status, headers, document = await call(
        "GET", path, headers={"Accept": "application/cwl+json"}, params={"image": "registry/x:1"}
    )
    assert (status, headers["Content-Type"]) == (200, "application/cwl+json")
    image = document["$graph"][1]["requirements"]["DockerRequirement"]
    assert image == {"dockerPull": "registry/x:1"}
    status, headers, _ = await call("GET", path)
    assert headers["Content-Type"] == "application/x-ipynb+json"


async def test_an_exported_notebook_is_deployed_again(call: Call, small: str) -> None:
    headers = {"Accept": "application/cwl+json"}
    _, _, document = await call("GET", f"processes/{small}/package", headers=headers)
    status, _, refusal = await call("POST", "processes", document)
    assert (status, "already deployed" in refusal["detail"]) == (409, True)
    document["ades:id"] = "again"
    status, _, process = await call("POST", "processes", document)
    assert (status, process["id"]) == (201, "again-0_1_0")
    _, _, described = await call("GET", f"processes/{process['id']}")
    assert list(described["inputs"]) == ["outcome", "items", "flag"]
