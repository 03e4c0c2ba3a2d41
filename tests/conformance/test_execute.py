"""The execute request in all its forms, and its answer at once and later."""

from __future__ import annotations

import email
import json
import threading
import time
from typing import Any

import pytest
import requests

from tests.conformance.conftest import OGC, Api, check, problem
from tests.worker.faulty_server import serving

VALUE, REFERENCE = {"transmissionMode": "value"}, {"transmissionMode": "reference"}
MODE_X = {"transmissionMode": "x"}
#: The drafts and editions that a status is valid in, all at once.
STATUS_OF = ("part1-1.0", "part1-2.0-draft", "part4-draft")
GIVEN: dict[str, Any] = {"echo": "teststring", "values": [1, 2]}


def sync(ogc: Api, body: dict[str, Any], **headers: str) -> requests.Response:
    return ogc.send("POST", "/processes/echo/execution", json=body, headers=headers)


def both(ogc: Api, body: dict[str, Any], **headers: str) -> tuple[requests.Response, ...]:
    """The answer to a synchronous run, and that to the same for later."""
    job_id = ogc.done(body["inputs"], **{k: v for k, v in body.items() if k != "inputs"})
    later = ogc.send("GET", f"/jobs/{job_id}/results", headers=headers)
    return sync(ogc, body, **headers), later


def parts(answer: requests.Response) -> dict[str, Any]:
    """The parts of a multipart answer by their Content-ID."""
    header = f"Content-Type: {answer.headers['Content-Type']}\r\n\r\n".encode()
    message = email.message_from_bytes(header + answer.content)
    assert message.get_content_type() == "multipart/related"
    found = message.get_payload()
    assert isinstance(found, list)
    return {str(part["Content-ID"]).strip("<>"): part for part in found}


# the forms of the answer


def test_without_a_word_on_it_one_output_is_its_value(ogc: Api) -> None:
    for answer in both(ogc, {"inputs": GIVEN, "outputs": {"values": {}}}):
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json() == [1, 2]


def test_without_a_word_on_it_all_outputs_are_a_map(ogc: Api) -> None:
    for answer in both(ogc, {"inputs": GIVEN}):
        check(answer.json(), "part1-1.0/results", "part1-2.0-draft/results")
        assert answer.json() == GIVEN


def test_several_outputs_are_parts_for_who_prefers_that(ogc: Api) -> None:
    for answer in both(ogc, {"inputs": GIVEN}, Accept="multipart/related, application/json;q=0.5"):
        found = parts(answer)
        assert found["echo"].get_payload() == "teststring"
        assert json.loads(found["values"].get_payload()) == [1, 2]


def test_raw_one(ogc: Api) -> None:
    body = {"inputs": GIVEN, "outputs": {"echo": VALUE}, "response": "raw"}
    for answer in both(ogc, body):
        assert (answer.status_code, answer.text) == (200, "teststring")
        assert answer.headers["Content-Type"].startswith("text/plain")
    for answer in both(ogc, body, Accept="application/json"):
        assert answer.json() == "teststring"


def test_raw_many(ogc: Api) -> None:
    outputs = {"echo": VALUE, "values": VALUE}
    for answer in both(ogc, {"inputs": GIVEN, "outputs": outputs, "response": "raw"}):
        assert answer.status_code == 200
        found = parts(answer)
        assert list(found) == ["echo", "values"]
        assert found["values"]["Content-Type"] == "application/json"
        assert json.loads(found["values"].get_payload()) == [1, 2]


def test_transmission_mode_alone_asks_for_raw(ogc: Api) -> None:
    outputs = {"echo": VALUE, "values": {}}
    for answer in both(ogc, {"inputs": GIVEN, "outputs": outputs}):
        assert list(parts(answer)) == ["echo", "values"]


def test_raw_by_reference(ogc: Api) -> None:
    outputs = {"echo": REFERENCE, "values": REFERENCE}
    for answer in both(ogc, {"inputs": GIVEN, "outputs": outputs, "response": "raw"}):
        assert (answer.status_code, answer.content) == (204, b"")
        links = requests.utils.parse_header_links(answer.headers["Link"])
        found = {link["title"]: ogc.send("GET", link["url"]) for link in links}
        assert found["echo"].text == "teststring"
        assert found["values"].json() == [1, 2]


def test_raw_mixed(ogc: Api) -> None:
    outputs = {"echo": VALUE, "values": REFERENCE}
    for answer in both(ogc, {"inputs": GIVEN, "outputs": outputs, "response": "raw"}):
        found = parts(answer)
        assert found["echo"].get_payload() == "teststring"
        assert found["values"].get_payload() == ""
        assert ogc.send("GET", found["values"]["Content-Location"]).json() == [1, 2]


def test_document(ogc: Api) -> None:
    outputs = {"echo": {}, "values": REFERENCE}
    for answer in both(ogc, {"inputs": GIVEN, "outputs": outputs, "response": "document"}):
        check(answer.json(), "part1-1.0/results", "part1-2.0-draft/results")
        assert answer.json()["echo"] == "teststring"
        link = answer.json()["values"]
        assert ogc.send("GET", link["href"]).json() == [1, 2]


