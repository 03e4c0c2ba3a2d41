"""What requests may do whose token may only read, or only execute."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import product
from typing import Any

import pytest
from jupyter_server.auth.authorizer import Authorizer

from tests.conftest import WORKSPACE, Answer, notebook

Call = Callable[..., Awaitable[Answer]]
Ended = Callable[..., Awaitable[dict[str, Any]]]
READ, EXECUTE = {"X-May": "read"}, {"X-May": "read execute"}
OGC = f"{WORKSPACE}/ogc-api"
TOOL = b"""cwlVersion: v1.2
class: CommandLineTool
id: tool
baseCommand: echo
inputs: {outcome: string?}
outputs: []
"""


class ByHeader(Authorizer):
    """Allows what a header of the request names; everything to those without."""

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        may = handler.request.headers.get("X-May", "read write execute").split()
        return resource == "ades" and action in may


@pytest.fixture
def jp_server_config(ades_config: dict[str, Any]) -> dict[str, Any]:
    ades_config["allow_hosts"] = ["127.0.0.1", "inside.example"]
    extensions = {"jpserver_extensions": {"jupyter_ades": True}}
    return {"ServerApp": {**extensions, "authorizer_class": ByHeader}, "ADES": ades_config}


@pytest.fixture
def done(call: Call, ended: Ended, small: str, jp_asyncio_loop: Any) -> str:
    """The id of the owner's job that has ended well."""

    async def run() -> str:
        _, _, body = await call("POST", f"processes/{small}/jobs", {"inputs": {"flag": True}})
        return str((await ended(body["jobID"]))["jobID"])

    return str(jp_asyncio_loop.run_until_complete(run()))


def refused(answer: Answer, *paths: str) -> None:
    assert answer[0] == 403, answer
    assert [each["path"] for each in answer[2]["problems"]] == list(paths)


# what guests may ask for


async def test_a_guest_cannot_say_how_a_job_runs(call: Call) -> None:
    headers = {"Content-Type": "application/cwl+yaml"}
    _, _, tool = await call("POST", "processes", TOOL, headers=headers)
    asked = {
        "inputs": {"cwl:requirements": [{"class": "EnvVarRequirement", "envDef": []}]},
        "priority": 5,
    }
    at = f"processes/{tool['id']}/jobs"
    refused(await call("POST", at, asked, headers=EXECUTE), "inputs.cwl:requirements", "priority")
    refused(
        await call("POST", f"processes/{tool['id']}/execution", asked, root=OGC, headers=EXECUTE),
        "inputs.cwl:requirements",
        "priority",
    )
    status, _, job = await call("POST", at, asked)
    assert status == 201
    again = f"jobs/{job['jobID']}/rerun"
    refused(await call("POST", again, {}, headers=EXECUTE), "inputs.cwl:requirements")


async def test_a_guest_cannot_choose_the_runner(call: Call, small: str, done: str) -> None:
    asked = {"inputs": {}, "runner": "papermill"}
    refused(await call("POST", f"processes/{small}/jobs", asked, headers=EXECUTE), "runner")
    again = f"jobs/{done}/rerun"
    refused(await call("POST", again, {"runner": "papermill"}, headers=EXECUTE), "runner")
    assert (await call("POST", again, {}, headers=EXECUTE))[0] == 201
    assert (await call("POST", again, {"runner": "papermill"}))[0] == 201


async def test_a_guest_gets_nothing_of_the_owners_priority(call: Call, small: str) -> None:
    _, _, job = await call("POST", f"processes/{small}/jobs", {"inputs": {}, "priority": 7})
    _, _, own = await call("POST", f"jobs/{job['jobID']}/rerun", {})
    _, _, guests = await call("POST", f"jobs/{job['jobID']}/rerun", {}, headers=EXECUTE)
    assert (own["priority"], guests.get("priority")) == (7, None)


async def test_a_guest_names_no_host_that_is_allowed_to_the_owner(call: Call, small: str) -> None:
    # The names are looked at before anything is sent; the job is held, so nobody is told.
    asked = {
        "inputs": {"outcome": "hold"},
        "subscriber": {"successUri": "http://127.0.0.1:8888/"},
    }
    at = f"processes/{small}/jobs"
    status, _, body = await call("POST", at, asked, headers=EXECUTE)
    assert status == 400
    assert "127.0.0.1 is on this machine or in a private network" in body["detail"]
    assert (await call("POST", at, asked))[0] == 201


