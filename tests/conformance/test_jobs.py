"""Jobs: list, filters, pages, status, dismissal, what else is told of them; in both dialects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conformance.conftest import Api, check, problem

UNKNOWN = "00000000-0000-0000-0000-000000000000"
INVALID = "invalid-query-parameter-value"


def rels(document: Any) -> dict[str, str]:
    return {link["rel"].rpartition("/")[2]: link["href"] for link in document["links"]}


def ids(document: Any) -> list[str]:
    return [job["jobID"] for job in document["jobs"]]


def test_the_job_list(api: Api) -> None:
    job_id = api.done({"echo": "x"})
    document = api.get("/jobs?limit=1")
    check(document, "part1-1.0/jobList")
    assert ids(document) == [job_id]
    assert document["numberTotal"] >= 1
    assert rels(document["jobs"][0])["self"] == f"{api.base}/jobs/{job_id}"


def test_the_default_length_of_a_page_is_ten(ogc: Api) -> None:
    for _ in range(11):
        ogc.execute({"echo": "x"})
    assert len(ids(ogc.get("/jobs"))) == 10


def test_pages_stay_right_while_jobs_arrive(api: Api) -> None:
    made = [api.execute({"echo": "x"})["jobID"] for _ in range(4)]
    first = api.get("/jobs?limit=2&processID=echo")
    assert ids(first) == made[:1:-1]
    late = api.execute({"echo": "late"})["jobID"]
    second = api.get(rels(first)["next"].removeprefix(api.base))
    assert ids(second) == made[1::-1]
    assert "processID=echo" in rels(second)["next"]
    back = api.get(rels(second)["prev"].removeprefix(api.base))
    assert ids(back) == ids(first)
    assert ids(api.get(rels(back)["prev"].removeprefix(api.base))) == [late]


def test_filters(api: Api) -> None:
    job_id = api.done({"echo": "x", "pause": 1.2})
    status = api.get(f"/jobs/{job_id}")
    created = datetime.fromisoformat(status["created"])
    soon = (created + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    before = (created - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    today = datetime.now(UTC).strftime("%Y-%m-%d")

    def found(query: str) -> bool:
        return job_id in ids(api.get(f"/jobs?limit=100&{query}"))

    assert found("type=process")
    assert found("processID=echo")
    assert found("status=successful")
    assert found("status=failed,successful")
    assert found("status=failed&status=successful")
    assert not found("status=failed")
    assert not found("processID=small-0_1_0")
    assert found(f"datetime={before}/{soon}")
    assert found(f"datetime={before}/..")
    assert found(f"datetime=../{soon}")
    assert not found(f"datetime={soon}/..")
    assert found(f"datetime={created:%Y-%m-%dT%H:%M:%S}Z")
    assert found(f"datetime={today}/..")
    assert found("minDuration=1")
    assert not found("minDuration=600")
    assert found("maxDuration=600")
    assert not found("maxDuration=1")


@pytest.mark.parametrize(
    "query",
    ["status=x", "type=wps", "datetime=yesterday", "minDuration=x", "maxDuration=-1", "before=x"],
)
def test_filters_that_are_none(api: Api, query: str) -> None:
    problem(api.send("GET", f"/jobs?{query}"), 400, INVALID)


def test_unknown_parameters_and_forms(ogc: Api) -> None:
    for path in ("", "/conformance", "/processes", "/processes/echo", "/jobs", f"/jobs/{UNKNOWN}"):
        assert "'nix'" in problem(ogc.send("GET", f"{path}?nix=1&f=json"), 400, INVALID)
    problem(ogc.send("GET", "/jobs?f=xml"), 400, INVALID)
    answer = ogc.send("GET", "/jobs", headers={"Accept": "image/png"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (406, "application/problem+json")
    assert ogc.send("GET", "/jobs?f=json", headers={"Accept": "image/png"}).status_code == 200
    assert ogc.send("GET", "/jobs", headers={"Accept": ""}).json()["jobs"]


def test_a_status(api: Api) -> None:
    job_id = api.done({"echo": "x"})
    document = api.get(f"/jobs/{job_id}")
    check(document, "part1-1.0/statusInfo")
    assert (document["status"], document["progress"]) == ("successful", 100)
    found = rels(document)
    for rel in ("self", "monitor", "status", "results", "log"):
        assert found[rel].startswith(f"{api.base}/jobs/{job_id}")


def test_an_unknown_job(api: Api) -> None:
    for path in ("", "/results", "/log", "/statistics", "/provenance", "/exceptions", "/request"):
        problem(api.send("GET", f"/jobs/{UNKNOWN}{path}"), 404, "no-such-job")
    problem(api.send("DELETE", f"/jobs/{UNKNOWN}"), 404, "no-such-job")


def test_results_that_are_not_ready(api: Api) -> None:
    job = api.execute({"echo": "x", "pause": 60})
    problem(api.send("GET", f"/jobs/{job['jobID']}/results"), 404, "result-not-ready")
    answer = api.send("DELETE", f"/jobs/{job['jobID']}")
    assert answer.json()["status"] == "dismissed"


def test_dismissal(api: Api) -> None:
    job_id = api.execute({"echo": "x", "pause": 60})["jobID"]
    api.ended(job_id, "running")
    answer = api.send("DELETE", f"/jobs/{job_id}")
    assert answer.status_code == 200
    check(answer.json(), "part1-1.0/statusInfo")
    assert answer.json()["status"] == api.get(f"/jobs/{job_id}")["status"] == "dismissed"
    assert api.send("DELETE", f"/jobs/{job_id}").status_code == 200
    problem(api.send("GET", f"/jobs/{job_id}"), 404, "no-such-job")


def test_a_failed_job_says_which_cell(api: Api) -> None:
    body = b"""{"nbformat": 4, "nbformat_minor": 5, "metadata": {"ades": {"id": "wrong"},
      "kernelspec": {"name": "python3", "display_name": "", "language": "python"}},
      "cells": [{"cell_type": "code", "id": "a", "metadata": {}, "execution_count": null,
                 "outputs": [], "source": "1 / 0"}]}"""
    headers = {"Content-Type": "application/x-ipynb+json"}
    assert api.send("POST", "/processes", data=body, headers=headers).status_code == 201
    try:
        job_id = api.done({}, process="wrong")
    finally:
        api.send("DELETE", "/processes/wrong")
    detail = problem(api.send("GET", f"/jobs/{job_id}/results"), 500)
    assert "cell 1" in detail
    assert "ZeroDivisionError" in detail
    (reason,) = api.get(f"/jobs/{job_id}/exceptions")["exceptions"]
    assert reason["detail"] == detail
    assert rels(api.get(f"/jobs/{job_id}"))["exceptions"].startswith(f"{api.base}/jobs/{job_id}")


def test_what_a_job_cost(api: Api) -> None:
    job_id = api.done({"echo": "x", "pause": 0.5})
    document = api.get(f"/jobs/{job_id}/statistics")
    steps = {each["name"]: each for each in document["steps"]}
    assert list(steps) == ["stage in", "run", "stage out"]
    assert 0.5 <= steps["run"]["wallSeconds"] <= document["wallSeconds"] < 60
    assert 2**20 < steps["run"]["peakMemoryBytes"] <= document["peakMemoryBytes"]
    assert document["cpuSeconds"] > 0


def test_how_results_came_to_be(api: Api) -> None:
    from prov.model import ProvActivity, ProvDocument, ProvGeneration, ProvUsage

    job_id = api.done({"echo": "x", "values": [1]})
    answer = api.send("GET", f"/jobs/{job_id}/provenance")
    document = ProvDocument.deserialize(content=answer.text, format="json")
    (activity,) = document.get_records(ProvActivity)
    assert str(activity.identifier) == f"ades:job-{job_id}"
    assert activity.get_startTime() < activity.get_endTime()
    used = {str(each.args[1]) for each in document.get_records(ProvUsage)}
    assert {"ades:input-echo", "ades:input-values"} < used
    made = {str(each.args[0]) for each in document.get_records(ProvGeneration)}
    assert made == {"ades:output-echo", "ades:output-values"}


def test_metrics_count_jobs(ogc: Api) -> None:
    def ended() -> float:
        text = ogc.send("GET", f"{ogc.server.origin}/metrics").text
        found = [line for line in text.splitlines() if line.startswith("ades_jobs_ended_total")]
        return sum(float(line.rpartition(" ")[2]) for line in found)

    before = ended()
    ogc.done({"echo": "x"})
    assert ended() >= before + 1
