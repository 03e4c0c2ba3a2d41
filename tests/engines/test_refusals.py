"""What cannot be run over Slurm's nodes, asked for over HTTP: each is told with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.engines.packages import SCATTER
from tests.engines.slurm import Slurm
from tests.restart.asking import deploy_cwl, ended, execute
from tests.restart.server import Server
from tests.worker.support import until

#: Seconds that a job may take until it fails: Toil tries it for a second time.
LONG = 200.0
pytestmark = pytest.mark.timeout(400)
#: Makes a server whose jobs go to a partition.
Start = Callable[[str], Server]


@pytest.fixture
def start(slurm: Slurm, tmp_path: Path) -> Iterator[Start]:
    with ExitStack() as ends:

        def started(partition: str) -> Server:
            options = ["--batchSystem", "slurm", "--defaultMemory", "100Mi"]
            traits = {"toil_options": [*options, "--slurmPartition", partition]}
            server = Server(tmp_path, traits=traits)
            server.start()
            ends.callback(server.stop)
            deploy_cwl(server, SCATTER)
            return server

        yield started


def failed(server: Server) -> str:
    """Why a job of one step failed."""
    job_id = execute(server, "main", {"words": ["a"]}, runner="toil")
    now = ended(server, job_id, LONG)
    assert now["status"] == "failed"
    message: str = now["message"]
    return message


@pytest.mark.parametrize(
    ("partition", "why"),
    [
        ("closed", "Required partition not available (inactive or drain)"),
        ("nowhere", "invalid partition specified: nowhere"),
    ],
)
def test_a_queue_that_refuses_is_the_reason(start: Start, partition: str, why: str) -> None:
    assert why in failed(start(partition))


def test_a_folder_that_is_not_shared_is_named(start: Start, slurm: Slurm, tmp_path: Path) -> None:
    """The node has a file system of its own in its place, as another machine would."""
    slurm.kill_node("n2")
    slurm.start_node("n2", hidden=tmp_path)
    until(lambda: slurm.states() == {"idle"}, 60)
    try:
        message = failed(start("far"))
    finally:
        slurm.kill_node("n2")
        slurm.start_node("n2")
        until(lambda: slurm.states() == {"idle"}, 60)
    folder = f"{tmp_path}/state/terradue/jobs/"
    assert message.startswith(
        f"step say 1 failed: its node does not see the job's folder, {folder}"
    )
    assert message.endswith("(c.ADES.workspace_root, c.ADES.scratch_root)")


def test_an_engine_that_is_not_installed_is_refused(start: Start) -> None:
    """With those that are."""
    server = start("main")
    body = {"inputs": {"words": ["a"]}, "runner": "nextflow"}
    sent = server.send("POST", "processes/main/jobs", json=body)
    assert sent.status_code == 400
    assert sent.json()["detail"] == (
        "The runner 'nextflow' is not installed here; main can be run by calrissian, cwltool, toil."
    )
