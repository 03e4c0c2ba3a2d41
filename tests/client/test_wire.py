"""What servers answer, read: statuses, lists and maps, descriptions, in many servers' words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from jupyter_ades.client.errors import NotAService
from jupyter_ades.client.wire import read_job, read_list, read_process, read_status
from jupyter_ades.model import JobStatus


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("accepted", JobStatus.ACCEPTED),
        ("running", JobStatus.RUNNING),
        ("successful", JobStatus.SUCCESSFUL),
        ("failed", JobStatus.FAILED),
        ("dismissed", JobStatus.DISMISSED),
        ("Succeeded", JobStatus.SUCCESSFUL),
        ("ProcessSucceeded", JobStatus.RUNNING),
        ("started", JobStatus.RUNNING),
        ("in-progress", JobStatus.RUNNING),
        ("IN_PROGRESS", JobStatus.RUNNING),
        ("queued", JobStatus.ACCEPTED),
        ("exception", JobStatus.FAILED),
        ("canceled", JobStatus.DISMISSED),
        ("a word of tomorrow", JobStatus.RUNNING),
    ],
)
def test_a_status_word_is_one_of_five(word: str, status: JobStatus) -> None:
    assert read_status(word) is status


WPS3 = {
    "progress": 50,
    "jobID": "76d50612",
    "status": "running",
    "message": "running",
    "type": "process",
    "processID": "snuggs-0_3_0",
    "created": "2026-01-02T03:04:05.000006Z",
    "links": [{"title": "Status location", "rel": "status", "href": "/terradue/wps3/jobs/76d5"}],
}
ZOO = {
    "progress": 100,
    "id": "e9e1",
    "jobID": "e9e1",
    "type": "process",
    "processID": "water-bodies",
    "created": "2023-05-17T08:00:00.000Z",
    "status": "successful",
    "message": "ZOO-Kernel successfully run your service!",
    "links": [{"rel": "http://www.opengis.net/def/rel/ogc/1.0/results", "href": "https://z/r"}],
}
PYGEOAPI = {
    "type": "process",
    "processID": "hello-world",
    "jobID": "b2",
    "status": "successful",
    "message": "Job complete",
    "progress": 100,
    "job_start_datetime": "2024-01-01T00:00:00.000000Z",
    "job_end_datetime": "2024-01-01T00:00:05.000000Z",
}
WEAVER = {
    "jobID": "c3",
    "process": "jsonarray2netcdf",
    "type": "process",
    "status": "succeeded",
    "message": "Job succeeded.",
    "percentCompleted": 100.0,
    "created": "2024-01-01T00:00:00",
}


@pytest.mark.parametrize(
    ("document", "job_id", "process_id", "status", "progress"),
    [
        (WPS3, "76d50612", "snuggs-0_3_0", "running", 50),
        (ZOO, "e9e1", "water-bodies", "successful", 100),
        (PYGEOAPI, "b2", "hello-world", "successful", 100),
        (WEAVER, "c3", "jsonarray2netcdf", "successful", 100),
        ({"status": "started"}, "asked", "", "running", None),
        ({"status": "finished", "progress": "n/a"}, "asked", "", "successful", 100),
        ({"status": "running", "progress": 130}, "asked", "", "running", 100),
        ({"status": "running", "progress": "42.7"}, "asked", "", "running", 42),
    ],
)
def test_a_job_is_read_whoever_tells_of_it(
    document: dict[str, Any], job_id: str, process_id: str, status: str, progress: int | None
) -> None:
    job = read_job(document, job_id="asked")
    assert (job.id, job.process_id, job.status, job.progress) == (
        job_id,
        process_id,
        status,
        progress,
    )


def test_times_are_aware() -> None:
    assert read_job(WPS3).created == datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert read_job(WEAVER).created == datetime(2024, 1, 1, tzinfo=UTC)
    assert read_job(PYGEOAPI).finished == datetime(2024, 1, 1, 0, 0, 5, tzinfo=UTC)
    assert read_job({"status": "running", "created": "yesterday"}).created is None


def test_a_link_is_found_by_the_end_of_its_relation() -> None:
    link = read_job(ZOO).link("results")
    assert link is not None
    assert link.href == "https://z/r"
    assert read_job(WPS3).link("results") is None


@pytest.mark.parametrize("document", [None, [], 3, {}, {"state": "running"}, {"status": None}])
def test_what_is_no_status_is_said_so(document: Any) -> None:
    with pytest.raises(NotAService):
        read_job(document)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"processes": [{"id": "a"}]}, [{"id": "a"}]),
        ({"processes": {"a": {"title": "A"}}}, [{"id": "a", "title": "A"}]),
        ({"processes": ["a", "b"]}, ["a", "b"]),
        ([{"id": "a"}], [{"id": "a"}]),
    ],
)
def test_lists_stand_in_many_shapes(document: Any, expected: list[Any]) -> None:
    assert read_list(document, "processes") == expected


@pytest.mark.parametrize("document", [None, {}, {"processes": None}, "x", {"detail": "no"}])
def test_what_is_no_list_is_no_service(document: Any) -> None:
    with pytest.raises(NotAService):
        read_list(document, "processes")


def test_a_description_with_a_map_of_inputs() -> None:
    process = read_process(
        {
            "id": "small",
            "version": "0.1.0",
            "inputs": {
                "a": {"schema": {"type": "integer"}, "minOccurs": 1},
                "b": {"schema": {"type": "string", "default": "x"}},
                "c": {"schema": {"type": "string"}, "minOccurs": 0, "maxOccurs": "unbounded"},
            },
            "outputs": {"o": {"schema": {"type": "object"}}},
        }
    )
    assert [(each.id, each.required, each.many) for each in process.inputs] == [
        ("a", True, False),
        ("b", False, False),
        ("c", False, True),
    ]
    assert [each.id for each in process.outputs] == ["o"]


def test_an_older_description_with_a_list_of_inputs_in_a_frame() -> None:
    process = read_process(
        {
            "process": {
                "id": "old",
                "abstract": "older words",
                "inputs": [
                    {
                        "id": "n",
                        "minOccurs": "1",
                        "literalDataDomains": [{"dataType": {"name": "integer"}}],
                    },
                    {"id": "f", "minOccurs": "0", "formats": [{"mimeType": "image/tiff"}]},
                    {
                        "id": "d",
                        "literalDataDomains": [{"dataType": "double", "defaultValue": 0.5}],
                    },
                ],
            }
        }
    )
    assert process.description == "older words"
    schemas = {each.id: (dict(each.schema), each.required) for each in process.inputs}
    assert schemas == {
        "n": ({"type": "integer"}, True),
        "f": ({"type": "string", "format": "uri-reference"}, False),
        "d": ({"type": "number", "default": 0.5}, False),
    }


def test_a_bare_id_is_a_summary() -> None:
    assert read_process("echo").id == "echo"
    with pytest.raises(NotAService):
        read_process({"title": "no id"})
