"""A real server in a process of its own, whose jobs are carried inline, and clients of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jupyter_ades.client import Client, Process
from tests.conftest import notebook
from tests.restart.server import Server

#: An input says how a job ends: see ``jupyter_ades.testing.InlineLauncher``.
PARAMETERS = (
    'outcome: str = "successful"  # how it ends\n'
    "items: list[int] = []\n"
    "flag: bool = False\n"
    'name: str = "<b>"  # shown as it is'
)


@pytest.fixture(autouse=True)
def _no_other_server(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Nothing of the machine's own servers and settings."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path_factory.getbasetemp() / "no-runtime"))
    for name in ("ADES_URL", "ADES_TOKEN", "ADES_WORKSPACE", "JPY_PARENT_PID", "JUPYTERHUB_USER"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all of these tests."""
    traits = {"launcher_class": "jupyter_ades.testing.InlineLauncher", "max_running_jobs": 50}
    started = Server(tmp_path_factory.mktemp("server"), traits=traits)
    started.start()
    yield started
    started.stop()


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    """A client of it, by its root."""
    with Client(server.root, token="secret") as connected:
        yield connected


@pytest.fixture(scope="package")
def small(server: Server) -> str:
    """The id of a deployed notebook that the inline launcher understands."""
    headers = {"Content-Type": "application/x-ipynb+json"}
    sent = server.send("POST", "processes", data=notebook(PARAMETERS), headers=headers)
    assert sent.status_code == 201, sent.text
    identifier: str = sent.json()["id"]
    return identifier


@pytest.fixture
def process(client: Client, small: str) -> Process:
    """It, as the client describes it."""
    return client.process(small)
