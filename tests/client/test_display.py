"""How objects look: ages, durations, tables, bars, catalogs; all of others' words escaped."""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jupyter_ades.client import AsyncClient, Client
from jupyter_ades.client.display import (
    age,
    clip,
    duration,
    job_html,
    job_line,
    jobs_html,
    process_html,
    processes_html,
)
from jupyter_ades.client.progress import NoBar, TerminalBar, bar
from jupyter_ades.client.records import JobRecord, Parameter, ProcessRecord
from jupyter_ades.client.terminal import columns, job_text, json_text, process_text
from jupyter_ades.client.texts import Log
from jupyter_ades.model import JobStatus
from tests.client.other_servers import Said, answering

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
EVIL = "<script>alert('x')</script>"
JOB = JobRecord(
    id="j<1>",
    process_id=EVIL,
    status=JobStatus.RUNNING,
    message=EVIL,
    progress=40,
    started=NOW,
    finished=NOW + timedelta(seconds=2.5),
)
PROCESS = ProcessRecord(
    id="p&q",
    title=EVIL,
    description=EVIL,
    version=EVIL,
    inputs=(
        Parameter(id=EVIL, description=EVIL, schema={"type": "string", "default": EVIL}),
        Parameter(id="b", title="the b", required=True, package_type=EVIL),
    ),
    outputs=(Parameter(id=EVIL, description=EVIL),),
)


@pytest.mark.parametrize(
    "html",
    [job_html(JOB), jobs_html([JOB]), process_html(PROCESS), processes_html([PROCESS]),
     Log(EVIL)._repr_html_()],
)  # fmt: skip
def test_what_others_wrote_is_shown_not_run(html: str) -> None:
    assert "<script" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize(
    ("seconds", "shown"), [(5, "5 s ago"), (90, "1 min ago"), (7300, "2 h ago"), (90000, "1 d ago")]
)
def test_an_age_is_told_in_its_largest_unit(seconds: int, shown: str) -> None:
    assert age(NOW - timedelta(seconds=seconds), NOW) == shown


def test_lines() -> None:
    assert age(None) == ""
    assert clip("a\n b" * 100, 10) == "a ba ba b…"
    assert duration(JOB) == "2.5 s"
    assert duration(JobRecord(id="x")) == ""
    unknown = JobRecord(id="x", process_id="p", status=JobStatus.ACCEPTED)
    assert job_line(unknown) == "x of p: accepted"
    assert "progress" not in job_text(unknown)
    assert "<progress" not in job_html(unknown)
    assert jobs_html([]) == "<p>no jobs</p>"
    assert processes_html([]) == "<p>no processes</p>"
    assert str(Log("a\nb")) == repr(Log("a\nb")) == "a\nb"


def test_columns_stand_under_their_heads() -> None:
    assert columns(["A", "LONG"], [("xx", "y"), ("x", "z " * 200)]).splitlines()[:2] == [
        "A   LONG",
        "xx  y",
    ]
    assert "required" in process_text(PROCESS)
    assert json_text({"a": b"x", "d": NOW}).startswith('{\n  "a": "x"')


def test_a_bar_on_a_terminal_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(sys, "stderr", shown)
    with TerminalBar() as line:
        line.show(JOB)
        line.show(JobRecord(id="j", status=JobStatus.SUCCESSFUL, progress=100, message="Done"))
    assert "40 %" in shown.getvalue()
    assert shown.getvalue().rstrip().endswith("successful: Done")


def test_no_bar_where_nobody_looks() -> None:
    assert isinstance(bar(False), NoBar)
    assert isinstance(bar(True), TerminalBar)
    assert isinstance(bar(None), NoBar)


ITEM = {
    "type": "Feature",
    "stac_version": "1.0.0",
    "id": "an-item",
    "geometry": None,
    "properties": {"datetime": "2026-01-02T00:00:00Z"},
    "links": [],
    "assets": {},
}
CATALOG = {
    "type": "Catalog",
    "stac_version": "1.0.0",
    "id": "a-catalog",
    "description": "made here",
    "links": [{"rel": "item", "href": "./item.json"}],
}


def results(outputs: Any, **files: Any) -> dict[str, Said]:
    job = {"jobID": "j", "status": "successful"}
    table = {
        "GET /a/wps3/jobs/j": Said(body=job),
        "GET /a/wps3/jobs/j/results": Said(body=outputs),
    }
    return table | {
        f"GET /a/wps3/files/{name}.json": Said(body=body) for name, body in files.items()
    }


LINKED = results({"o": {"href": "files/catalog.json"}}, catalog=CATALOG, item=ITEM)


def test_a_catalog_is_read_with_the_token_item_by_item() -> None:
    with answering(LINKED) as server, Client(f"{server.url}/a/wps3", token="t") as client:
        catalog = client.job("j").results()
        assert [each.id for each in catalog.get_items()] == ["an-item"]
        assert {headers["Authorization"] for _, _, headers in server.asked} == {"Bearer t"}


async def test_a_catalog_is_read_by_the_awaiting_client() -> None:
    with answering(LINKED) as server:
        async with AsyncClient(f"{server.url}/a/wps3", token="t") as client:
            catalog = await (await client.job("j")).results()
            assert catalog.id == "a-catalog"


@pytest.mark.parametrize(
    ("outputs", "kind"),
    [
        (ITEM, "Item"),
        ({"o": {"type": "FeatureCollection", "features": [ITEM]}}, "ItemCollection"),
        ({"o": {"value": {**CATALOG, "links": []}}}, "Catalog"),
    ],
)
def test_stac_that_stands_in_the_results(outputs: Any, kind: str) -> None:
    with answering(results(outputs)) as server, Client(f"{server.url}/a/wps3", token="") as client:
        assert type(client.job("j").results()).__name__ == kind