async def test_a_guest_sends_no_secret_of_the_owner_elsewhere(call: Call, ended: Ended) -> None:
    source = 'token: str = ""\nhost: str = ""\noutcome: str = "successful"'
    book = notebook(source, id="secretive", secrets=["token"])
    headers = {"Content-Type": "application/x-ipynb+json"}
    _, _, deployed = await call("POST", "processes", book, headers=headers)
    asked = {"inputs": {"token": "hunter2-hunter2", "host": "a"}}
    _, _, job = await call("POST", f"processes/{deployed['id']}/jobs", asked)
    await ended(job["jobID"])
    again = f"jobs/{job['jobID']}/rerun"
    refused(await call("POST", again, {"inputs": {"host": "b"}}, headers=EXECUTE), "inputs.token")
    for inputs in ({}, {"host": "b", "token": "mine"}, {"host": "b", "token": None}):
        status, _, body = await call("POST", again, {"inputs": inputs}, headers=EXECUTE)
        assert status == 201, (inputs, body)
    assert (await call("POST", again, {"inputs": {"host": "b"}}))[0] == 201


# every verb


READING = [
    ("GET", "processes"),
    ("GET", "processes/{process}"),
    ("GET", "processes/{process}/package"),
    ("GET", "jobs"),
    ("GET", "jobs/{job}"),
    ("GET", "jobs/{job}/request"),
    ("GET", "jobs/{job}/results"),
    ("GET", "jobs/{job}/log"),
    ("GET", "jobs/{job}/statistics"),
    ("GET", "jobs/{job}/provenance"),
    ("GET", "jobs/{job}/files"),
    ("GET", "jobs/{job}/files/wf-{job}/catalog.json"),
]
EXECUTING = [
    ("wps3", "POST", "processes/{process}", {"inputs": {}}, 201),
    ("wps3", "POST", "processes/{process}/jobs", {"inputs": {}}, 201),
    ("ogc-api", "POST", "processes/{process}/execution", {"inputs": {}}, 201),
    ("wps3", "POST", "jobs/{job}/rerun", {}, 201),
    # The job has not failed: there is nothing to deliver again.
    ("wps3", "POST", "jobs/{job}/rerun", {"from": "stage-out"}, 409),
]
WRITING = [
    ("POST", "processes", {"executionUnit": {"href": "a.ipynb"}}),
    ("PUT", "processes/{process}", {"executionUnit": {"href": "a.ipynb"}}),
    ("DELETE", "processes/{process}", None),
    ("PATCH", "jobs/{job}", {"pinned": True}),
    ("DELETE", "jobs/{job}", None),
]


async def test_reading_is_for_all(call: Call, small: str, done: str) -> None:
    for dialect, (method, path) in product(("wps3", "ogc-api"), READING):
        at, root = path.format(process=small, job=done), f"{WORKSPACE}/{dialect}"
        for may, status in ((READ, 200), (EXECUTE, 200), ({"X-May": "nothing"}, 403)):
            assert (await call(method, at, root=root, headers=may))[0] == status, (at, may)


async def test_executing_is_not_for_readers(call: Call, small: str, done: str) -> None:
    for dialect, method, path, body, status in EXECUTING:
        at, root = path.format(process=small, job=done), f"{WORKSPACE}/{dialect}"
        assert (await call(method, at, body, root=root, headers=READ))[0] == 403, at
        assert (await call(method, at, body, root=root, headers=EXECUTE))[0] == status, at


async def test_changing_is_for_the_owner(call: Call, small: str, done: str) -> None:
    for dialect, (method, path, body) in product(("wps3", "ogc-api"), WRITING):
        at, root = path.format(process=small, job=done), f"{WORKSPACE}/{dialect}"
        for may in (READ, EXECUTE):
            assert (await call(method, at, body, root=root, headers=may))[0] == 403, at
    _, _, job = await call("GET", f"jobs/{done}")
    assert (job["status"], job.get("pinned", False)) == ("successful", False)
    assert (await call("GET", f"processes/{small}"))[0] == 200


async def test_pages_are_for_readers(call: Call, small: str, done: str) -> None:
    for at in ("", "processes", f"processes/{small}", "jobs", f"jobs/{done}"):
        for may, status in (("read", 200), ("nothing", 403)):
            headers = {"X-May": may, "Accept": "text/html"}
            code, answered, _ = await call("GET", at, root=OGC, headers=headers)
            assert code == status, at
            assert ("html" in answered["Content-Type"]) is (status == 200), at
