"""Toil with its job stores in a real S3 service: each run has a bucket, which is gone with it."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import JobStatus
from jupyter_ades.runners.base import Site
from jupyter_ades.runners.toil import ToilRunner
from jupyter_ades.system.leftovers import end_elsewhere, toil_store
from tests.engines.packages import SCATTER, says
from tests.restart.weather import kill_whole
from tests.s3.service import Service
from tests.worker.support import CWL as PROCESS
from tests.worker.support import Bench, Running, until

pytest.importorskip("toil", reason="needs: pip install 'jupyter_ades[toil]'")
pytest.importorskip("mypy_boto3_s3", reason="needs: pip install 'toil[aws]'")
#: Seconds that a workflow may take: each of its steps starts a Python with the S3 client.
LONG = 200.0
pytestmark = pytest.mark.timeout(400)
SITE = Site(toil_options=("--jobStore", "aws:us-east-1:toil"))


def stores(service: Service) -> list[str]:
    """Buckets that are Toil's."""
    named = [each["Name"] for each in service.client().list_buckets()["Buckets"]]
    return [name for name in named if name.endswith("--toil")]


def start(
    bench: Bench, service: Service, name: str, *, order: dict[str, Any] | None = None, **inputs: Any
) -> Running:
    assert ToilRunner().missing(SITE) == ""
    given = {**service.environment, "AWS_ENDPOINT_URL_S3": service.endpoint}
    return bench.start(
        PROCESS,
        {"app.cwl": SCATTER},
        name=name,
        plan=ToilRunner().plan(PROCESS, JobDir(bench.root / name), SITE),
        stand_in=False,
        inputs={"words": ["a", "b"], **inputs},
        job_environment=given,
        **(order or {}),
    )


def ended(running: Running) -> JobStatus:
    until(lambda: running.status() and running.process.poll() is not None, LONG)
    return running.wait().status


def test_jobs_at_once_have_stores_of_their_own(bench: Bench, rgw: Service) -> None:
    gate = bench.root / "gate"
    first = start(bench, rgw, "first", gate=str(gate))
    second = start(bench, rgw, "second", words=["c"], gate=str(gate))
    until(lambda: says(first.process.pid) and says(second.process.pid), LONG)
    assert stores(rgw) == ["toil-first--toil", "toil-second--toil"]
    gate.touch()
    assert ended(first) is JobStatus.SUCCESSFUL, first.log()
    assert ended(second) is JobStatus.SUCCESSFUL, second.log()
    assert first.delivered("all.txt").read_text().split() == ["a", "b"]
    assert second.delivered("all.txt").read_text().split() == ["c"]
    assert stores(rgw) == []


def test_a_store_is_gone_with_a_run_that_failed(bench: Bench, rgw: Service) -> None:
    """Where nobody says that steps may be used again; so there are none to go on with."""
    running = start(bench, rgw, "failing", fail="b")
    assert ended(running) is JobStatus.FAILED
    assert "no such band" in running.wait().message
    assert stores(rgw) == []
    assert not running.job.has_steps
    assert not toil_store(running.job).exists()


def test_a_store_that_is_kept_is_gone_on_with(bench: Bench, rgw: Service) -> None:
    gate = bench.root / "gate"
    gate.touch()
    given = {"fail": "b", "gate": str(gate)}
    first = start(bench, rgw, "first", order={"keep_steps": True}, **given)
    assert ended(first) is JobStatus.FAILED
    assert stores(rgw) == ["toil-first--toil"]
    gate.with_name("gate.mended").touch()
    earlier = {"keep_steps": True, "continues": str(first.job.root)}
    second = start(bench, rgw, "second", order=earlier, **given)
    assert ended(second) is JobStatus.SUCCESSFUL, second.log()
    assert second.delivered("all.txt").read_text().split() == ["a", "b"]
    assert "about to say a" not in second.log()
    assert stores(rgw) == []
    assert not first.job.has_steps


def test_the_store_of_a_lost_worker_is_removed(bench: Bench, rgw: Service) -> None:
    """By its server, with the rights that the job had."""
    running = start(bench, rgw, "lost", gate=str(bench.root / "never"))
    until(lambda: says(running.process.pid), LONG)
    kill_whole(running.process.pid)
    running.process.wait()
    assert stores(rgw) == ["toil-lost--toil"]
    end_elsewhere(running.job, wait=False)
    assert not toil_store(running.job).exists()
    until(lambda: stores(rgw) == [])
