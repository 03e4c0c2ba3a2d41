"""A real service: signatures, 403, 412, parts, clocks."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from jupyter_ades.core.bucket import Bucket
from jupyter_ades.errors import Unavailable, UnreachableReference
from jupyter_ades.model import FetchPolicy
from jupyter_ades.s3 import reading, transfers
from jupyter_ades.s3.address import S3Address
from jupyter_ades.s3.client import client
from jupyter_ades.s3.objects import remove_below
from jupyter_ades.worker.stage_out import discard
from tests.s3.service import Service, until
from tests.s3.test_stage_out_s3 import bound
from tests.worker.delivered import JOB, Job, file, text

LARGE = bytes(range(256)) * (20 * 2**20 // 256) + b"end"


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


def policy(service: Service, **settings: Any) -> FetchPolicy:
    return FetchPolicy(user_folder="/nonexistent", buckets=(("*", service.settings(**settings)),))


def test_what_is_delivered_is_what_was_made(job: Job, rgw: Service) -> None:
    bucket = bound(job, rgw)
    (job.left / "large.bin").write_bytes(LARGE)
    names = ["a b+c é.txt", "100%.txt", "x" * 100]
    job.deliver(
        {
            "f": [file(text(job.left / name, name)) for name in names]
            + [file(job.left / "large.bin")]
        }
    )
    prefix = f"some/prefix/wf-{JOB}"
    digest = hashlib.sha256(rgw.read(bucket, f"{prefix}/large.bin")).hexdigest()
    assert digest == hashlib.sha256(LARGE).hexdigest()
    assert rgw.read(bucket, f"{prefix}/a b+c é.txt").decode() == "a b+c é.txt"
    assert rgw.read(bucket, f"{prefix}/100_.txt").decode() == "100%.txt"
    head = rgw.client().head_object(Bucket=bucket, Key=f"{prefix}/large.bin")
    assert head["ETag"].endswith('-3"')
    assert f"{prefix}/catalog.json" in rgw.keys(bucket)
    discard(job.order, job.scratch)
    assert rgw.keys(bucket) == []


def test_an_upload_in_parts_that_breaks_off_leaves_nothing(
    job: Job, rgw: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a dismissal does it: an exception in the main thread while parts are under way."""
    bucket = bound(job, rgw)
    (job.left / "large.bin").write_bytes(LARGE)

    class Broken(BaseException):
        pass

    class Queue:
        def put(self, _: Any) -> None:
            """Called when a transfer ends."""

        def get(self) -> Any:
            until(lambda: rgw.uploads(bucket), tmp_path / "log")
            raise Broken

    monkeypatch.setattr(transfers, "SimpleQueue", Queue)
    with pytest.raises(Broken):
        job.deliver({"f": file(job.left / "large.bin")})
    assert rgw.uploads(bucket) == []
    discard(job.order, job.scratch)
    assert rgw.keys(bucket) == []


def test_a_bucket_of_somebody_else_is_forbidden(
    job: Job, rgw: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = bound(job, rgw)
    href = rgw.put(bucket, "secret.txt")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "OTHER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "OTHERSECRET")
    client.cache_clear()
    with pytest.raises(Unavailable, match=rf"wf-{JOB}/\S+: access is denied"):
        job.deliver({"f": file(text(job.left / "a.txt"))})
    with pytest.raises(
        UnreachableReference, match=r"secret\.txt could not be read: access is denied"
    ):
        reading.about(href, policy(rgw))
    at = Bucket(location=f"s3://{bucket}", settings=rgw.settings(), removals=tmp_path)
    assert at.health() == {
        "location": f"s3://{bucket}",
        "status": "failing",
        "detail": f"s3://{bucket}: access is denied: the credentials may not do this there.",
    }


@pytest.mark.parametrize(
    ("access", "secret", "why"),
    [
        ("NOBODY", "SK", "the service does not know the access key"),
        ("AK", "wrong", "the secret key, or the region, is wrong"),
    ],
)
def test_keys_that_are_wrong_are_said(
    job: Job,
    rgw: Service,
    monkeypatch: pytest.MonkeyPatch,
    access: str,
    secret: str,
    why: str,
) -> None:
    bound(job, rgw)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", access)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    client.cache_clear()
    with pytest.raises(Unavailable, match=why) as caught:
        job.deliver({"f": file(text(job.left / "a.txt"))})
    assert secret not in caught.value.detail.replace("is wrong", "")


def test_a_clock_that_is_wrong_is_said(
    job: Job, rgw: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datetime as real

    import botocore.auth

    class Late(real.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return real.datetime.now(tz) - real.timedelta(hours=2)

        @classmethod
        def utcnow(cls) -> Any:
            return real.datetime.now(real.UTC).replace(tzinfo=None) - real.timedelta(hours=2)

    bound(job, rgw)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", Late.utcnow, raising=False)
    with pytest.raises(Unavailable, match=r"the clocks of this machine and of the service differ"):
        job.deliver({"f": file(text(job.left / "a.txt"))})


def test_an_object_that_changes_while_it_is_read_is_not_mixed(rgw: Service, tmp_path: Path) -> None:
    bucket = rgw.bucket()
    href = rgw.put(bucket, "x.bin", LARGE)
    found, _ = reading.about(href, policy(rgw))
    rgw.put(bucket, "x.bin", LARGE[::-1])
    with pytest.raises(UnreachableReference, match="the object has changed meanwhile"):
        reading.receive(href, found, tmp_path / "x.bin", policy(rgw))


def test_many_objects_are_removed(rgw: Service) -> None:
    bucket = rgw.bucket()
    for n in range(30):
        rgw.put(bucket, f"p/ü {n}+&%.txt")
    rgw.put(bucket, "pq")
    assert remove_below(rgw.settings(), S3Address(bucket=bucket, key="p/")) == 30
    assert rgw.keys(bucket) == ["pq"]


def test_a_public_object_is_read_without_keys(
    rgw: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = rgw.bucket()
    href = rgw.put(bucket, "open.txt", b"open")
    rgw.client().put_object_acl(Bucket=bucket, Key="open.txt", ACL="public-read")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    client.cache_clear()
    found, _ = reading.about(href, policy(rgw, anonymous=True))
    assert found.size == 4
    with pytest.raises(UnreachableReference, match="there are no credentials"):
        reading.about(href, policy(rgw))
