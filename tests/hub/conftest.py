"""One JupyterHub for all tests here."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.hub import PROXY, Hub, User


@pytest.fixture(scope="package")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A running hub."""
    if importlib.util.find_spec("jupyterhub") is None:
        pytest.skip("needs: pip install 'jupyter_ades[hub]'")
    if shutil.which("node") is None or not PROXY.exists():
        pytest.skip("needs: apt-get install nodejs npm && make hub")
    started = Hub(tmp_path_factory.mktemp("hub"))
    started.start()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def alice(hub: Hub) -> User:
    """A user with a running server; tests of another file may have ended it."""
    return hub.user("alice")


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Path]:
    """A file that held jobs wait for; there at the end, so that none is left behind."""
    path = tmp_path / "gate"
    yield path
    path.touch()