def test_no_output_asked_for_is_no_content(ogc: Api) -> None:
    for answer in both(ogc, {"inputs": GIVEN, "outputs": {}}):
        assert (answer.status_code, answer.content) == (204, b"")
    for answer in both(ogc, {"inputs": GIVEN, "outputs": {}, "response": "document"}):
        assert answer.json() == GIVEN


def test_a_multipart_of_nothing_is_no_content(ogc: Api) -> None:
    body = {"inputs": {"echo": "x"}, "outputs": {"flag": VALUE, "number": VALUE}, "response": "raw"}
    for answer in both(ogc, body):
        assert (answer.status_code, answer.content) == (204, b"")


def test_some_outputs_of_a_job(ogc: Api) -> None:
    job_id = ogc.done(GIVEN)
    assert ogc.get(f"/jobs/{job_id}/results?outputs=values") == [1, 2]
    assert ogc.get(f"/jobs/{job_id}/results?outputs=echo,values") == GIVEN
    assert ogc.send("GET", f"/jobs/{job_id}/results?outputs=").status_code == 204
    assert ogc.get(f"/jobs/{job_id}/results/values") == [1, 2]
    for path in ("results?outputs=nix", "results/nix", "results/flag"):
        problem(ogc.send("GET", f"/jobs/{job_id}/{path}"), 404, "no-such-output")


# modes


def test_the_mode_that_is_taken(ogc: Api) -> None:
    body = {"inputs": {"echo": "x"}}
    assert sync(ogc, body).status_code == 200
    later = sync(ogc, body, Prefer="respond-async ")
    assert (later.status_code, later.headers["Preference-Applied"]) == (201, "respond-async")
    check(later.json(), *(f"{each}/statusInfo" for each in STATUS_OF))
    waited = sync(ogc, body, Prefer="respond-async, wait=30")
    assert (waited.status_code, waited.headers["Preference-Applied"]) == (200, "wait=30")
    book = ogc.send("POST", "/processes/small/execution", json={"inputs": {}})
    assert book.status_code == 201
    assert "Preference-Applied" not in book.headers


def test_a_run_that_takes_longer_than_the_client_waits_goes_on_as_a_job(ogc: Api) -> None:
    answer = sync(ogc, {"inputs": {"echo": "late", "pause": 2}}, Prefer="wait=1")
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (201, "respond-async")
    job_id = answer.json()["jobID"]
    assert job_id in [each["jobID"] for each in ogc.get("/jobs?limit=50")["jobs"]]
    assert ogc.ended(job_id)["status"] == "successful"
    assert ogc.get(f"/jobs/{job_id}/results") == {"echo": "late"}


def test_a_synchronous_run_leaves_no_job(ogc: Api) -> None:
    before = ogc.get("/jobs")["numberTotal"]
    answer = sync(ogc, {"inputs": {"echo": "x"}})
    assert "Link" not in answer.headers
    assert ogc.get("/jobs")["numberTotal"] == before
    answer = sync(ogc, {"inputs": {"echo": "x"}, "outputs": {"echo": REFERENCE}})
    job_id = answer.headers["Link"].partition("/jobs/")[2].partition("/")[0]
    problem(ogc.send("GET", f"/jobs/{job_id}"), 404, "no-such-job")
    problem(ogc.send("DELETE", f"/jobs/{job_id}"), 404, "no-such-job")
    assert ogc.get("/jobs")["numberTotal"] == before


def test_closing_the_connection_ends_the_run(ogc: Api) -> None:
    """Nothing of the job is left: no worker, no folder."""
    with pytest.raises(requests.Timeout):
        requests.post(
            f"{ogc.root}/processes/echo/execution",
            json={"inputs": {"echo": "x", "pause": 600}},
            headers={"Authorization": "token secret"},
            timeout=1.5,
        )
    deadline = time.monotonic() + 30
    while ogc.server.workers():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    "prefer", ["wait=1, wait=2", "respond-async, respond-sync", "wait=x", "hop"]
)
def test_a_prefer_that_cannot_be_met(ogc: Api, prefer: str) -> None:
    """Passed over as RFC 7240 wants it, but for who asks to be told."""
    assert sync(ogc, {"inputs": {"echo": "x"}}, Prefer=prefer).status_code in (200, 201)
    strict = sync(ogc, {"inputs": {"echo": "x"}}, Prefer=f"{prefer}, handling=strict")
    assert "Prefer" in problem(strict, 400)


def test_a_dry_run_checks_and_runs_nothing(api: Api) -> None:
    before = api.get("/jobs")["numberTotal"]
    path = "/processes/echo/execution?dryrun=true"
    answer = api.send("POST", path, json={"inputs": {"echo": "x", "values": 3}})
    assert answer.status_code == 200
    assert answer.json() == {
        "processID": "echo",
        "inputs": {"echo": "x", "values": [3]},
    }
    wrong = api.send("POST", path, json={"inputs": {"echo": 3, "colour": "x"}})
    assert {"inputs.echo", "inputs.colour"} == {each["path"] for each in wrong.json()["problems"]}
    assert api.get("/jobs")["numberTotal"] == before


