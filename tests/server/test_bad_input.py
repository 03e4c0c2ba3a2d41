"""Bad input costs a clear answer and nothing else: no traceback, no lost job, no dead server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from tests.conftest import Answer, deployed, notebook

Call = Callable[..., Awaitable[Answer]]
JOB = "00000000-0000-0000-0000-000000000000"
NOTEBOOK = {"Content-Type": "application/x-ipynb+json"}
CWL = {"Content-Type": "application/cwl+yaml"}


@pytest.fixture(autouse=True)
def _alive_afterwards(call: Call, jp_asyncio_loop: Any) -> Iterator[None]:
    yield
    assert jp_asyncio_loop.run_until_complete(call("GET", "processes"))[0] == 200


def refused(answer: Answer, status: int, *words: str) -> dict[str, Any]:
    """The answer is an RFC 7807 document of this status that has these words in its detail."""
    code, headers, body = answer
    assert (code, body["status"]) == (status, status), body
    assert "json" in headers["Content-Type"]
    assert {"type", "title", "status", "detail"} <= body.keys()
    for word in words:
        assert word in body["detail"], body
    assert "Traceback" not in json.dumps(body)
    return dict(body)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_an_unknown_workspace(call: Call, method: str) -> None:
    body = "" if method in ("POST", "PUT") else None
    refused(await call(method, "processes", body, root="nobody/wps3"), 404, "/nobody/wps3")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("processes/nothing", "no-such-process"),
        ("processes/nothing/package", "no-such-process"),
        (f"jobs/{JOB}", "no-such-job"),
        (f"jobs/{JOB}/results", "no-such-job"),
        (f"jobs/{JOB}/log", "no-such-job"),
        (f"jobs/{JOB}/request", "no-such-job"),
        (f"jobs/{JOB}/files", "no-such-job"),
        ("jobs/%F0%9F%9B%B0", "no-such-job"),
        (f"jobs/{'x' * 1000}", "no-such-job"),
    ],
)
async def test_what_is_not_there(call: Call, path: str, kind: str) -> None:
    assert refused(await call("GET", path), 404)["type"].endswith(f"/{kind}")


async def test_an_address_that_is_none(call: Call) -> None:
    refused(await call("GET", "nonsense/at/all"), 404)


async def test_execute_of_an_unknown_process(call: Call) -> None:
    refused(await call("POST", "processes/nothing/jobs", {"inputs": {}}), 404, "nothing")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "no body"),
        (b"{", "not valid JSON"),
        (b"[]", "an array"),
        (b"null", "null"),
        (b'"text"', "a string"),
        (b'{"inputs": 3}', "inputs"),
        (b'{"inputs": {"items": NaN}}', "not valid JSON"),
        (b"\xff\xfe{}", "not valid JSON"),
        (b"[" * 100_000, "deep"),
    ],
)
async def test_bodies_that_are_no_request(call: Call, small: str, body: bytes, words: str) -> None:
    refused(await call("POST", f"processes/{small}/jobs", body), 400, words)
    assert (await call("GET", "jobs"))[2]["numberTotal"] == 0


async def test_all_wrong_inputs_are_reported_at_once(call: Call) -> None:
    source = "scene: Path\ncount: int\nname: str = 'x'\nitems: list[int] = []"
    _, _, process = await call("POST", "processes", notebook(source), headers=NOTEBOOK)
    inputs = {"count": "many", "nam": "y", "items": [1, "two"], "name": {"a": 1}}
    answer = await call("POST", f"processes/{process['id']}/jobs", {"inputs": inputs})
    problems = {each["path"]: each["detail"] for each in refused(answer, 400)["problems"]}
    assert set(problems) == {
        "inputs.scene",
        "inputs.count",
        "inputs.nam",
        "inputs.items[1]",
        "inputs.name",
    }
    assert "did you mean 'name'" in problems["inputs.nam"]


@pytest.mark.parametrize(
    "href",
    [
        "http://127.0.0.1:1/x",
        "http://[::1]/",
        "file:///etc/passwd",
        "../../../etc/passwd",
        "ftp://x/y",
    ],
)
async def test_references_that_are_refused(call: Call, href: str) -> None:
    _, _, process = await call("POST", "processes", notebook("scene: Path"), headers=NOTEBOOK)
    body = {"inputs": {"scene": {"href": href}}}
    answer = await call("POST", f"processes/{process['id']}/jobs", body)
    assert refused(answer, 400)["problems"][0]["path"] == "inputs.scene"


@pytest.mark.parametrize(
    ("headers", "body", "words"),
    [
        (CWL, b"a: [1", "line"),
        (CWL, b"just text", "CWL"),
        (CWL, b"cwlVersion: v1.2\nclass: Nonsense\n", "Nonsense"),
        (NOTEBOOK, b"{not json", "JSON"),
        (NOTEBOOK, b"[]", "notebook"),
        (NOTEBOOK, notebook(kernel="klingon"), "python3"),
        (NOTEBOOK, notebook("a: int ="), "line 1"),
    ],
)
async def test_packages_that_are_none(
    call: Call, headers: dict[str, str], body: bytes, words: str
) -> None:
    refused(await call("POST", "processes", body, headers=headers), 400, words)
    assert await deployed(call) == []


async def test_a_media_type_that_cannot_be_deployed(call: Call) -> None:
    answer = await call("POST", "processes", b"x", headers={"Content-Type": "image/png"})
    refused(answer, 415, "image/png", "application/cwl")


@pytest.mark.parametrize("href", ["no/such.cwl", "../outside.cwl", "http://127.0.0.1:9/a.cwl"])
async def test_a_package_that_cannot_be_read(call: Call, href: str) -> None:
    refused(await call("POST", "processes", {"executionUnit": {"href": href}}), 400, href)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"limit": "10001"}, "limit"),
        ({"before": "-1"}, "before"),
        ({"status": "finished"}, "finished"),
    ],
)
async def test_query_parameters_that_are_wrong(
    call: Call, query: dict[str, str], words: str
) -> None:
    body = refused(await call("GET", "jobs", params=query), 400, words)
    assert body["type"].endswith("/invalid-query-parameter-value")


@pytest.mark.parametrize(
    "path", ["../../ades.sqlite", "..%2F..%2Fades.sqlite", "%2e%2e/x", "wf-x/y"]
)
async def test_the_files_of_a_job_cannot_be_left(
    call: Call, small: str, ended: Any, path: str
) -> None:
    _, _, job = await call("POST", f"processes/{small}", {"inputs": {}})
    await ended(job["jobID"])
    status, _, body = await call("GET", f"jobs/{job['jobID']}/files/{path}")
    assert status == 404
    assert b"SQLite" not in json.dumps(body, default=str).encode()


async def test_a_request_without_a_token_learns_nothing(
    call: Call, small: str, http_server_client: Any, jp_base_url: str
) -> None:
    for path in (f"processes/{small}", "processes/nothing", "jobs", f"jobs/{JOB}/files"):
        response = await http_server_client.fetch(
            f"{jp_base_url}terradue/wps3/{path}", raise_error=False, follow_redirects=False
        )
        assert response.code in (302, 403)
        assert b"nothing" not in response.body


async def test_a_client_that_wants_problem_json_gets_it(call: Call) -> None:
    headers = {"Accept": "application/problem+json"}
    _, answered, _ = await call("GET", "processes/nothing", headers=headers)
    assert answered["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "identifier",
    ["a/b", "../x", "ünïcode", "x" * 1000, "", ".", "..", "a b", 3, None, "-", "a\x00b"],
)
async def test_ids_that_cannot_be_used(call: Call, identifier: Any) -> None:
    body = {
        "processDescription": {"process": {"id": identifier}},
        "executionUnit": {"value": json.loads(notebook("a: int = 1"))},
    }
    status, _, answer = await call("POST", "processes", body)
    if identifier in ("", None):
        assert (status, answer["id"]) == (201, "small-0_1_0")
    else:
        refused((status, {"Content-Type": "json"}, answer), 400, "id")
        assert len(answer["detail"]) < 1000


async def test_an_id_with_a_dot_is_an_id(call: Call) -> None:
    body = {
        "processDescription": {"process": {"id": "my.process-1.0"}},
        "executionUnit": {"value": json.loads(notebook("a: int = 1"))},
    }
    status, headers, answer = await call("POST", "processes", body)
    assert (status, answer["id"]) == (201, "my.process-1.0")
    assert headers["Location"].endswith("/processes/my.process-1.0")
    assert (await call("GET", "processes/my.process-1.0"))[0] == 200


async def test_two_deploys_of_one_id_at_once(call: Call) -> None:
    answers = await asyncio.gather(
        *(call("POST", "processes", notebook(f"a: int = {n}"), headers=NOTEBOOK) for n in range(3))
    )
    assert sorted(answer[0] for answer in answers) == [201, 409, 409]
    (kept,) = (answer[2] for answer in answers if answer[0] == 201)
    status, _, described = await call("GET", f"processes/{kept['id']}")
    assert (status, list(described["inputs"])) == (200, ["a"])


async def test_a_cwl_that_cannot_run(call: Call) -> None:
    no_workflow = b"cwlVersion: v1.2\n$graph: []\n"
    refused(await call("POST", "processes", no_workflow, headers=CWL), 400)
    cycle = b"""cwlVersion: v1.2
