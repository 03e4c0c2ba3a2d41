"""One execute request whose workflow scatters over many items, here and over Slurm's nodes.

``ADES_WIDE_SLURM=1000 python -m pytest tests/engines/test_wide.py -k slurm`` runs the whole width
there, which takes Toil a quarter of an hour on two cores: it starts a Python for each item.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from tests.engines.packages import WIDE
from tests.engines.slurm import Slurm
from tests.restart.asking import deploy_cwl, execute
from tests.restart.server import Server
from tests.worker.support import until

HERE = int(os.environ.get("ADES_WIDE", "1000"))
ON_SLURM = int(os.environ.get("ADES_WIDE_SLURM", "24"))
#: Bytes by which a server may grow over one job, whatever its width.
FLAT = 24 * 2**20
#: Bytes that a status may have, whatever the job's width.
SMALL = 4096
#: How many times what an idle server needs for a job's status and page one may need that carries a
#: wide job, in time of its processor: other programs may take the machine's.
QUICK = 3.0
#: Requests of which that time is taken.
ASKED = 50
#: Seconds that an item may take, and a job besides.
EACH, BESIDES = 6.0, 300.0
pytestmark = pytest.mark.timeout(BESIDES + EACH * max(HERE / 6, ON_SLURM))


@dataclass
class Wide:
    """A server, and what it tells of one job after the other."""

    server: Server
    runner: str
    #: Each progress and message that was seen of the last job, and the most memory meanwhile.
    seen: list[tuple[int, str]] = field(default_factory=list)
    most: int = 0

    def execute(self, *names: str) -> str:
        return execute(self.server, "main", {"names": names}, runner=self.runner)

    def look(self, job_id: str) -> str:
        """The status of a job now, remembered."""
        answer = self.server.send("GET", f"jobs/{job_id}")
        assert len(answer.content) < SMALL
        now: dict[str, Any] = answer.json()
        self.seen.append((now["progress"], now["message"]))
        self.most = max(self.most, self.own.memory_info().rss)
        status: str = now["status"]
        return status

    def wait(self, job_id: str, seconds: float) -> None:
        until(lambda: self.look(job_id) not in ("accepted", "running"), seconds)
        log = self.server.send("GET", f"jobs/{job_id}/log").text
        assert self.look(job_id) == "successful", log[-2000:]

    @property
    def own(self) -> psutil.Process:
        return psutil.Process(self.server.pid)

    def cost(self, job_id: str) -> float:
        """Seconds of the server's processor that a job's status and its page take, many times."""
        before = self.own.cpu_times()
        for _ in range(ASKED):
            self.look(job_id)
            page = requests.get(
                f"{self.server.origin}/terradue/ogc-api/jobs/{job_id}",
                headers={"Authorization": "token secret", "Accept": "text/html"},
                timeout=60,
            )
            assert page.headers["Content-Type"].startswith("text/html")
            assert job_id in page.text
        after = self.own.cpu_times()
        return (after.user + after.system) - (before.user + before.system)

    def files(self, job_id: str, path: str) -> Any:
        return self.server.send("GET", f"jobs/{job_id}/files/wf-{job_id}/{path}").json()


def deployed(server: Server, runner: str) -> Wide:
    server.start()
    deploy_cwl(server, WIDE)
    return Wide(server, runner)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Wide]:
    server = Server(tmp_path)
    yield deployed(server, "cwltool")
    server.stop()


@pytest.fixture
def on_slurm(slurm: Slurm, tmp_path: Path) -> Iterator[Wide]:
    options = ["--batchSystem", "slurm", "--defaultMemory", "100Mi"]
    server = Server(tmp_path, traits={"toil_options": options})
    yield deployed(server, "toil")
    server.stop()


def check(wide: Wide, width: int, counted: str) -> None:
    """Run a job of a width, whose messages count its parts as a pattern does, and look at it."""
    names = [f"item-{n:04}" for n in range(width)]
    # A first job, so that what is loaded once does not count.
    first = wide.execute("a")
    wide.wait(first, BESIDES)
    idle = wide.cost(first)
    wide.seen.clear()
    before = wide.most = wide.own.memory_info().rss
    job_id = wide.execute(*names)
    until(lambda: wide.look(job_id) == "running" and wide.seen[-1][0] > 15, BESIDES)
    assert wide.cost(job_id) < QUICK * idle
    assert wide.look(job_id) == "running", "it ended too soon to be measured"
    wide.wait(job_id, BESIDES + EACH * width)
    assert wide.most - before < FLAT
    percents = [percent for percent, _ in wide.seen]
    assert percents == sorted(percents)
    assert len(set(percents)) > 5
    assert percents[-1] == 100
    told = [message for _, message in wide.seen if f" of {width}: {counted}" in message]
    parts = [int(message.partition(" of ")[0]) for message in told]
    assert len(set(parts)) > 5
    assert parts == sorted(parts)
    assert parts[-1] <= width
    links = wide.files(job_id, "catalog.json")["links"]
    items = [link["href"].removeprefix("./") for link in links if link["rel"] == "item"]
    assert len(items) == len(set(items)) == width
    assert {wide.files(job_id, items[n])["id"] for n in (0, width // 2, -1)} <= set(names)


def test_a_wide_job_counts_its_parts_and_gives_one_catalog(here: Wide) -> None:
    check(here, HERE, "item-")


def test_a_wide_job_over_slurms_nodes_does_so_too(on_slurm: Wide, slurm: Slurm) -> None:
    check(on_slurm, ON_SLURM, "make ")
    assert slurm.queue() == []
