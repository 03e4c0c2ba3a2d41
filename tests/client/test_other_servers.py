"""Other people's servers: the client bears how each of them answers."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_ades.client import Client, errors
from tests.client.other_servers import Other, Said, answering

RESULTS = "http://www.opengis.net/def/rel/ogc/1.0/results"
STAC = {
    "type": "Catalog",
    "id": "found",
    "stac_version": "1.0.0",
    "description": "a catalog",
    "links": [],
}


def zoo_job(status: str, progress: int) -> dict[str, Any]:
    return {
        "progress": progress,
        "id": "e9e1",
        "jobID": "e9e1",
        "type": "process",
        "processID": "water-bodies",
        "status": status,
        "message": "ZOO-Kernel accepted to run your service!",
        "links": [
            {"rel": "monitor", "href": "http://internal.svc/anon/ogc-api/jobs/e9e1"},
            {"rel": RESULTS, "href": "http://internal.svc/anon/ogc-api/jobs/e9e1/results"},
        ],
    }


#: zoo-project-dru: map of inputs, relative truth in links (an inner host), STAC given inline.
ZOO = {
    "GET /anon/ogc-api/processes": Said(
        body={"processes": [{"id": "water-bodies", "version": "1.0.0", "mutable": True}]}
    ),
    "GET /anon/ogc-api/processes/water-bodies": Said(
        body={
            "id": "water-bodies",
            "title": "Water bodies",
            "inputs": {
                "aoi": {"title": "area", "schema": {"type": "string"}},
                "epsg": {"schema": {"type": "string", "default": "EPSG:4326"}, "minOccurs": 1},
                "stac_items": {"schema": {"type": "string"}, "maxOccurs": 1024},
            },
            "outputs": {"stac_catalog": {"schema": {"type": "object"}}},
        }
    ),
    "POST /anon/ogc-api/processes": Said(
        201,
        {"id": "water-bodies", "title": "Water bodies"},
        {"Location": "http://internal.svc/anon/ogc-api/processes/water-bodies"},
    ),
    "POST /anon/ogc-api/processes/water-bodies/execution": Said(
        201,
        zoo_job("running", 0),
        {"Location": "http://internal.svc/anon/ogc-api/jobs/e9e1"},
    ),
    "GET /anon/ogc-api/jobs/e9e1": [
        Said(body=zoo_job("running", 20)),
        Said(body=zoo_job("successful", 100)),
    ],
    "GET /anon/ogc-api/jobs/e9e1/results": Said(body={"stac_catalog": {"value": STAC}}),
    "GET /anon/ogc-api/jobs": Said(body={"jobs": [zoo_job("successful", 100)], "numberTotal": 1}),
    "DELETE /anon/ogc-api/jobs/e9e1": Said(body=zoo_job("dismissed", 0)),
}


def test_zoo_project_dru() -> None:
    with answering(ZOO) as zoo, Client(f"{zoo.url}/anon/ogc-api", token="t") as client:
        package = {"executionUnit": {"href": "https://host/app.cwl", "type": "application/cwl"}}
        process = client.deploy(package)
        assert zoo.bodies("POST /anon/ogc-api/processes") == [package]
        assert [each.required for each in process.inputs.values()] == [True, False, True]
        assert process.inputs["stac_items"].many
        job = process.execute(aoi="1,2,3,4", stac_items=["https://a", "https://b"]).wait(30)
        (body,) = zoo.bodies("POST /anon/ogc-api/processes/water-bodies/execution")
        assert body == {"inputs": {"aoi": "1,2,3,4", "stac_items": ["https://a", "https://b"]}}
        assert (job.id, job.status, job.progress) == ("e9e1", "successful", 100)
        assert job.results().id == "found"
        assert [each.id for each in client.jobs(status="successful")] == ["e9e1"]
        assert client.jobs(status="failed") == []
        with pytest.raises(errors.NotOffered, match="keeps no log"):
            job.log()
        with pytest.raises(errors.NotOffered, match="does not tell the inputs"):
            job.rerun(aoi="5")
        with pytest.raises(errors.NotOffered, match="lists no files"):
            job.download()


#: pygeoapi: answers at once unless it is asked otherwise, no list filter, WPS words in errors.
PYGEOAPI = {
    "GET /processes": Said(body={"processes": [{"id": "hello-world"}], "links": []}),
    "GET /processes/hello-world": Said(
        body={
            "id": "hello-world",
            "inputs": {"name": {"schema": {"type": "string"}, "minOccurs": 1, "maxOccurs": 1}},
            "outputs": {"echo": {"schema": {"type": "object"}}},
        }
    ),
    "POST /processes/hello-world/execution": Said(
        200, {"id": "echo", "value": "Hello Ann!"}, {"Location": "{url}/jobs/b2-4"}
    ),
    "GET /jobs/b2-4": Said(
        body={"jobID": "b2-4", "status": "successful", "progress": 100, "message": "Job complete"}
    ),
    "GET /jobs/b2-4/results": Said(body={"id": "echo", "value": "Hello Ann!"}),
    "GET /jobs": Said(body={"jobs": [], "links": []}),
    "GET /jobs/nothing": Said(404, {"code": "NoSuchJob", "description": "job not found"}),
}


def test_pygeoapi() -> None:
    with answering(PYGEOAPI) as server, Client(server.url, token="") as client:
        job = client.process("hello-world").execute(name="Ann")
        assert (job.id, job.status) == ("b2-4", "successful")
        assert job.wait().outputs == {"echo": "Hello Ann!"}
        assert client.job("b2-4").outputs == {"echo": "Hello Ann!"}
        with pytest.raises(errors.NoCatalog, match=r"job\.outputs has echo"):
            job.results()
        with pytest.raises(errors.NoSuchJob, match="job not found"):
            client.job("nothing")
        assert client.jobs() == []
        _, _, headers = next(each for each in server.asked if each[0].startswith("POST"))
        assert headers["Prefer"] == "respond-async"
        assert "Authorization" not in headers


def weaver_job(status: str) -> dict[str, Any]:
    return {
        "jobID": "c3",
        "process": "ndvi",
        "type": "process",
        "status": status,
        "percentCompleted": 100.0 if status == "succeeded" else 5.5,
        "links": [{"rel": "logs", "href": "{url}/weaver/jobs/c3/logs"}],
    }


#: Weaver: other status words, frames around descriptions, lists of bare ids, outputs as links.
WEAVER = {
    "GET /weaver/processes": Said(body={"processes": ["ndvi"], "page": 0}),
    "GET /weaver/processes/ndvi": Said(
        body={
            "process": {
                "id": "ndvi",
                "inputs": [
                    {"id": "red", "formats": [{"mimeType": "image/tiff"}], "minOccurs": "1"},
                    {
                        "id": "scale",
                        "minOccurs": "0",
                        "literalDataDomains": [{"dataType": {"name": "float"}}],
                    },
                ],
            }
        }
    ),
    "POST /weaver/processes/ndvi/execution": Said(404, {"code": "NotFound"}),
    "POST /weaver/processes/ndvi/jobs": Said(
        201, {"jobID": "c3", "status": "accepted"}, {"Location": "{url}/weaver/jobs/c3"}
    ),
    "GET /weaver/jobs/c3": [
        Said(body=weaver_job("started")),
        Said(503, {"title": "Service Unavailable"}),
        Said(body=weaver_job("succeeded")),
    ],
    "GET /weaver/jobs": Said(body={"jobs": ["c3"], "total": 1}),
    "GET /weaver/jobs/c3/logs": Said(body=["started", "succeeded"]),
    "GET /weaver/jobs/c3/results": Said(
        body={"out": {"href": "https://host/wpsoutputs/c3/out.tif", "type": "image/tiff"}}
    ),
    "DELETE /weaver/jobs/c3": Said(body={"jobID": "c3", "status": "dismissed"}),
}


def test_weaver() -> None:
    with answering(WEAVER) as server, Client(f"{server.url}/weaver", token="") as client:
        (listed,) = client.processes()
        assert {name: each.required for name, each in listed.inputs.items()} == {
            "red": True,
            "scale": False,
        }
        job = listed.execute(red="https://host/red.tif").wait(30)
        assert (job.status, job.progress, job.process_id) == ("successful", 100, "ndvi")
        assert job.outputs["out"]["href"] == "https://host/wpsoutputs/c3/out.tif"
        assert str(job.log()) == "started\nsucceeded"
        assert [each.id for each in client.jobs(process="ndvi")] == ["c3"]
        assert job.dismiss(remove=True).status == "dismissed"


#: A service of the first half of the standard only, with a page where JSON was asked for.
BARE = {
    "GET /processes": Said(body=[{"id": "only"}]),
    "GET /processes/only": Said(body={"id": "only"}),
    "POST /processes/only/execution": Said(200, b"II*\x00", {"Content-Type": "image/tiff"}),
    "GET /processes/page": Said(200, b"<html>login</html>", {"Content-Type": "text/html"}),
}


def test_a_service_without_jobs() -> None:
    with answering(BARE) as server, Client(server.url, token="") as client:
        job = client.process("only").execute()
        assert (job.id, job.status) == ("", "successful")
        assert job.outputs == {"result": b"II*\x00"}
        with pytest.raises(errors.NotOffered, match="no list of jobs"):
            client.jobs()
        with pytest.raises(errors.NotAService, match="a page, not with JSON"):
            client.process("page")


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        (Said(401, {"title": "Unauthorized"}), errors.NotAllowed, "no token was sent"),
        (Said(500, {"title": "Oops", "detail": "it broke"}), errors.ServerError, "it broke"),
        (Said(503, None), errors.Unavailable, "Service Unavailable"),
        (Said(424, {"message": "not running"}), errors.Unavailable, "not running"),
        (Said(429, {"detail": "later"}), errors.TooManyJobs, "later"),
        (Said(418, b"short and stout"), errors.ClientError, "Teapot"),
        (Said(200, b"{broken"), errors.NotAService, "no list"),
    ],
)
def test_refusals_are_typed(said: Said, error: type[Exception], words: str) -> None:
    with answering({"GET /a/wps3/processes": said}) as server:
        client = Client(f"{server.url}/a/wps3", token="")
        with client, pytest.raises(error, match=words) as refusal:
            client.processes()
        assert type(refusal.value) is error


def test_the_token_goes_to_no_other_host() -> None:
    with answering({"GET /logs": Said(body=["a line"])}) as stranger:
        table = {
            "GET /a/wps3/jobs/j": Said(
                body={
                    "jobID": "j",
                    "status": "running",
                    "links": [{"rel": "logs", "href": f"{stranger.url}/logs"}],
                }
            )
        }
        with answering(table) as server, Client(f"{server.url}/a/wps3", token="t") as client:
            assert str(client.job("j").log()) == "a line"
            assert _authorizations(server) == ["Bearer t"]
        assert _authorizations(stranger) == [None]


def _authorizations(server: Other) -> list[str | None]:
    return [headers.get("Authorization") for _, _, headers in server.asked]


def test_a_listing_cannot_write_outside_of_the_folder(tmp_path: Any) -> None:
    job = {
        "jobID": "j",
        "status": "successful",
        "links": [{"rel": "collection", "href": "/a/wps3/jobs/j/files/"}],
    }
    listing = {"name": "wf-j", "files": [{"name": "../../evil", "type": "x", "href": "/x"}]}
    table = {
        "GET /a/wps3/jobs/j": Said(body=job),
        "GET /a/wps3/jobs/j/files/": Said(body=listing),
    }
    with answering(table) as server, Client(f"{server.url}/a/wps3", token="") as client:
        job_found = client.job("j")
        with pytest.raises(errors.NotAService, match="which is no name"):
            job_found.download(tmp_path / "deep" / "out")
    assert list(tmp_path.iterdir()) == []


def test_rerun_where_the_server_has_none() -> None:
    """An earlier server of ours, or another ADES: the inputs are asked and sent again."""
    table = {
        "GET /a/wps3/jobs/j": Said(body={"jobID": "j", "status": "failed", "processID": "p"}),
        "POST /a/wps3/jobs/j/rerun": Said(405, {"title": "Method Not Allowed"}),
        "GET /a/wps3/jobs/j/request": Said(body={"processID": "p", "inputs": {"a": 1, "b": 2}}),
        "POST /a/wps3/processes/p/execution": Said(
            201, {"jobID": "k", "status": "accepted"}, {"Location": "/a/wps3/jobs/k"}
        ),
    }
    with answering(table) as server, Client(f"{server.url}/a/wps3", token="") as client:
        assert client.job("j").rerun(b=3).id == "k"
        assert server.bodies("POST /a/wps3/processes/p/execution") == [{"inputs": {"a": 1, "b": 3}}]