# inputs


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"values": [1, 2, 3]}, [1, 2, 3]),
        ({"values": {"value": [1]}}, [1]),
        ({"values": [{"value": 1}, {"value": 2}]}, [1, 2]),
        ({"doc": {"value": "<a/>", "mediaType": "application/xml"}}, "<a/>"),
        ({"doc": {"value": {"a": 1}, "mediaType": "application/json"}}, '{"a": 1}'),
        ({"doc": {"value": "PGEvPg==", "encoding": "base64"}}, "<a/>"),
        ({"number": 3.5}, 3.5),
        ({"flag": False}, False),
        ({"moment": "2026-05-01T12:00:00Z"}, "2026-05-01T12:00:00Z"),
        ({"colour": {"value": "green"}}, "green"),
        (
            {
                "bbox": {
                    "bbox": [51.9, 7, 52, 7.1],
                    "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
                }
            },
            {"bbox": [51.9, 7, 52, 7.1], "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"},
        ),
    ],
)
def test_inputs_by_value(ogc: Api, given: dict[str, Any], expected: Any) -> None:
    (name,) = given
    body = {"inputs": {"echo": "x", **given}, "response": "document"}
    assert sync(ogc, body).json()[name] == expected


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"echo": 3}, "inputs.echo"),
        ({"values": ["a"]}, "inputs.values[0]"),
        ({"bbox": {"bbox": [1, 2, 3]}}, "inputs.bbox"),
        ({"bbox": [1, 2, 3, 4]}, "inputs.bbox"),
        ({"doc": {"type": "wrong/type"}}, "inputs.doc"),
        ({"doc": {"value": "not base64!", "encoding": "base64"}}, "inputs.doc"),
        ({"moment": "yesterday"}, "inputs.moment"),
        ({"colour": "pink"}, "inputs.colour"),
        ({"pause": -1}, "inputs.pause"),
        ({"nix": 1}, "inputs.nix"),
    ],
)
def test_inputs_that_do_not_fit(ogc: Api, given: dict[str, Any], path: str) -> None:
    answer = sync(ogc, {"inputs": {"echo": "x", **given}})
    problem(answer, 400)
    assert path in [each["path"] for each in answer.json()["problems"]]


def test_inputs_by_link(ogc: Api) -> None:
    with serving() as site:
        site.put("/values.json", b"[4, 5]")
        site.put("/echo.txt", b"from afar\n")
        site.put("/large.txt", b"x" * (2**20 + 1))
        inputs = {
            "echo": {"href": f"{site.url}/echo.txt"},
            "values": {"href": f"{site.url}/values.json", "type": "application/json"},
        }
        assert sync(ogc, {"inputs": inputs}).json() == {"echo": "from afar", "values": [4, 5]}
        for href, words in (
            (f"{site.url}/nothing.txt", "404"),
            (f"{site.url}/large.txt", "larger than"),
            ("http://169.254.169.254/latest", "private network"),
            ("file:///etc/passwd", "leaves the user folder"),
        ):
            answer = sync(ogc, {"inputs": {"echo": {"href": href}}})
            assert words in problem(answer, 400)
            assert answer.json()["problems"][0]["path"] == "inputs.echo"


# refusals


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"inputs": [1]}, "inputs"),
        ({"inputs": {"echo": "x"}, "outputs": []}, "outputs"),
        ({"inputs": {"echo": "x"}, "outputs": {"nix": {}}}, "no such output"),
        ({"inputs": {"echo": "x"}, "outputs": {"echo": 1}}, "outputs.echo"),
        (
            {"inputs": {"echo": "x"}, "outputs": {"echo": {"transmissionMode": "x"}}},
            "transmissionMode",
        ),
        ({"inputs": {"echo": "x"}, "response": "xml"}, "response"),
        ({"inputs": {"echo": "x"}, "subscriber": 3}, "subscriber"),
        ({"invalid-execute-request": "true)"}, "inputs.echo: is required"),
    ],
)
def test_requests_that_are_none(ogc: Api, body: dict[str, Any], words: str) -> None:
    assert words in problem(sync(ogc, body), 400)


def test_a_failed_run_says_why(ogc: Api) -> None:
    """Null bytes cannot be written to the JSON of no job, so a dismissed one stands in below."""
    job = ogc.execute({"echo": "x", "pause": 60})
    ogc.ended(job["jobID"], "running")
    answer = ogc.send("GET", f"/jobs/{job['jobID']}/results")
    assert answer.json()["type"] == OGC + "result-not-ready"
    assert answer.status_code == 404
    ogc.send("DELETE", f"/jobs/{job['jobID']}")
    problem(ogc.send("GET", f"/jobs/{job['jobID']}/results"), 410)


def test_many_runs_at_once_each_get_their_own_answer(ogc: Api) -> None:
    found: dict[int, Any] = {}

    def run(number: int) -> None:
        found[number] = sync(ogc, {"inputs": {"echo": f"run {number}"}}).json()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: {"echo": f"run {number}"} for number in range(4)}
