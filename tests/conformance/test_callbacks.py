"""Subscribers are told how their jobs go, in both dialects, whatever else happens."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.conftest import Api, check, problem
from tests.restart.server import Server


class Subscriber:
    """Takes messages, or refuses the first ones, or never answers."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, str], bytes]] = []
        self.refusing = 0
        self.silent = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.told.append((self.path, dict(self.headers), body))
                if self.path == "/never":
                    outer.silent.wait(60)
                refused = outer.refusing > 0
                outer.refusing -= 1
                self.send_response(503 if refused else 200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def of(self, path: str) -> list[tuple[dict[str, str], Any]]:
        return [(headers, json.loads(body)) for at, headers, body in self.told if at == path]

    def close(self) -> None:
        self.silent.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    found = Subscriber()
    yield found
    found.close()


def until(holds: Callable[[], Any], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.03)


def uris(subscriber: Subscriber) -> dict[str, str]:
    names = {"successUri": "/done", "inProgressUri": "/going", "failedUri": "/failed"}
    return {name: subscriber.url + path for name, path in names.items()}


def submit(api: Api, inputs: dict[str, Any], subscriber: dict[str, str], **more: Any) -> str:
    job_id: str = api.execute(inputs, subscriber=subscriber, **more)["jobID"]
    return job_id


def test_success_is_told_with_the_results(api: Api, subscriber: Subscriber) -> None:
    job_id = submit(api, {"echo": "told", "pause": 1}, uris(subscriber), response="document")
    until(lambda: subscriber.of("/done"))
    headers, document = subscriber.of("/done")[0]
    assert document == api.get(f"/jobs/{job_id}/results")
    body = next(each[2] for each in subscriber.told if each[0] == "/done")
    digest = hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()
    assert headers["X-ADES-Signature-256"] == f"sha256={digest}"
    going = subscriber.of("/going")
    assert {document["jobID"] for _, document in going} == {job_id}
    check(going[0][1], "part1-1.0/statusInfo")
    assert subscriber.of("/failed") == []


def test_a_dismissal_is_told_to_who_hears_of_failures(ogc: Api, subscriber: Subscriber) -> None:
    job_id = submit(ogc, {"echo": "x", "pause": 60}, uris(subscriber))
    ogc.ended(job_id, "running")
    ogc.send("DELETE", f"/jobs/{job_id}")
    until(lambda: subscriber.of("/failed"))
    assert subscriber.of("/failed")[0][1]["status"] == "dismissed"
    assert subscriber.of("/done") == []


def test_one_that_refuses_is_told_again(ogc: Api, subscriber: Subscriber) -> None:
    subscriber.refusing = 1
    submit(ogc, {"echo": "x"}, {"successUri": f"{subscriber.url}/done"})
    until(lambda: len(subscriber.of("/done")) == 2)


def test_one_that_never_answers_holds_up_nobody(ogc: Api, subscriber: Subscriber) -> None:
    for _ in range(3):
        submit(ogc, {"echo": "x"}, {"successUri": f"{subscriber.url}/never"})
    until(lambda: len(subscriber.told) >= 1)
    submit(ogc, {"echo": "x"}, {"successUri": f"{subscriber.url}/done"})
    until(lambda: subscriber.of("/done"))
    assert ogc.get("/health")["status"] == "ok"


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"successUri": "http://10.0.0.1/"}, "subscriber.successUri"),
        ({"failedUri": "http://[::1]/"}, "subscriber.failedUri"),
        ({"successUri": "http://169.254.169.254/"}, "subscriber.successUri"),
        ({"successUri": "file:///etc/passwd"}, "subscriber.successUri"),
        ({"inProgressUri": 3}, "subscriber.inProgressUri"),
        ({}, "subscriber"),
    ],
)
def test_addresses_that_nothing_is_sent_to(api: Api, given: dict[str, Any], path: str) -> None:
    body = {"inputs": {"echo": "x"}, "subscriber": given}
    headers = {"Prefer": "respond-async"}
    answer = api.send("POST", "/processes/echo/execution", json=body, headers=headers)
    problem(answer, 400)
    assert [each["path"] for each in answer.json()["problems"]] == [path]


def test_what_was_not_told_is_told_after_a_restart(tmp_path: Path, subscriber: Subscriber) -> None:
    subscriber.refusing = 1
    server = Server(tmp_path)
    server.start()
    api = Api(server, "ogc-api")
    job_id = submit(api, {"echo": "kept"}, {"successUri": f"{subscriber.url}/done"})
    try:
        until(lambda: subscriber.of("/done"))
        server.kill()
        server.start()
        until(lambda: len(subscriber.of("/done")) == 2)
        assert subscriber.of("/done")[1][1] == {"echo": "kept"}
        assert api.get(f"/jobs/{job_id}")["status"] == "successful"
    finally:
        server.stop()


def test_a_long_poll_answers_at_the_next_change(api: Api) -> None:
    job = api.execute({"echo": "x", "pause": 1})
    seen = api.get(f"/jobs/{job['jobID']}?wait=30")
    assert seen["updated"] != job["updated"]
    while seen["status"] in ("accepted", "running"):
        seen = api.get(f"/jobs/{job['jobID']}?wait=30")
    assert seen["status"] == "successful"
    assert api.get(f"/jobs/{job['jobID']}?wait=300") == seen
    problem(api.send("GET", f"/jobs/{job['jobID']}?wait=-1"), 400, "invalid-query-parameter-value")
