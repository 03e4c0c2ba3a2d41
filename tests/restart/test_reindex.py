"""The store is lost or damaged: `jupyter ades reindex` makes one that gives the same answers."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from jupyter_ades.cli import main
from tests.conftest import notebook
from tests.restart.server import Server

PARAMETERS = 'outcome: str = "successful"  # how it ends\nn: int = 0'
BOOK = {"Content-Type": "application/x-ipynb+json"}
#: Fields that tell of the moment.
PASSING = ("freeBytes", "timeStamp")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    traits = {"launcher_class": "jupyter_ades.testing.InlineLauncher", "max_running_jobs": 2}
    started = Server(tmp_path, traits={**traits, "min_free_bytes": 0})
    started.start()
    yield started
    if started.alive:
        started.stop()


def reindex(server: Server) -> Result:
    arguments = ["reindex", "terradue", "--workspace-root", str(server.folder / "state")]
    return CliRunner().invoke(main, arguments)


def execute(server: Server, outcome: str, process: str = "small", **more: Any) -> str:
    headers = more.pop("headers", {})
    body = {"inputs": {"outcome": outcome}, **more}
    answer = server.send("POST", f"processes/{process}/jobs", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["jobID"])


def until(server: Server, job_id: str, *states: str) -> None:
    deadline = time.monotonic() + 60
    while server.send("GET", f"jobs/{job_id}").json()["status"] not in states:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def filled(server: Server) -> dict[str, str]:
    """A workspace with jobs of every kind; their ids by what became of them."""
    server.send("POST", "processes", data=notebook(PARAMETERS), headers=BOOK)
    other = notebook(PARAMETERS, id="other")
    server.send("POST", "processes", data=other, headers=BOOK)
    gone = notebook(PARAMETERS, id="gone")
    server.send("POST", "processes", data=gone, headers=BOOK)
    names = {
        "successful": execute(server, "successful", response="raw", outputs={"notebook": {}}),
        "failed": execute(server, "failed", "other"),
        "lost": execute(server, "lost"),
        "undelivered": execute(server, "undelivered"),
        "keyed": execute(server, "successful", headers={"Idempotency-Key": "a key"}),
        "of the undeployed": execute(server, "successful", "gone"),
        "removed": execute(server, "successful"),
    }
    for job_id in names.values():
        until(server, job_id, "successful", "failed")
    server.send("DELETE", f"jobs/{names.pop('removed')}")
    server.send("DELETE", "processes/gone")
    server.send("PATCH", f"jobs/{names['failed']}", json={"pinned": True})
    names["dismissed"] = execute(server, "hold")
    until(server, names["dismissed"], "running")
    server.send("DELETE", f"jobs/{names['dismissed']}")
    until(server, names["dismissed"], "dismissed")
    return names


def answers(server: Server) -> dict[str, Any]:
    """Every document and file that can be reached from the lists, in both dialects."""
    base = server.root.removesuffix("/wps3")
    waiting = [f"{base}/{name}" for name in ("wps3/processes", "wps3/jobs", "ogc-api/processes")]
    waiting += [f"{base}/ogc-api/jobs?limit=3", f"{base}/wps3/jobs?status=failed,dismissed"]
    waiting += [f"{base}/ogc-api/jobs?processID=small&limit=2", f"{base}/wps3/health"]
    found: dict[str, Any] = {}
    while waiting:
        url = waiting.pop()
        if url in found or "/api" in url or not url.startswith(base):
            continue
        answer = requests.get(url, headers={"Authorization": "token secret"}, timeout=60)
        found[url] = (answer.status_code, _plain(answer))
        if "json" in answer.headers.get("Content-Type", ""):
            waiting += [_absolute(server, href) for href in _hrefs(answer.json())]
    return found


def _plain(answer: requests.Response) -> Any:
    if "json" not in answer.headers.get("Content-Type", ""):
        # A page's scripts have a word of their own each time.
        return re.sub(rb'nonce="[^"]*"', b"", answer.content)
    document = answer.json()
    if isinstance(document, dict):
        return {name: value for name, value in document.items() if name not in PASSING}
    return document


def _absolute(server: Server, href: str) -> str:
    return href if href.startswith("http") else f"{server.origin}{href}"


def _hrefs(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        if isinstance(document.get("href"), str) and document["href"].startswith(("/", "http")):
            yield document["href"]
        document = list(document.values())
    if isinstance(document, list):
        for each in document:
            yield from _hrefs(each)


def lose(store: Path) -> None:
    store.unlink()


def overwrite(store: Path) -> None:
    store.write_bytes(b"this is no database, whatever it was before" * 400)


def truncate(store: Path) -> None:
    """As a copy that ran out of space."""
    store.write_bytes(store.read_bytes()[:9000])


@pytest.mark.parametrize("harm", [lose, overwrite, truncate])
def test_the_same_answers_from_a_store_made_anew(
    server: Server, harm: Callable[[Path], None]
) -> None:
    ids = filled(server)
    before = answers(server)
    assert len([url for url in before if "/wps3/jobs/" in url]) > 4 * len(ids)
    refused = reindex(server)
    assert refused.exit_code == 3
    assert "stop it" in refused.stderr
    server.end()

    store = server.folder / "state" / "terradue" / "ades.sqlite"
    harm(store)
    log = server.start_without()
    assert "jupyter ades reindex" in log
    assert "Traceback" not in log
    server.end()
    done = reindex(server)
    assert done.exit_code == 0, done.output
    assert f"{len(ids)} jobs from their directories" in done.output
    assert (list(store.parent.glob("ades.sqlite.before*")) == []) == (harm is lose)

    server.start()
    after = answers(server)
    assert {url: after.get(url) for url in before} == before
    # What is not shown: keys, and what can be done next.
    again = execute(server, "successful", headers={"Idempotency-Key": "a key"})
    assert again == ids["keyed"]
    job = server.send("POST", f"jobs/{ids['undelivered']}/rerun", json={"from": "stage-out"})
    assert (job.status_code, job.json()["jobID"]) == (200, ids["undelivered"])
    until(server, ids["undelivered"], "successful")


def test_what_never_started_is_taken_from_a_store_that_can_be_read(server: Server) -> None:
    server.send("POST", "processes", data=notebook(PARAMETERS), headers=BOOK)
    held = [execute(server, "hold") for _ in range(2)]
    for job_id in held:
        until(server, job_id, "running")
    waiting = execute(server, "successful")
    dismissed = execute(server, "successful")
    server.send("DELETE", f"jobs/{dismissed}")
    shown = server.send("GET", f"jobs/{dismissed}").json()
    server.kill()
    done = reindex(server)
    assert "2 jobs from their directories, 2 from the old store" in done.output
    server.start()
    # The held ones were held by the server that was killed, and are lost with it.
    for job_id in held:
        until(server, job_id, "failed")
    until(server, waiting, "successful")
    assert server.send("GET", f"jobs/{dismissed}").json() == shown


def test_a_directory_that_cannot_be_read_is_named_and_left_out(server: Server) -> None:
    server.send("POST", "processes", data=notebook(PARAMETERS), headers=BOOK)
    job_ids = [execute(server, "successful") for _ in range(2)]
    for job_id in job_ids:
        until(server, job_id, "successful")
    server.end()
    state = server.folder / "state" / "terradue"
    lose(state / "ades.sqlite")
    (state / "jobs" / job_ids[0] / "job.json").write_text('{"job": ')
    (state / "jobs" / "stranger").mkdir()
    done = reindex(server)
    assert done.exit_code == 0
    assert f"left out: {state / 'jobs' / job_ids[0]}" in done.stderr
    assert "stranger: it holds neither job.json nor plan.json" in done.stderr
    server.start()
    listed = server.send("GET", "jobs").json()["jobs"]
    assert [each["jobID"] for each in listed] == [job_ids[1]]


def test_jobs_of_a_version_without_records_come_back_from_their_plans(server: Server) -> None:
    server.send("POST", "processes", data=notebook(PARAMETERS), headers=BOOK)
    job_ids = [execute(server, each) for each in ("successful", "failed", "successful")]
    for job_id in job_ids:
        until(server, job_id, "successful", "failed")
    server.end()
    state = server.folder / "state" / "terradue"
    lose(state / "ades.sqlite")
    for job_id in job_ids[:2]:
        (state / "jobs" / job_id / "job.json").unlink()
    assert reindex(server).exit_code == 0
    server.start()
    listed = server.send("GET", "jobs").json()["jobs"]
    assert [(each["jobID"], each["status"]) for each in listed] == [
        (job_ids[2], "successful"),
        (job_ids[1], "failed"),
        (job_ids[0], "successful"),
    ]
    inputs = json.loads(server.send("GET", f"jobs/{job_ids[1]}/request").text)["inputs"]
    assert inputs["outcome"] == "failed"
