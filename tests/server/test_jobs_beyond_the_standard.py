"""Rerun, pin, health, conformance, and the limits of a request."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_ades.api.routes import routes_of
from jupyter_ades.api.wps3 import Wps3
from tests.conftest import Answer, notebook

Call = Callable[..., Awaitable[Answer]]
Ended = Callable[..., Awaitable[dict[str, Any]]]
UNKNOWN = "00000000-0000-0000-0000-000000000000"
NOTEBOOK = {"Content-Type": "application/x-ipynb+json"}


@pytest.fixture
def ades_config(tmp_path: Path) -> dict[str, Any]:
    """Small limits."""
    return {
        "workspaces": ["terradue"],
        "workspace_root": str(tmp_path / "state"),
        "launcher_class": "jupyter_ades.testing.InlineLauncher",
        "max_running_jobs": 1,
        "max_open_jobs": 3,
        "max_body_bytes": 20_000,
        "max_package_bytes": 20_000,
        "max_json_depth": 10,
        "max_inputs": 5,
        "max_array_length": 50,
    }


async def submit(call: Call, process: str, **inputs: Any) -> str:
    status, _, body = await call("POST", f"processes/{process}/jobs", {"inputs": inputs})
    assert status == 201, body
    identifier: str = body["jobID"]
    return identifier


async def test_a_rerun_is_a_new_job_with_the_same_inputs(
    call: Call, ended: Ended, small: str, jp_base_url: str
) -> None:
    first = await submit(call, small, items=[1, 2], flag=True)
    await ended(first)
    status, headers, body = await call("POST", f"jobs/{first}/rerun", "")
    assert status == 201
    assert body["jobID"] != first
    assert headers["Location"] == f"{jp_base_url}terradue/wps3/jobs/{body['jobID']}"
    _, _, request = await call("GET", f"jobs/{body['jobID']}/request")
    assert request["inputs"] == {"items": [1, 2], "flag": True}


async def test_results_without_a_picture_say_so(call: Call, ended: Ended, small: str) -> None:
    job_id = await submit(call, small)
    await ended(job_id)
    status, _, body = await call("GET", f"jobs/{job_id}/quicklook.png")
    assert (status, body["status"]) == (404, 404)
    assert "none of its outputs is a raster or a picture" in body["detail"]


async def test_a_dry_run_checks_and_makes_no_job(call: Call, small: str) -> None:
    path, dry = f"processes/{small}/jobs", {"params": {"dryrun": "true"}}
    status, _, body = await call("POST", path, {"inputs": {"items": 1}}, **dry)
    assert (status, body) == (200, {"processID": small, "inputs": {"items": [1]}})
    status, _, body = await call("POST", path, {"inputs": {"items": ["x", 1.5], "flag": 3}}, **dry)
    assert (status, [each["path"] for each in body["problems"]]) == (
        400,
        ["inputs.items[0]", "inputs.items[1]", "inputs.flag"],
    )
    assert (await call("GET", "jobs"))[2]["numberTotal"] == 0


async def test_a_page_says_where_a_file_browser_finds_the_results(ades: Any) -> None:
    page_config = ades.serverapp.web_app.settings["page_config_data"]
    assert page_config["adesWorkspace"] == "terradue"
    assert page_config["adesResults"] == "ades-results/terradue"


async def test_a_rerun_takes_changes(call: Call, ended: Ended, small: str) -> None:
    first = await submit(call, small, items=[1], flag=True)
    await ended(first)
    changes = {"inputs": {"items": [7], "flag": None, "outcome": "failed"}}
    _, _, body = await call("POST", f"jobs/{first}/rerun", changes)
    _, _, request = await call("GET", f"jobs/{body['jobID']}/request")
    assert request["inputs"] == {"items": [7], "outcome": "failed"}
    assert (await ended(body["jobID"]))["status"] == "failed"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"inputs": 3}, "inputs"),
        ({"inputs": {"items": "x"}}, "inputs.items"),
        ({"from": "the middle"}, "from"),
        ([], "an array"),
    ],
)
async def test_a_rerun_that_is_none(
    call: Call, ended: Ended, small: str, body: Any, words: str
) -> None:
    first = await submit(call, small)
    await ended(first)
    status, _, answer = await call("POST", f"jobs/{first}/rerun", body)
    assert status == 400
    assert words in answer["detail"]
    assert (await call("GET", "jobs"))[2]["numberTotal"] == 1


async def test_a_rerun_of_nothing(call: Call) -> None:
    assert (await call("POST", f"jobs/{UNKNOWN}/rerun", {}))[0] == 404
    assert (await call("PATCH", f"jobs/{UNKNOWN}", {"pinned": True}))[0] == 404


async def test_a_job_is_pinned(call: Call, ended: Ended, small: str) -> None:
    job = await submit(call, small)
    await ended(job)
    status, _, body = await call("PATCH", f"jobs/{job}", {"pinned": True})
    assert (status, body["pinned"]) == (200, True)
    assert (await call("GET", f"jobs/{job}"))[2]["pinned"] is True
    await call("PATCH", f"jobs/{job}", {"pinned": False})
    assert "pinned" not in (await call("GET", f"jobs/{job}"))[2]


@pytest.mark.parametrize("body", [{}, {"pinned": "yes"}, {"pinned": True, "status": "failed"}])
async def test_nothing_else_of_a_job_can_be_changed(
    call: Call, ended: Ended, small: str, body: Any
) -> None:
    job = await submit(call, small)
    assert (await call("PATCH", f"jobs/{job}", body))[0] == 400
    assert (await ended(job))["status"] == "successful"


async def test_health_tells_of_jobs_and_space(call: Call, ended: Ended, small: str) -> None:
    held = await submit(call, small, outcome="hold")
    await ended(held, "running")
    await submit(call, small)
    status, _, health = await call("GET", "health")
    assert (status, health["status"], health["dispatching"]) == (200, "ok", True)
    assert health["jobs"] == {
        "accepted": 1,
        "running": 1,
        "successful": 0,
        "failed": 0,
        "dismissed": 0,
    }
    assert health["freeBytes"] > 0
    assert (health["workspace"], health["maxRunningJobs"]) == ("terradue", 1)


async def test_conformance_names_its_classes(call: Call) -> None:
    status, _, body = await call("GET", "conformance")
    assert status == 200
    ends = {uri.rpartition("/conf/")[2] for uri in body["conformsTo"]}
    assert {"core", "json", "job-list", "dismiss", "deploy-replace-undeploy"} <= ends


async def test_the_api_describes_every_route(call: Call, small: str, jp_base_url: str) -> None:
    status, _, document = await call("GET", "api")
    assert (status, document["openapi"]) == (200, "3.0.3")
    assert document["servers"] == [{"url": f"{jp_base_url}terradue/wps3"}]
    paths = document["paths"]
    assert len(paths) == len(routes_of(Wps3()))
    assert not [path for path in paths if re.search(r"[()\\^?*+]", path)]
    assert set(paths["/processes/{processID}"]) - {"parameters"} == {"get", "post", "put", "delete"}
    execution = paths["/processes/{processID}/execution"]["post"]
    assert execution["summary"] == "Execute."
    assert {"200", "201", "400", "403", "404", "413", "429"} <= set(execution["responses"])
    (job,) = paths["/jobs/{jobID}"]["parameters"]
    assert (job["name"], job["in"], job["required"]) == ("jobID", "path", True)
    for path in ("/", "/processes", "/jobs", "/health", "/conformance", "/api"):
        assert "200" in paths[path]["get"]["responses"]
        assert (await call("GET", path))[0] == 200


async def test_a_waiting_job_is_dismissed(call: Call, ended: Ended, small: str) -> None:
    held = await submit(call, small, outcome="hold")
    await ended(held, "running")
    waiting = await submit(call, small)
    status, _, body = await call("DELETE", f"jobs/{waiting}")
    assert (status, body["status"]) == (200, "dismissed")
    assert (await call("GET", f"jobs/{held}"))[2]["status"] == "running"


async def test_no_more_jobs_are_open_than_may_be(call: Call, ended: Ended, small: str) -> None:
    jobs = [await submit(call, small, outcome="hold") for _ in range(3)]
    status, _, body = await call("POST", f"processes/{small}", {"inputs": {}})
    assert status == 429
    assert "3 jobs are accepted or running" in body["detail"]
    await call("DELETE", f"jobs/{jobs[-1]}")
    assert (await call("POST", f"processes/{small}", {"inputs": {}}))[0] == 201


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b'{"inputs": {"items": [' + b"1," * 20_000 + b"1]}}", 413, "max_body_bytes"),
        (b'{"inputs": {"items": [' + b"1," * 60 + b"1]}}", 413, "max_array_length"),
        (json.dumps({"inputs": {f"i{n}": n for n in range(6)}}).encode(), 413, "max_inputs"),
        (b'{"inputs": {"items": ' + b"[" * 12 + b"]" * 12 + b"}}", 400, "max_json_depth"),
        (b'{"inputs": {"flag": true, "flag": false}}', 400, "'flag' stands twice"),
        (b'{"inputs": {"items": Infinity}}', 400, "not valid JSON"),
    ],
)
async def test_a_request_beyond_the_limits(
    call: Call, small: str, body: bytes, status: int, words: str
) -> None:
    code, _, answer = await call("POST", f"processes/{small}/jobs", body)
    assert (code, answer["status"]) == (status, status)
    assert words in answer["detail"]
    assert (await call("GET", "jobs"))[2]["numberTotal"] == 0


async def test_a_package_beyond_the_limit(call: Call) -> None:
    big = notebook("a: int = 1", ("# " + "x" * 30_000,))
    status, _, body = await call("POST", "processes", big, headers=NOTEBOOK)
    assert (status, "max_package_bytes" in body["detail"]) == (413, True)


async def test_running_and_waiting_jobs_keep_the_process_they_were_accepted_with(
    call: Call, ended: Ended, small: str, ades: Any
) -> None:
    held = await submit(call, small, outcome="hold")
    await ended(held, "running")
    waiting = await submit(call, small, items=[1])
    await call("PUT", f"processes/{small}", notebook("other: int"), headers=NOTEBOOK)
    assert (await call("DELETE", f"processes/{small}"))[0] == 204
    ades.house.launcher.release()
    for job in (held, waiting):
        assert (await ended(job))["status"] == "successful"
    status, _, body = await call("POST", f"jobs/{held}/rerun", "")
    assert status == 404
    assert "no process" in body["detail"]
    async with asyncio.timeout(30):
        while len(list(ades.house.opened[0].packages.iterdir())) > 1:  # echo's stays
            await asyncio.sleep(0.02)


async def test_a_stage_out_is_run_again_alone(call: Call, ended: Ended, small: str) -> None:
    job = await submit(call, small, outcome="undelivered")
    assert (await ended(job))["status"] == "failed"
    status, headers, body = await call("POST", f"jobs/{job}/rerun", {"from": "stage-out"})
    assert (status, body["jobID"], body["status"]) == (200, job, "accepted")
    assert "Location" not in headers
    assert (await ended(job, "successful"))["progress"] == 100
    assert (await call("GET", f"jobs/{job}/results"))[0] == 200
    status, _, body = await call("POST", f"jobs/{job}/rerun", {"from": "stage-out"})
    assert (status, "is successful" in body["detail"]) == (409, True)
    assert (await call("GET", "jobs"))[2]["numberTotal"] == 1


async def test_a_stage_out_alone_takes_no_inputs(call: Call, ended: Ended, small: str) -> None:
    job = await submit(call, small, outcome="undelivered")
    await ended(job)
    body = {"from": "stage-out", "inputs": {"flag": True}}
    status, _, answer = await call("POST", f"jobs/{job}/rerun", body)
    assert (status, "inputs" in answer["detail"]) == (400, True)
    assert (await call("GET", f"jobs/{job}"))[2]["status"] == "failed"


async def test_a_secret_is_not_told_but_run_again(call: Call, ended: Ended) -> None:
    book = notebook("token: str\ncount: int = 1", id="secretive", secrets=["token"])
    status, _, body = await call("POST", "processes", book, headers=NOTEBOOK)
    assert status == 201, body
    process = body.get("id") or body["processSummary"]["id"]
    job_id = await submit(call, process, token="hush hush", count=2)
    await ended(job_id)
    _, _, again = await call("POST", f"jobs/{job_id}/rerun", {"inputs": {"count": 3}})
    for each, count in ((job_id, 2), (again["jobID"], 3)):
        _, _, request = await call("GET", f"jobs/{each}/request")
        assert request == {"processID": process, "inputs": {"count": count}, "hidden": ["token"]}
    # The worker gets it.
    await ended(again["jobID"])
    _, _, log = await call("GET", f"jobs/{job_id}/log")
    assert b"hush" not in log


async def test_a_refusal_does_not_repeat_a_secret_reference(call: Call) -> None:
    source = "from pathlib import Path\nkey: Path\nother: Path"
    book = notebook(source, id="secretive", secrets=["key"])
    status, _, body = await call("POST", "processes", book, headers=NOTEBOOK)
    assert status == 201, body
    inputs = {"key": {"href": "ades:job/hush"}, "other": {"href": "ades:job/loud"}}
    status, _, body = await call("POST", "processes/secretive/jobs", {"inputs": inputs})
    told = {each["path"]: each["detail"] for each in body["problems"]}
    assert (status, set(told)) == (400, {"inputs.key", "inputs.other"})
    assert "hush" not in str(body)
    assert "which is secret" in told["inputs.key"]
    assert "'ades:job/loud' names no job" in told["inputs.other"]


async def test_a_priority(call: Call, small: str) -> None:
    first = await submit(call, small, outcome="hold")
    path = f"processes/{small}/jobs"
    ids = []
    for body in ({"priority": -3}, {"priority": 9}):
        status, _, info = await call("POST", path, {"inputs": {}, **body})
        assert status == 201, info
        ids.append(info["jobID"])
    _, _, info = await call("GET", f"jobs/{ids[1]}")
    assert (info["priority"], info["status"]) == (9, "accepted")
    await call("DELETE", f"jobs/{first}")
    # A third one may come, as one has ended, and waits behind the one that is preferred.
    for bad in (1.5, "high", True, 1001):
        status, _, body = await call("POST", path, {"inputs": {}, "priority": bad})
        assert (status, [each["path"] for each in body["problems"]]) == (400, ["priority"])
