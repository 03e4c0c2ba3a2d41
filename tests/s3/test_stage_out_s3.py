"""Stage-out to a bucket: whole or not at all, and the reason in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jupyter_ades.errors import Unavailable
from jupyter_ades.s3 import transfers
from jupyter_ades.worker.stage_out import deliver_failed, discard
from tests.s3.service import Service
from tests.worker.delivered import JOB, Job, directory, file, text, tif


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


def bound(job: Job, service: Service, prefix: str = "some/prefix", **settings: Any) -> str:
    """Let a job deliver to a new bucket; its name."""
    bucket = service.bucket()
    place = f"s3://{bucket}/{prefix}".rstrip("/")
    job.order = replace(job.order, results_folder=place, s3=service.settings(**settings))
    return bucket


def fetched(service: Service, bucket: str, folder: Path) -> Path:
    """Everything in a bucket as files."""
    for key in service.keys(bucket):
        target = folder / key
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(service.read(bucket, key))
    return folder


def test_the_same_catalog_as_in_a_folder(job: Job, s3: Service, tmp_path: Path) -> None:
    bucket = bound(job, s3)
    outputs = {
        "scene": file(tif(job.left / "ndvi.tif")),
        "table": file(text(job.left / "a b+c é.csv", "1,2")),
        "tree": directory(text(job.left / "tree" / "in" / "x.txt").parents[1]),
    }
    results = job.deliver(outputs)
    wf = f"wf-{JOB}"
    assert (results.catalog, results.location) == (
        f"{wf}/catalog.json",
        f"s3://{bucket}/some/prefix",
    )
    assert sorted(s3.keys(bucket)) == [
        f"some/prefix/{wf}/{JOB}.json",
        f"some/prefix/{wf}/a b+c é.csv",
        f"some/prefix/{wf}/catalog.json",
        f"some/prefix/{wf}/ndvi.tif",
        f"some/prefix/{wf}/tree/in/x.txt",
    ]
    job.results = fetched(s3, bucket, tmp_path / "read") / "some" / "prefix" / wf
    assert set(job.item().assets) == {"ndvi", "a b+c é", "x"}
    assert (job.results / "ndvi.tif").read_bytes() == (job.left / "ndvi.tif").read_bytes()
    kinds = {
        name: s3.client().head_object(Bucket=bucket, Key=f"some/prefix/{wf}/{name}")["ContentType"]
        for name in ("catalog.json", "ndvi.tif", "a b+c é.csv")
    }
    assert kinds == {
        "catalog.json": "application/json",
        "ndvi.tif": "image/tiff; application=geotiff",
        "a b+c é.csv": "text/csv",
    }
    assert job.told[-1] == (5, 5, "catalog.json")
    assert [done for done, _, _ in job.told] == [1, 2, 3, 4, 5]
    assert not job.scratch.exists()


def test_the_catalog_is_sent_when_everything_else_is_there(
    job: Job, s3: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = bound(job, s3)
    seen: list[tuple[list[str], list[str]]] = []
    send = transfers.send

    def watched(settings: Any, files: Any, done: Any) -> None:
        seen.append(([Path(key).name for key in s3.keys(bucket)], [f.source.name for f in files]))
        send(settings, files, done)

    monkeypatch.setattr(transfers, "send", watched)
    job.deliver({"f": [file(text(job.left / f"{n}.txt")) for n in range(3)]})
    (nothing, first), (there, last) = seen
    assert (nothing, last) == ([], ["catalog.json"])
    assert sorted(there) == sorted(first)
    assert "catalog.json" not in first


def test_a_large_file_goes_in_parts(job: Job, s3: Service) -> None:
    bucket = bound(job, s3)
    data = bytes(range(256)) * (17 * 2**20 // 256) + b"end"
    (job.left / "large.bin").write_bytes(data)
    job.deliver({"f": file(job.left / "large.bin")})
    key = f"some/prefix/wf-{JOB}/large.bin"
    assert s3.read(bucket, key) == data
    assert s3.client().head_object(Bucket=bucket, Key=key)["ETag"].endswith('-3"')
    assert s3.uploads(bucket) == []


def test_an_upload_that_was_begun_twice_is_ended(job: Job, s3: Service) -> None:
    """The answer to its beginning was lost, and boto3 asked again."""
    bucket = bound(job, s3)
    job.left.joinpath("large.bin").write_bytes(b"x" * (transfers.PART + 1))
    key = f"some/prefix/wf-{JOB}/large.bin"
    s3.client().create_multipart_upload(Bucket=bucket, Key=key)
    job.deliver({"large": file(job.left / "large.bin")})
    assert len(s3.read(bucket, key)) == transfers.PART + 1
    assert s3.uploads(bucket) == []


def test_a_second_delivery_replaces_the_first(job: Job, s3: Service) -> None:
    bucket = bound(job, s3, prefix="")
    job.deliver({"f": [file(text(job.left / "old.txt")), file(text(job.left / "both.txt", "1"))]})
    job.deliver({"f": file(text(job.left / "both.txt", "22"))})
    assert [Path(key).name for key in sorted(s3.keys(bucket))] == [
        f"{JOB}.json",
        "both.txt",
        "catalog.json",
    ]
    assert s3.read(bucket, f"wf-{JOB}/both.txt") == b"22"


def test_a_failed_job_leaves_what_it_has_without_a_catalog(job: Job, s3: Service) -> None:
    bucket = bound(job, s3)
    results = deliver_failed(job.order, {"n": file(text(job.left / "n.ipynb"))}, job.scratch)
    assert s3.keys(bucket) == [f"some/prefix/wf-{JOB}/n.ipynb"]
    assert (results.catalog, results.location) == (None, f"s3://{bucket}/some/prefix")


def test_discarding_removes_objects_and_unfinished_uploads(job: Job, s3: Service) -> None:
    bucket = bound(job, s3)
    job.deliver({"f": file(text(job.left / "a.txt"))})
    s3.put(bucket, f"some/prefix/wf-{JOB}-other/kept")
    s3.client().create_multipart_upload(Bucket=bucket, Key=f"some/prefix/wf-{JOB}/half")
    discard(job.order, job.scratch)
    assert s3.keys(bucket) == [f"some/prefix/wf-{JOB}-other/kept"]
    assert s3.uploads(bucket) == []


def test_a_bucket_that_is_missing_is_said_with_the_object(job: Job, s3: Service) -> None:
    bound(job, s3)
    job.order = replace(job.order, results_folder="s3://no-such-bucket/x")
    with pytest.raises(Unavailable) as caught:
        job.deliver({"f": file(text(job.left / "a.txt"))})
    said = caught.value.detail
    assert said.startswith("The results could not be delivered to s3://no-such-bucket/x: ")
    assert f"s3://no-such-bucket/x/wf-{JOB}/" in said
    assert said.endswith(": there is no such bucket.")


def test_credentials_that_are_not_there_are_said(
    job: Job, s3: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    bound(job, s3)
    with pytest.raises(Unavailable, match="there are no credentials: set AWS_ACCESS_KEY_ID"):
        job.deliver({"f": file(text(job.left / "a.txt"))})


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"credentials": "os:getpid"}, r"c\.ADES\.s3_credentials \(os:getpid\) gave no"),
        ({"profile": "none"}, "there is no such profile"),
        ({"endpoint": "http://"}, "endpoint"),
    ],
)
def test_settings_that_are_wrong_are_said(
    job: Job, s3: Service, settings: dict[str, str], why: str
) -> None:
    bound(job, s3)
    job.order = replace(job.order, s3=replace(job.order.s3, **settings))
    with pytest.raises(Unavailable, match=why):
        job.deliver({"f": file(text(job.left / "a.txt"))})


def test_a_service_that_is_not_there_is_said_after_its_attempts(job: Job, s3: Service) -> None:
    bound(job, s3)
    nowhere = replace(s3.settings(), endpoint="http://127.0.0.1:9", attempts=2)
    job.order = replace(job.order, s3=nowhere)
    with pytest.raises(Unavailable, match="the service cannot be reached"):
        job.deliver({"f": file(text(job.left / "a.txt"))})
