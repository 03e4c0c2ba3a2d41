"""What tests of engines share: one cluster of Slurm's, for the tests of a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engines.slurm import NEEDS, Slurm, can_run


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
