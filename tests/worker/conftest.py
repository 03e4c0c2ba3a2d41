"""A bench for tests of real workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from jupyter_ades.core.fork_server import ForkServer
from tests.worker.launching import forking
from tests.worker.support import Bench

#: Modules whose tests hold however a worker was started: they run with new and with forked ones.
BOTH = {
    "test_cwl_javascript",
    "test_notebook_outputs",
    "test_notebook_results",
    "test_notebook_values",
    "test_other_kernels",
    "test_worker_cwl",
    "test_worker_cwl_values",
    "test_worker_dismiss",
    "test_worker_notebook",
    "test_worker_whole",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "launched" in metafunc.fixturenames:
        both = metafunc.module.__name__.rpartition(".")[2] in BOTH
        ways = ["cold", "warm"] if both else ["cold"]
        metafunc.parametrize("launched", ways, scope="session")


@pytest.fixture(scope="session")
def fork_server() -> Iterator[Callable[[bool], ForkServer]]:
    """One for workers with a stand-in for stage-out, and one for those without."""
    made: dict[bool, ForkServer] = {}
    with ExitStack() as stack:

        def get(stand_in: bool) -> ForkServer:
            if stand_in not in made:
                made[stand_in] = stack.enter_context(forking(stand_in=stand_in))
            return made[stand_in]

        yield get


@pytest.fixture
def bench(
    tmp_path: Path, launched: str, fork_server: Callable[[bool], ForkServer]
) -> Iterator[Bench]:
    made = Bench(root=tmp_path)
    if launched == "warm":
        made.server = fork_server
    yield made
    made.close()
