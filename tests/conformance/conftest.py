"""One real server for the whole tier, spoken to in both dialects."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests
from jsonschema import Draft202012Validator

from tests.conftest import notebook
from tests.restart.server import Server

DATA = Path(__file__).parents[1] / "data" / "ogc"
NOTEBOOK = {"Content-Type": "application/x-ipynb+json"}
OGC = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/"
DIALECTS = ("ogc-api", "wps3")
PATIENCE = 60.0


class Api:
    """One dialect of the server."""

    def __init__(self, server: Server, dialect: str) -> None:
        self.server = server
        self.dialect = dialect
        self.root = f"{server.origin}/terradue/{dialect}"
        #: What links begin with: wps3's are path-absolute.
        self.base = self.root if dialect == "ogc-api" else f"/terradue/{dialect}"

    def send(self, method: str, path: str = "", **options: Any) -> requests.Response:
        """A request below the root, with the token."""
        url = path if path.startswith("http") else self.root + path
        headers = {"Authorization": "token secret", **options.pop("headers", {})}
        return requests.request(method, url, headers=headers, timeout=60, **options)

    def get(self, path: str = "", **options: Any) -> Any:
        """The JSON of a GET that is well."""
        answer = self.send("GET", path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def execute(self, inputs: dict[str, Any], process: str = "echo", **more: Any) -> Any:
        """The status of a job that was made for later."""
        headers = {"Prefer": "respond-async", **more.pop("headers", {})}
        body = {"inputs": inputs, **more}
        answer = self.send("POST", f"/processes/{process}/execution", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def ended(self, job_id: str, *states: str) -> Any:
        """The status of a job once it has ended, or is in one of the states."""
        wanted = states or ("successful", "failed", "dismissed")
        deadline = time.monotonic() + PATIENCE
        while (status := self.get(f"/jobs/{job_id}"))["status"] not in wanted:
            assert time.monotonic() < deadline, status
            time.sleep(0.03)
        return status

    def done(self, inputs: dict[str, Any], **more: Any) -> str:
        """The id of a job that has ended."""
        job_id: str = self.execute(inputs, **more)["jobID"]
        self.ended(job_id)
        return job_id


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """A server with one notebook deployed."""
    started = Server(
        folder, traits={"max_running_jobs": 4, "callback_secret": "s3cret", "warm_workers": True}
    )
    (started.user_folder / "small.ipynb").write_bytes(
        notebook("name: str = 'x'  # a word\ncount: int | None = None", ("print(name)",))
    )
    started.start()
    answer = started.send("POST", "processes", json={"executionUnit": {"href": "small.ipynb"}})
    assert answer.status_code == 201, answer.text
    try:
        yield started
    finally:
        started.stop()


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("conformance")) as started:
        yield started


@pytest.fixture(params=DIALECTS)
def api(request: pytest.FixtureRequest, server: Server) -> Api:
    """Each dialect in turn."""
    return Api(server, request.param)


@pytest.fixture
def ogc(server: Server) -> Api:
    """The OGC API dialect."""
    return Api(server, "ogc-api")


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((DATA / "json-relaxed" / f"{name}.json").read_text()))


def check(document: Any, *names: str) -> None:
    """A document fits the schemas of these names: ``part1-1.0/statusInfo``."""
    for name in names:
        errors = [
            f"{list(each.absolute_path)}: {each.message[:200]}"
            for each in validator(name).iter_errors(document)
        ]
        assert errors == [], (name, errors)


def problem(answer: requests.Response, status: int, kind: str | None = None) -> str:
    """The words of a refusal, which is a document as OGC wants it."""
    assert answer.status_code == status, answer.text
    document = answer.json()
    check(document, "part1-1.0/exception")
    assert document["status"] == status
    if kind is not None:
        assert document["type"].rpartition("/")[2] == kind
    assert "Traceback" not in answer.text
    detail: str = document["detail"]
    return detail
