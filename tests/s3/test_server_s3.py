"""A server whose results go to a bucket: real workers, real kernels, moto."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conftest import notebook
from tests.restart.asking import ended
from tests.restart.server import Server
from tests.s3.service import Service

HEADERS = {"Content-Type": "application/x-ipynb+json"}
ACCESS, SECRET = "AKIDTESTKEYOFTHIS", "very/secret+key/of/this/test"
TOOL = """
cwlVersion: v1.2
class: CommandLineTool
id: env
baseCommand: [sh, -c, "env | sort > env.txt"]
inputs: []
outputs:
  env: {type: File, outputBinding: {glob: env.txt}}
"""
LOOKS = """
import os, pathlib, subprocess
pathlib.Path("env.txt").write_text(subprocess.run(["env"], capture_output=True, text=True).stdout)
pathlib.Path("own.txt").write_text(repr(dict(os.environ)))
pathlib.Path("data.bin").write_bytes(bytes(range(256)) * 4000)
"""


@pytest.fixture(scope="module")
def bucket(moto_service: Service) -> str:
    return moto_service.bucket()


@pytest.fixture(scope="module")
def server(
    moto_service: Service, bucket: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    traits = {
        "results_url": f"s3://{bucket}/res",
        "s3_endpoint": moto_service.endpoint,
        "s3_addressing": "path",
    }
    keys = {"AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**moto_service.environment, **keys}.items():
            patch.setenv(name, value)
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            patch.delenv(name, raising=False)
        started = Server(tmp_path_factory.mktemp("server"), traits=traits)
        started.start()
        yield started
        started.stop()


def until(holds: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return found


def deployed(server: Server, package: bytes, kind: str) -> str:
    answer = server.send("POST", "processes", data=package, headers={"Content-Type": kind})
    assert answer.status_code in (201, 409), answer.text
    return "env" if "cwl" in kind else "small"


def run(server: Server, process: str) -> str:
    body = server.send("POST", f"processes/{process}/jobs", json={"inputs": {}}).json()
    job_id: str = body["jobID"]
    status = ended(server, job_id)
    assert status["status"] == "successful", status
    return job_id


@pytest.fixture(scope="module")
def job(server: Server) -> str:
    return run(server, deployed(server, notebook("a: int = 1", (LOOKS,)), *HEADERS.values()))


def file(server: Server, job: str, name: str, **headers: str) -> requests.Response:
    return server.send("GET", f"jobs/{job}/files/wf-{job}/{name}", headers=headers)


def test_the_catalogs_uri_is_that_of_the_bucket(server: Server, job: str, bucket: str) -> None:
    body = server.send("GET", f"jobs/{job}/results").json()
    uri = f"s3://{bucket}/res/wf-{job}/catalog.json"
    assert uri in body["outputs"][0]["value"]["inlineValue"]
    assert not (server.user_folder / "ades-results").exists()


def test_a_notebook_does_not_see_the_keys(server: Server, job: str) -> None:
    for name in ("env.txt", "own.txt"):
        seen = file(server, job, name).text
        assert "JUPYTER_ADES_JOB" in seen
        assert "AWS_" not in seen
        assert ACCESS not in seen
        assert SECRET not in seen


def test_a_cwl_tool_does_not_see_the_keys(server: Server) -> None:
    job = run(server, deployed(server, TOOL.encode(), "application/cwl+yaml"))
    seen = file(server, job, "env.txt").text
    assert "PATH=" in seen
    assert "AWS_" not in seen


def test_the_keys_are_written_nowhere(server: Server, job: str, s3: Service, bucket: str) -> None:
    looked_at = 0
    for path in server.folder.rglob("*"):
        if path.is_file():
            looked_at += 1
            data = path.read_bytes()
            assert SECRET.encode() not in data, path
            assert ACCESS.encode() not in data, path
    assert looked_at > 10
    for key in s3.keys(bucket):
        assert SECRET.encode() not in s3.read(bucket, key), key


def test_files_are_streamed_with_range_and_conditions(server: Server, job: str) -> None:
    whole = bytes(range(256)) * 4000
    answer = file(server, job, "data.bin")
    assert (answer.status_code, answer.content) == (200, whole)
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Length"] == str(len(whole))
    assert answer.headers["Content-Security-Policy"] == "sandbox"
    etag = answer.headers["ETag"]
    part = file(server, job, "data.bin", Range="bytes=1000-1099")
    assert (part.status_code, part.content) == (206, whole[1000:1100])
    assert part.headers["Content-Range"] == f"bytes 1000-1099/{len(whole)}"
    assert file(server, job, "data.bin", Range="bytes=-7").content == whole[-7:]
    assert file(server, job, "data.bin", Range="bytes=99999999-").status_code == 416
    same = file(server, job, "data.bin", **{"If-None-Match": etag})
    assert (same.status_code, same.content) == (304, b"")
    assert file(server, job, "data.bin", **{"If-None-Match": '"x"'}).status_code == 200
    head = server.send("HEAD", f"jobs/{job}/files/wf-{job}/data.bin")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(whole))
    assert head.headers["ETag"] == etag


def test_folders_are_listed(server: Server, job: str) -> None:
    for path in (f"jobs/{job}/files/", f"jobs/{job}/files/wf-{job}", f"jobs/{job}/files/wf-{job}/"):
        listing = server.send("GET", path).json()
        entries = {each["name"]: each for each in listing["files"]}
        assert entries.keys() >= {"catalog.json", f"{job}.json", "data.bin", "env.txt"}
        data = entries["data.bin"]
        assert data["size"] == 1024000
        assert data["href"] == f"/terradue/wps3/jobs/{job}/files/wf-{job}/data.bin"
    page = server.send("GET", f"jobs/{job}/files/", headers={"Accept": "text/html"})
    assert "data.bin</a>" in page.text


@pytest.mark.parametrize(
    "path", ["wf-{job}/none.txt", "wf-{job}/../x", "wf-{job}/%2e%2e/x", "wf-other/x", "x", "../x"]
)
def test_what_is_not_of_the_job_is_not_found(server: Server, job: str, path: str) -> None:
    # Not by requests, which would take the steps up out of the path.
    url = f"{server.root}/jobs/{job}/files/{path.format(job=job)}"
    request = requests.Request("GET", url, headers={"Authorization": "token secret"}).prepare()
    request.url = url
    with requests.Session() as session:
        answer = session.send(request, timeout=30)
    assert answer.status_code == 404
    assert answer.json()["status"] == 404


def test_health_has_the_bucket(server: Server, bucket: str) -> None:
    body = server.send("GET", "health").json()
    assert body["status"] == "ok"
    assert body["results"] == {"location": f"s3://{bucket}/res", "status": "ok"}


def test_a_removed_job_takes_its_objects_along(server: Server, s3: Service, bucket: str) -> None:
    job = run(server, deployed(server, notebook("a: int = 1", (LOOKS,)), *HEADERS.values()))
    assert s3.keys(bucket, f"res/wf-{job}/")
    s3.client().create_multipart_upload(Bucket=bucket, Key=f"res/wf-{job}/half")
    s3.put(bucket, "res/of-others.txt")
    assert server.send("DELETE", f"jobs/{job}").status_code == 200
    assert s3.keys(bucket, f"res/wf-{job}/") == []
    assert s3.uploads(bucket) == []
    assert "res/of-others.txt" in s3.keys(bucket)
    assert list((Path(server.folder) / "state" / "terradue" / "removals").iterdir()) == []


def test_a_dismissal_in_the_middle_of_stage_out_leaves_nothing(
    server: Server, s3: Service, bucket: str
) -> None:
    cells = (
        "import pathlib\nfor n in range(4000): pathlib.Path(f'{n}.bin').write_bytes(b'x' * 2000)",
    )
    package = notebook("a: int = 1", cells, id="many")
    answer = server.send("POST", "processes", data=package, headers=HEADERS)
    process = answer.json()["id"]
    body = server.send("POST", f"processes/{process}/jobs", json={"inputs": {}}).json()
    job, prefix = body["jobID"], f"res/wf-{body['jobID']}/"
    until(lambda: s3.client().list_objects_v2(Bucket=bucket, Prefix=prefix).get("KeyCount"))
    answer = server.send("DELETE", f"jobs/{job}")
    assert (answer.status_code, answer.json()["status"]) == (200, "dismissed")
    until(lambda: s3.keys(bucket, prefix) == [])
    assert s3.uploads(bucket) == []


def test_a_file_is_redirected_to_where_the_service_gives_it(
    server: Server, s3: Service, bucket: str, job: str, tmp_path: Path
) -> None:
    """By a second server on the same state, which serves and does not dispatch."""
    own = {
        name.removeprefix("ADES."): value
        for name, value in server._traits.items()
        if name.startswith("ADES.")
    }
    own["results_redirect"] = True
    second = Server(tmp_path, traits=own)
    second.start()
    try:
        path = f"jobs/{job}/files/wf-{job}/data.bin"
        answer = second.send("GET", path, allow_redirects=False)
        assert answer.status_code == 302
        assert answer.headers["Cache-Control"] == "no-store"
        url = answer.headers["Location"]
        assert url.startswith(f"{s3.endpoint}/{bucket}/res/wf-{job}/data.bin?")
        assert SECRET not in url
        part = requests.get(url, headers={"Range": "bytes=0-3"}, timeout=30)
        assert (part.status_code, part.content) == (206, bytes(range(4)))
        listing = second.send("GET", f"jobs/{job}/files/wf-{job}/").json()
        assert "data.bin" in {each["name"] for each in listing["files"]}
    finally:
        second.stop()


def test_a_bucket_that_is_missing_is_said_at_start_and_in_health(
    s3: Service, tmp_path: Path
) -> None:
    traits = {
        "results_url": "s3://no-such-bucket",
        "s3_endpoint": s3.endpoint,
        "s3_addressing": "path",
    }
    started = Server(tmp_path, traits=traits)
    started.start()
    log = tmp_path / "server.log"
    try:
        body = started.send("GET", "health").json()
        until(lambda: "Results of workspace terradue cannot be kept" in log.read_text())
    finally:
        started.stop()
    why = "s3://no-such-bucket: there is no such bucket."
    assert body["status"] == "failing"
    assert body["results"] == {
        "location": "s3://no-such-bucket",
        "status": "failing",
        "detail": why,
    }
    assert f"cannot be kept: {why}" in log.read_text()


READS = """
import json
import pathlib
said = {path.name: path.stat().st_size for path in files}
said["one"] = one.name if one else None
pathlib.Path("said.json").write_text(json.dumps(said))
"""


def test_results_in_a_bucket_are_inputs_of_the_next_job(server: Server, job: str) -> None:
    source = "files: 'list[Path]' = []\none: 'Path | None' = None"
    package = notebook(source, (READS,), id="reader")
    process = server.send("POST", "processes", data=package, headers=HEADERS).json()["id"]
    inputs = {
        "files": [{"href": f"{server.root}/jobs/{job}/results/results"}],
        "one": {"href": f"ades:job/{job}#notebook"},
    }
    body = server.send("POST", f"processes/{process}/jobs", json={"inputs": inputs}).json()
    next_job = body["jobID"]
    status = ended(server, next_job)
    assert status["status"] == "successful", status
    said = file(server, next_job, "said.json").json()
    assert said["data.bin"] == 1024000
    assert {"env.txt", "own.txt"} <= said.keys()
    assert said["one"].endswith(".ipynb")
    request = server.send("GET", f"jobs/{next_job}/request").json()
    assert request["inputs"]["files"] == [{"href": f"ades:job/{job}#results"}]


def test_a_job_that_is_not_there_is_refused_as_an_input(server: Server, job: str) -> None:
    package = notebook("files: 'list[Path]' = []", (), id="taker")
    process = server.send("POST", "processes", data=package, headers=HEADERS).json()["id"]
    unknown = "00000000-0000-0000-0000-000000000000"
    hrefs = [f"/terradue/wps3/jobs/{unknown}/results", f"ades:job/{job}#none", "s3://x/../y"]
    inputs = {"files": [{"href": href} for href in hrefs]}
    answer = server.send("POST", f"processes/{process}/jobs", json={"inputs": inputs})
    assert answer.status_code == 400
    assert "inputs.files[2]" in answer.text
    del inputs["files"][2]
    answer = server.send("POST", f"processes/{process}/jobs", json={"inputs": inputs})
    assert answer.status_code == 400
    problems = {each["path"]: each["detail"] for each in answer.json()["problems"]}
    assert problems["inputs.files[0]"] == f"There is no job '{unknown}'."
    assert "that job's outputs are" in problems["inputs.files[1]"]