class: Workflow
inputs: {}
outputs: {}
requirements: {SubworkflowFeatureRequirement: {}}
steps: {again: {run: "#main", in: {}, out: []}}
id: main
"""
    refused(await call("POST", "processes", cycle, headers=CWL), 400)
    objects = b"cwlVersion: v1.2\nclass: !!python/object/apply:os.system ['true']\n"
    refused(await call("POST", "processes", objects, headers=CWL), 400)
    bomb = b"a0: &a0 [x]\n" + b"".join(
        b"a%d: &a%d [%s]\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 12)
    )
    refused(await call("POST", "processes", bomb, headers=CWL), 400)


async def test_the_log_has_no_values_of_inputs(
    call: Call, small: str, caplog: pytest.LogCaptureFixture
) -> None:
    value = "a-value-that-is-nobodys-business"
    asked = {"inputs": {"items": [value], "flag": value}}
    with caplog.at_level("DEBUG", logger="ServerApp"):
        answer = await call("POST", f"processes/{small}/jobs", asked)
    # Who sent it is told; the server's log has it only for those who follow each step.
    refused(answer, 400, value)
    lines = [each for each in caplog.records if "processes/small" in each.getMessage()]
    told = [each.getMessage() for each in lines if each.levelname != "DEBUG"]
    assert any("(flag, items)" in each for each in told), told
    assert not [each for each in told if value in each]
    assert [each for each in lines if each.levelname == "DEBUG" and value in each.getMessage()]
