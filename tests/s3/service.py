"""S3 services for tests: moto in a process of its own, and Ceph's radosgw where it is installed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from jupyter_ades.model import S3
from tests.s3.ports import free_port

#: Seconds that a service has to come up.
PATIENCE = 90.0


@dataclass(kw_only=True)
class Service:
    """A running S3 service and a user of it."""

    endpoint: str
    access_key: str = "AK"
    secret_key: str = "SK"
    #: Buckets that were made, so that each has a name of its own.
    made: list[str] = field(default_factory=list)
    _client: Any = None

    @property
    def environment(self) -> dict[str, str]:
        """What gives a process this user's rights."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def settings(self, **changes: Any) -> S3:
        """How this service is reached, for code under test."""
        return S3(**{"endpoint": self.endpoint, "addressing": "path", "timeout": 10, **changes})

    def client(self) -> Any:
        """A client of the test's own."""
        if self._client is None:
            self._client = self._made_client()
        return self._client

    def _made_client(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name="us-east-1",
            config=Config(
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
                max_pool_connections=20,
            ),
        )

    def bucket(self) -> str:
        """The name of a new, empty bucket."""
        name = f"bucket-{os.getpid()}-{len(self.made)}"
        self.client().create_bucket(Bucket=name)
        self.made.append(name)
        return name

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        """The keys in a bucket."""
        pages = (
            self.client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        )
        return [each["Key"] for page in pages for each in page.get("Contents", [])]

    def uploads(self, bucket: str) -> list[str]:
        """The keys of uploads that were begun and not ended."""
        found = self.client().list_multipart_uploads(Bucket=bucket)
        return [each["Key"] for each in found.get("Uploads", [])]

    def read(self, bucket: str, key: str) -> bytes:
        """An object's bytes."""
        data: bytes = self.client().get_object(Bucket=bucket, Key=key)["Body"].read()
        return data

    def put(self, bucket: str, key: str, data: bytes = b"x", kind: str = "") -> str:
        """An object, and its href."""
        more = {"ContentType": kind} if kind else {}
        self.client().put_object(Bucket=bucket, Key=key, Body=data, **more)
        return f"s3://{bucket}/{key}"


@contextmanager
def moto(log: Path) -> Iterator[Service]:
    """moto's server, which takes any key."""
    port = free_port()
    with open(log, "wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-p", str(port)], stdout=file, stderr=file
        )
    try:
        service = Service(endpoint=f"http://127.0.0.1:{port}")
        until(lambda: _answers(service.endpoint), log)
        yield service
    finally:
        process.terminate()
        process.wait()


def has_ceph() -> bool:
    """Whether radosgw and what it stands on are installed."""
    return all(map(shutil.which, ("radosgw", "ceph-mon", "ceph-osd", "ceph-mgr", "ceph")))


@contextmanager
def ceph(folder: Path) -> Iterator[Service]:
    """Ceph's radosgw, which checks every signature; a second user OTHER may see nothing of ours."""
    ports = [free_port() for _ in range(3)]
    service = Service(endpoint=f"http://127.0.0.1:{ports[2]}", access_key="AK", secret_key="SK")
    command = [str(Path(__file__).with_name("ceph.sh")), str(folder), *map(str, ports), "AK", "SK"]
    try:
        with open(folder / "up.log", "wb") as log:
            done = subprocess.run(command, stdout=log, stderr=log, timeout=PATIENCE, check=False)
        assert done.returncode == 0, (folder / "up.log").read_text(errors="replace")[-4000:]
        yield service
    finally:
        for file in folder.glob("*.pid"):
            with suppress(ProcessLookupError, ValueError):
                os.kill(int(file.read_text()), signal.SIGKILL)


def until(holds: Callable[[], Any], log: Path, seconds: float = PATIENCE) -> None:
    """Poll until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, log.read_text(errors="replace")[-4000:]
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
