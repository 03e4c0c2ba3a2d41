"""The wps3 dialect over HTTP, in a real Jupyter server; jobs are carried inline."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conftest import Answer, deployed, notebook

Call = Callable[..., Awaitable[Answer]]
Ended = Callable[..., Awaitable[dict[str, Any]]]
UNKNOWN_JOB = "00000000-0000-0000-0000-000000000000"
OGC = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/"


async def test_the_landing_page_links_what_there_is(call: Call, jp_base_url: str) -> None:
    status, _, body = await call("GET", "")
    assert status == 200
    links = {link["rel"].rpartition("/")[2]: link["href"] for link in body["links"]}
    assert links["processes"] == f"{jp_base_url}terradue/wps3/processes"


async def test_a_deployed_process_is_listed_and_described(call: Call, small: str) -> None:
    _, _, listed = await call("GET", "processes")
    assert listed["numberTotal"] == 2
    echo, summary = listed["processes"]
    assert (echo["id"], echo["mutable"]) == ("echo", False)
    assert (summary["id"], summary["title"], summary["version"]) == (small, "Small", "0.1.0")
    assert summary["jobControlOptions"] == ["async-execute", "dismiss"]
    status, _, described = await call("GET", f"processes/{small}")
    assert status == 200
    assert described["inputs"]["outcome"]["description"] == "how it ends"
    assert described["inputs"]["outcome"]["minOccurs"] == 0
    assert list(described["outputs"]) == ["wf_outputs"]


async def test_the_bare_id_names_the_newest_version(call: Call, small: str) -> None:
    _, _, body = await call("GET", "processes/small")
    assert body["id"] == small == "small-0_1_0"


async def test_the_package_comes_back_as_it_was_sent(call: Call) -> None:
    sent = notebook("a: int = 1")
    headers = {"Content-Type": "application/x-ipynb+json"}
    _, _, body = await call("POST", "processes", sent, headers=headers)
    status, answered, package = await call("GET", f"processes/{body['id']}/package")
    assert status == 200
    assert answered["Content-Type"] == "application/x-ipynb+json"
    assert package == json.loads(sent)


async def test_a_deploy_of_the_same_id_is_a_conflict(call: Call, small: str) -> None:
    headers = {"Content-Type": "application/x-ipynb+json"}
    status, _, body = await call("POST", "processes", notebook("b: int = 2"), headers=headers)
    assert (status, body["status"]) == (409, 409)
    assert body["type"].endswith("/duplicated-process")
    _, _, described = await call("GET", f"processes/{small}")
    assert "outcome" in described["inputs"]


async def test_replace_and_undeploy(call: Call, small: str) -> None:
    headers = {"Content-Type": "application/x-ipynb+json"}
    status, _, _ = await call("PUT", f"processes/{small}", notebook("b: int = 2"), headers=headers)
    assert status == 204
    _, _, described = await call("GET", f"processes/{small}")
    assert list(described["inputs"]) == ["b"]
    assert (await call("DELETE", f"processes/{small}"))[0] == 204
    assert (await call("GET", f"processes/{small}"))[0] == 404
    assert (await call("DELETE", f"processes/{small}"))[0] == 404


@pytest.mark.parametrize("suffix", ["", "/jobs", "/execution"])
async def test_execute_by_three_paths(
    call: Call, ended: Ended, small: str, suffix: str, jp_base_url: str
) -> None:
    status, headers, body = await call(
        "POST",
        f"processes/{small}{suffix}",
        {"inputs": {"items": 3}},
        headers={"Prefer": "respond-async"},
    )
    assert status == 201
    assert headers["Location"] == f"{jp_base_url}terradue/wps3/jobs/{body['jobID']}"
    assert headers["Preference-Applied"] == "respond-async"
    done = await ended(body["jobID"])
    assert (done["status"], done["progress"], done["message"]) == ("successful", 100, "Done")
    _, _, request = await call("GET", f"jobs/{body['jobID']}/request")
    assert request == {"processID": small, "inputs": {"items": [3]}}


async def test_results_name_a_catalog_that_can_be_read(
    call: Call, ended: Ended, small: str, jp_base_url: str
) -> None:
    _, _, job = await call("POST", f"processes/{small}/jobs", {"inputs": {}})
    await ended(job["jobID"])
    status, _, results = await call("GET", f"jobs/{job['jobID']}/results")
    assert status == 200
    uri = json.loads(results["outputs"][0]["value"]["inlineValue"])["StacCatalogUri"]
    path = uri.partition(jp_base_url + "terradue/wps3/")[2]
    assert path == f"jobs/{job['jobID']}/files/wf-{job['jobID']}/catalog.json"
    status, _, catalog = await call("GET", path)
    assert (status, catalog["type"], catalog["id"]) == (200, "Catalog", job["jobID"])
    assert (await call("GET", f"jobs/{job['jobID']}/result"))[2] == results


async def test_jobs_are_listed_newest_first_and_filtered(
    call: Call, ended: Ended, small: str
) -> None:
    ids = []
    for outcome in ("successful", "failed", "successful"):
        _, _, job = await call("POST", f"processes/{small}", {"inputs": {"outcome": outcome}})
        ids.append(job["jobID"])
        await ended(job["jobID"])
    _, _, listed = await call("GET", "jobs")
    assert [job["jobID"] for job in listed["jobs"]] == ids[::-1]
    assert listed["numberTotal"] == 3
    _, _, page = await call("GET", "jobs", params={"limit": "2"})
    assert [job["jobID"] for job in page["jobs"]] == ids[:0:-1]
    following = next(link["href"] for link in page["links"] if link["rel"] == "next")
    query = dict(pair.split("=") for pair in following.partition("?")[2].split("&"))
    _, _, rest = await call("GET", "jobs", params=query)
    assert [job["jobID"] for job in rest["jobs"]] == ids[:1]
    _, _, failed = await call("GET", "jobs", params={"status": "failed", "processID": small})
    assert [job["jobID"] for job in failed["jobs"]] == [ids[1]]


async def test_a_running_job_is_dismissed(call: Call, ended: Ended, small: str) -> None:
    _, _, job = await call("POST", f"processes/{small}", {"inputs": {"outcome": "hold"}})
    await ended(job["jobID"], "running")
    status, _, body = await call("GET", f"jobs/{job['jobID']}/results")
    assert (status, body["type"]) == (404, OGC + "result-not-ready")
    status, _, body = await call("DELETE", f"jobs/{job['jobID']}")
    assert (status, body["status"]) == (200, "dismissed")
    assert (await call("GET", f"jobs/{job['jobID']}"))[2]["status"] == "dismissed"
    assert (await call("GET", f"jobs/{job['jobID']}/results"))[0] == 410


async def test_a_finished_job_is_removed_with_its_files(
    call: Call, ended: Ended, small: str, ades: Any
) -> None:
    _, _, job = await call("POST", f"processes/{small}", {"inputs": {}})
    await ended(job["jobID"])
    workspace = ades.house.opened[0]
    assert workspace.delivered(job["jobID"]).exists()
    assert (await call("DELETE", f"jobs/{job['jobID']}"))[0] == 200
    assert (await call("GET", f"jobs/{job['jobID']}"))[0] == 404
    assert list(workspace.jobs.iterdir()) == []
    assert list(workspace.results.iterdir()) == []


async def test_a_failed_job_says_why(call: Call, ended: Ended, small: str) -> None:
    _, _, job = await call("POST", f"processes/{small}", {"inputs": {"outcome": "failed"}})
    assert (await ended(job["jobID"]))["message"] == "cell 2 failed: the last line"
    status, _, body = await call("GET", f"jobs/{job['jobID']}/results")
    assert status == 500
    assert body["detail"] == "cell 2 failed: the last line"
    status, headers, log = await call("GET", f"jobs/{job['jobID']}/log")
    assert (status, log) == (200, b"one line\nthe last line\n")
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert (await call("GET", f"jobs/{job['jobID']}/log", params={"follow": "true"}))[2] == log


async def test_an_idempotency_key_makes_one_job(call: Call, small: str) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = await call("POST", f"processes/{small}", {"inputs": {}}, headers=headers)
    again = await call("POST", f"processes/{small}", {"inputs": {}}, headers=headers)
    assert (first[0], again[0]) == (201, 201)
    assert first[2]["jobID"] == again[2]["jobID"]
    assert first[1]["Location"] == again[1]["Location"]
    other = await call("POST", f"processes/{small}", {"inputs": {"items": 1}}, headers=headers)
    assert other[0] == 422
    assert (await call("GET", "jobs"))[2]["numberTotal"] == 1
    package = notebook("items: list[int] = []", id="second")
    content = {"Content-Type": "application/x-ipynb+json"}
    _, _, second = await call("POST", "processes", package, headers=content)
    elsewhere = await call("POST", f"processes/{second['id']}", {"inputs": {}}, headers=headers)
    assert elsewhere[0] == 422


@pytest.mark.parametrize("address", ["small-0_1_0", "small"], ids=["id", "alias"])
async def test_a_key_is_known_when_its_process_is_not(call: Call, small: str, address: str) -> None:
    """A client that got no answer sends again what was accepted; meanwhile much may happen."""
    headers = {"Idempotency-Key": "k"}
    path = f"processes/{address}/jobs"
    _, _, first = await call("POST", path, {"inputs": {}}, headers=headers)
    newer = notebook("items: list[int] = []", version="0.2.0")
    content = {"Content-Type": "application/x-ipynb+json"}
    _, _, second = await call("POST", "processes", newer, headers=content)
    for process in (None, second["id"], small):
        if process:
            assert (await call("DELETE", f"processes/{process}"))[0] == 204
        status, answered, again = await call("POST", path, {"inputs": {}}, headers=headers)
        assert (status, again["jobID"]) == (201, first["jobID"])
        assert answered["Location"].endswith(first["jobID"])
    assert (await call("POST", path, {"inputs": {"items": 1}}, headers=headers))[0] == 422
    assert (await call("POST", path, {"inputs": {}}))[0] == 404
    other = await call("POST", "processes/echo/jobs", {"inputs": {}}, headers=headers)
    assert other[0] == 422


async def test_a_dry_run_makes_no_use_of_a_key(call: Call, small: str) -> None:
    path, headers = f"processes/{small}/jobs", {"Idempotency-Key": "k"}
    dry = {"dryrun": "true"}
    assert (await call("POST", path, {"inputs": {}}, headers=headers, params=dry))[0] == 200
    status, _, job = await call("POST", path, {"inputs": {"items": 1}}, headers=headers)
    assert status == 201
    found = await call("POST", path, {"inputs": {}}, headers=headers, params=dry)
    assert (found[0], "jobID" in found[2]) == (200, False)
    assert (await call("GET", "jobs"))[2]["numberTotal"] == 1
    assert job["status"] == "accepted"


async def test_a_key_is_that_of_a_rerun(call: Call, ended: Ended, small: str) -> None:
    headers = {"Idempotency-Key": "again"}
    _, _, job = await call("POST", f"processes/{small}", {"inputs": {}})
    await ended(job["jobID"])
    path = f"jobs/{job['jobID']}/rerun"
    first = await call("POST", path, {"inputs": {"items": [1]}}, headers=headers)
    # The job that is run again may be gone, too.
    for step in ("", f"processes/{small}", f"jobs/{job['jobID']}"):
        if step:
            assert (await call("DELETE", step))[0] in (200, 204)
        status, answered, again = await call(
            "POST", path, {"inputs": {"items": [1]}}, headers=headers
        )
        assert (status, again["jobID"]) == (201, first[2]["jobID"])
        assert answered["Location"] == first[1]["Location"]
    assert again["jobID"] != job["jobID"]
    assert (await call("POST", path, {"inputs": {"items": [2]}}, headers=headers))[0] == 422
    execute = await call("POST", f"processes/{small}", {"inputs": {"items": [1]}}, headers=headers)
    assert execute[0] == 422


async def test_a_run_for_now_that_becomes_one_for_later_has_its_key(
    call: Call, ended: Ended, ades: Any
) -> None:
    content = {"Content-Type": "application/x-ipynb+json"}
    package = notebook('outcome: str = "successful"', sync=True)
    _, _, process = await call("POST", "processes", package, headers=content)
    path, body = f"processes/{process['id']}/execution", {"inputs": {"outcome": "hold"}}
    ogc: dict[str, Any] = {"root": "terradue/ogc-api"}
    headers = {"Idempotency-Key": "now", "Prefer": "wait=1"}
    # At the same time, as a client does whose first connection has died: both run, one stays.
    first, second = await asyncio.gather(
        *(call("POST", path, body, headers=headers, **ogc) for _ in range(2))
    )
    assert (first[0], second[0]) == (201, 201)
    job_id = first[2]["jobID"]
    assert second[2]["jobID"] == job_id
    again = await call("POST", path, body, headers=headers, **ogc)
    assert (again[0], again[2]["jobID"]) == (201, job_id)
    _, _, listed = await call("GET", "jobs", **ogc)
    assert [each["jobID"] for each in listed["jobs"]] == [job_id]
    other = await call("POST", path, {"inputs": {}}, headers=headers, **ogc)
    assert other[0] == 422
    ades.house.launcher.release()
    assert (await ended(job_id, **ogc))["status"] == "successful"
    status, _, results = await call(
        "POST", path, {"inputs": {}}, headers={"Idempotency-Key": "later"}, **ogc
    )
    assert status == 200, results


async def test_an_empty_idempotency_key_is_none(call: Call, small: str) -> None:
    sent = [
        await call("POST", f"processes/{small}", {"inputs": {}}, headers={"Idempotency-Key": ""})
        for _ in range(2)
    ]
    assert [answer[0] for answer in sent] == [201, 201]
    assert sent[0][2]["jobID"] != sent[1][2]["jobID"]


async def test_workspaces_see_nothing_of_each_other(call: Call, small: str, ended: Ended) -> None:
    _, _, job = await call("POST", f"processes/{small}", {"inputs": {}})
    await ended(job["jobID"])
    assert await deployed(call, root="other/wps3") == []
    assert (await call("GET", "jobs", root="other/wps3"))[2]["jobs"] == []
    for path in (f"processes/{small}", f"jobs/{job['jobID']}", f"jobs/{job['jobID']}/files"):
        status, _, body = await call("GET", path, root="other/wps3")
        assert status == 404
        assert "Small" not in json.dumps(body)


async def test_events_tell_of_each_change(
    call: Call, ended: Ended, small: str, jp_serverapp: Any
) -> None:
    heard: list[tuple[str, int]] = []

    async def hear(logger: Any, schema_id: str, data: dict[str, Any]) -> None:
        heard.append((data["status"], data["progress"]))

    jp_serverapp.event_logger.add_listener(
        schema_id="https://schema.jupyter-ades.org/job/v1", listener=hear
    )
    _, _, job = await call("POST", f"processes/{small}", {"inputs": {}})
    await ended(job["jobID"])
    await jp_serverapp.event_logger.gather_listeners()
    assert heard == [("running", 0), ("successful", 100)]


async def test_a_hub_does_not_cull_a_server_with_running_jobs(
    call: Call, ended: Ended, small: str, ades: Any, jp_serverapp: Any
) -> None:
    assert not ades.current_activity()
    _, _, job = await call("POST", f"processes/{small}", {"inputs": {"outcome": "hold"}})
    await ended(job["jobID"], "running")
    assert ades.current_activity() == 1
    # What the server's own idle shutdown and a hub's culler read.
    told = jp_serverapp.web_app.settings["ades_last_activity"]
    assert jp_serverapp.web_app.last_activity() >= told > datetime.now(UTC) - timedelta(seconds=60)
    ades.house.launcher.release()
    await ended(job["jobID"])
    assert not ades.current_activity()
