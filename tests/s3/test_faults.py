"""Jobs on a bad network: each ends right, or with the true reason; none is half-written."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_ades.errors import Unavailable
from jupyter_ades.model import FetchPolicy
from jupyter_ades.orders import WorkOrder
from jupyter_ades.s3 import reading
from jupyter_ades.worker.stage_out import deliver
from tests.s3.faulty_proxy import FAULTS, Proxy, proxying
from tests.s3.service import Service
from tests.worker.delivered import FINISHED, STARTED, Job, file, text

JOBS, DOOMED = 200, 8
LARGE = b"0123456789abcdef" * (9 * 2**20 // 16)


@pytest.fixture
def proxy(s3: Service) -> Iterator[Proxy]:
    with proxying(s3.endpoint, 0.05) as running:
        yield running


def left(folder: Path, number: int) -> dict[str, bytes]:
    """What a job's command left: some small files, and in a few jobs a large one."""
    files = {f"{n}-ü {number}.txt": f"{number} {n} ".encode() * 500 for n in range(3)}
    if number % 50 == 0:
        files["large.bin"] = LARGE
    for name, data in files.items():
        text(folder / name)
        (folder / name).write_bytes(data)
    return files


def test_every_job_ends_right_or_with_the_true_reason(
    s3: Service, proxy: Proxy, tmp_path: Path
) -> None:
    bucket = s3.bucket()
    settings = replace(s3.settings(), endpoint=proxy.endpoint, attempts=5, timeout=5)
    base = replace(Job(tmp_path).order, results_folder=f"s3://{bucket}", s3=settings)

    def run(number: int) -> tuple[WorkOrder, dict[str, bytes], str]:
        doomed = "-doomed" if number < DOOMED else ""
        order = replace(base, job_id=f"{uuid.uuid4()}{doomed}")
        folder = tmp_path / str(number)
        files = left(folder, number)
        outputs = {"f": [file(folder / name) for name in files]}
        try:
            deliver(
                order,
                outputs,
                started=STARTED,
                finished=FINISHED,
                tell=lambda *_: None,
                scratch=folder / "scratch",
            )
        except Unavailable as error:
            return order, files, error.detail
        return order, files, ""

    with ThreadPoolExecutor(16) as threads:
        ended = list(threads.map(run, range(JOBS)))

    wrong = [why for order, _, why in ended if why and "doomed" not in order.job_id]
    # With five attempts each, one request in three million fails by chance.
    assert wrong == []

    def check(order: WorkOrder, files: dict[str, bytes], why: str) -> None:
        prefix = f"wf-{order.job_id}/"
        keys = {key.removeprefix(prefix) for key in s3.keys(bucket, prefix)}
        if "doomed" in order.job_id:
            assert keys == set()
            assert f"s3://{bucket}/{prefix}" in why
            assert "SlowDown" in why
            assert "5 attempts" in why
            return
        assert keys == {*files, "catalog.json", f"{order.job_id}.json"}
        for name, data in files.items():
            assert s3.read(bucket, prefix + name) == data
        catalog = json.loads(s3.read(bucket, f"{prefix}catalog.json"))
        assert catalog["id"] == f"wf-{order.job_id}"

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda each: check(*each), ended))
    assert s3.uploads(bucket) == []
    # The proxy did what it is there for.
    assert set(proxy.faults) == set(FAULTS)
    assert sum(proxy.faults.values()) > 0.03 * JOBS * 6


def test_what_is_read_is_whole_too(s3: Service, proxy: Proxy, tmp_path: Path) -> None:
    bucket = s3.bucket()
    s3.put(bucket, "large.bin", LARGE)
    for n in range(40):
        s3.put(bucket, f"{n}.txt", str(n).encode() * 1000)
    settings = replace(s3.settings(), endpoint=proxy.endpoint, attempts=5, timeout=5)
    policy = FetchPolicy(user_folder=str(tmp_path), buckets=(("*", settings),))

    def run(name: str) -> bytes:
        href = f"s3://{bucket}/{name}"
        found, _ = reading.about(href, policy)
        reading.receive(href, found, tmp_path / name, policy)
        return (tmp_path / name).read_bytes()

    with ThreadPoolExecutor(8) as threads:
        read = list(threads.map(run, [f"{n}.txt" for n in range(40)]))
    assert read == [str(n).encode() * 1000 for n in range(40)]
    assert run("large.bin") == LARGE
