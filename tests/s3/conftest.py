"""S3 services that the tests of this tier share, and the rights to use them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_ades.orders import Plan, WorkOrder
from jupyter_ades.s3.client import client
from tests.s3.service import Service, ceph, has_ceph, moto
from tests.worker.faulty_server import Site, serving
from tests.worker.support import NOTEBOOK, Bench


@pytest.fixture(scope="package")
def moto_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """moto, for the many cases."""
    with moto(tmp_path_factory.mktemp("moto") / "log") as service:
        yield service


@pytest.fixture(scope="package")
def ceph_service() -> Iterator[Service]:
    """Ceph, for signatures, 403, 412 and parts."""
    if not has_ceph() or os.getuid() != 0:
        pytest.skip("needs: root, and apt-get install radosgw ceph-mon ceph-osd ceph-mgr curl")
    # Its sockets have short names only.
    with (
        tempfile.TemporaryDirectory(prefix="ceph-", dir="/tmp") as folder,
        ceph(Path(folder)) as service,
    ):
        yield service


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credentials of the machine's; clients of an earlier test are forgotten."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "aws-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "aws-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    client.cache_clear()


@pytest.fixture
def rgw(ceph_service: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    """Ceph, with its keys in this process's environment."""
    for name, value in ceph_service.environment.items():
        monkeypatch.setenv(name, value)
    return ceph_service


@pytest.fixture
def s3(moto_service: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    """moto, with its keys in this process's environment."""
    for name, value in moto_service.environment.items():
        monkeypatch.setenv(name, value)
    return moto_service


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(root=tmp_path)
    yield made
    made.close()


@pytest.fixture
def order(bench: Bench, site: Site, s3: Service) -> WorkOrder:
    """A job that may read moto's buckets and the site, with a cache."""
    made = bench.order(NOTEBOOK, Plan(runner="x", argv=("x",)))
    policy = replace(
        made.fetch,
        allow_hosts=(f"127.0.0.1:{site.port}",),
        attempts=1,
        buckets=(("closed-*/open", s3.settings()), ("bucket-*", s3.settings())),
    )
    return replace(
        made, fetch=policy, cache_folder=str(bench.root / "cache"), cache_bytes=10 * 2**20
    )
