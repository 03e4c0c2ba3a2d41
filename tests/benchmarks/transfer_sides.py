"""One side of a transfer, measured: ``SIDE FOLDER COUNT SIZE ENDPOINT``; prints JSON."""

from __future__ import annotations

import json
import resource
import shutil
import sys
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import S3, FetchPolicy, Process
from jupyter_ades.orders import Plan, WorkOrder

PARALLEL = 4


def order(place: Path, endpoint: str, **more: Any) -> WorkOrder:
    from datetime import UTC, datetime

    return WorkOrder(
        job_id=str(uuid.uuid4()),
        process=Process(id="bench"),
        plan=Plan(runner="cwltool", argv=()),
        fetch=FetchPolicy(user_folder=str(place), allow_hosts=("127.0.0.1",)),
        results_folder="s3://sink/results",
        s3=S3(endpoint=endpoint, addressing="path"),
        created=datetime.now(UTC),
        **more,
    )


def deliver(place: Path, count: int, size: int, endpoint: str) -> Callable[[], object]:
    """Stage-out as the worker does it, catalog and all."""
    from datetime import UTC, datetime

    from jupyter_ades.s3.client import client
    from jupyter_ades.worker.stage_out import deliver

    job = order(place, endpoint)
    client(job.s3)
    now = datetime.now(UTC)
    files = [
        {"class": "File", "path": str(path), "basename": path.name}
        for path in sorted((place / "left").iterdir())
    ]
    return lambda: deliver(
        job,
        {"files": files},
        started=now,
        finished=now,
        tell=lambda *_: None,
        scratch=place / "scratch",
    )


def boto3(place: Path, count: int, size: int, endpoint: str) -> Callable[[], object]:
    """boto3's own transfer manager with its own settings."""
    import boto3
    from boto3.s3.transfer import TransferConfig, create_transfer_manager
    from botocore.config import Config

    client = boto3.client(
        "s3", endpoint_url=endpoint, config=Config(s3={"addressing_style": "path"})
    )

    def send() -> None:
        with create_transfer_manager(client, TransferConfig()) as manager:
            futures = [
                manager.upload(str(path), "sink", f"boto3/{path.name}")
                for path in sorted((place / "left").iterdir())
            ]
            for future in futures:
                future.result()

    return send


def stage_in(place: Path, count: int, size: int, endpoint: str) -> Callable[[], object]:
    """Stage-in of one item with so many assets, with the workspace's cache, which is empty."""
    from jupyter_ades.worker.stage_in import stage_in

    shutil.rmtree(place / "job", ignore_errors=True)
    shutil.rmtree(place / "cache", ignore_errors=True)
    item = {
        "type": "Feature",
        "id": "scene",
        "properties": {},
        "assets": {
            f"a{n}": {"href": f"{endpoint}/zeros/{size}/{n}.bin", "type": "application/x-bench"}
            for n in range(count)
        },
    }
    inputs = {"scene": {"$stage-in": "stac-item", "value": item}}
    job = order(
        place, endpoint, inputs=inputs, cache_folder=str(place / "cache"), cache_bytes=10 * 2**30
    )
    (place / "job").mkdir()
    return lambda: stage_in(job, JobDir(place / "job"), lambda *_: None)


def plain(place: Path, count: int, size: int, endpoint: str) -> Callable[[], object]:
    """The same addresses to the same disk by requests, as many at once."""
    import requests

    shutil.rmtree(place / "plain", ignore_errors=True)
    (place / "plain").mkdir()
    session = requests.Session()

    def get(number: int) -> None:
        url = f"{endpoint}/zeros/{size}/{number}.bin"
        with session.get(url, stream=True, timeout=60) as answer:
            answer.raise_for_status()
            with open(place / "plain" / str(number), "wb") as file:
                for chunk in answer.iter_content(2**18):
                    file.write(chunk)

    def all_of_them() -> None:
        with ThreadPoolExecutor(PARALLEL) as threads:
            list(threads.map(get, range(count)))

    return all_of_them


def main(side: str, place: Path, count: int, size: int, endpoint: str) -> None:
    """Measure one side, after a run of one small file: what is imported then is not counted."""
    warm = place.with_name(f"{place.name}-warm")
    (warm / "left").mkdir(parents=True, exist_ok=True)
    (warm / "left" / "0.bin").write_bytes(b"x" * 1000)
    globals()[side](warm, 1, 1000, endpoint)()
    ready = globals()[side](place, count, size, endpoint)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    ready()
    seconds = time.perf_counter() - start
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps({"seconds": seconds, "mebibytes": grown / 1024}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
