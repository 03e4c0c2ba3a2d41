"""One execute request whose workflow scatters over many items.

``ADES_WIDE=1000 python -m pytest tests/engines/test_wide.py`` runs the whole width; every day it is
less, as the tools themselves take most of the time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.engines.packages import WIDE
from tests.restart.server import Server
from tests.worker.support import until

WIDTH = int(os.environ.get("ADES_WIDE", "200"))
#: Bytes by which a server may grow over one job, whatever its width.
FLAT = 24 * 2**20
#: Bytes that a status may have, whatever the job's width.
SMALL = 4096
pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    started = Server(tmp_path)
    started.start()
    yield started
    started.stop()


def test_a_wide_job_counts_its_parts_and_gives_one_catalog(server: Server) -> None:
    headers = {"Content-Type": "application/cwl+yaml"}
    process = server.send("POST", "processes", data=WIDE, headers=headers).json()["id"]
    names = [f"item-{n:04}" for n in range(WIDTH)]
    own = psutil.Process(server.pid)
    # A first job, so that what is loaded once does not count.
    first = server.send("POST", f"processes/{process}/jobs", json={"inputs": {"names": ["a"]}})
    path = f"jobs/{first.json()['jobID']}"
    until(lambda: server.send("GET", path).json()["status"] == "successful", 60)
    before = own.memory_info().rss
    sent = server.send("POST", f"processes/{process}/jobs", json={"inputs": {"names": names}})
    job_id = sent.json()["jobID"]
    seen: list[tuple[int, str]] = []

    def told() -> bool:
        answer = server.send("GET", f"jobs/{job_id}")
        assert len(answer.content) < SMALL
        now = answer.json()
        seen.append((now["progress"], now["message"]))
        return now["status"] not in ("accepted", "running")

    until(told, 800)
    log = server.send("GET", f"jobs/{job_id}/log").text
    assert server.send("GET", f"jobs/{job_id}").json()["status"] == "successful", log[-2000:]
    percents = [percent for percent, _ in seen]
    assert percents == sorted(percents)
    assert len(set(percents)) > 5
    counted = [message for _, message in seen if f" of {WIDTH}: item-" in message]
    assert counted
    assert own.memory_info().rss - before < FLAT
    catalog = server.send("GET", f"jobs/{job_id}/files/wf-{job_id}/catalog.json").json()
    items = [link["href"] for link in catalog["links"] if link["rel"] == "item"]
    assert len(items) == WIDTH
    last = server.send("GET", f"jobs/{job_id}/files/wf-{job_id}/{items[-1].removeprefix('./')}")
    assert last.json()["id"] in names
