"""What tests of engines share: a bench, and one cluster of Slurm's for the tests of a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.slurm import NEEDS, Slurm, can_run
from tests.worker.support import Bench


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    """A cluster that runs; its commands find it."""
    if not can_run():
        pytest.skip(NEEDS)
    pytest.importorskip("toil", reason="needs: pip install 'jupyter_ades[toil]'")
    cluster = Slurm(tmp_path_factory.mktemp("slurm"))
    try:
        cluster.start()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SLURM_CONF", str(cluster.config))
            yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Jobs without a server; what a failed test left of them is ended."""
    made = Bench(root=tmp_path)
    yield made
    made.close()
