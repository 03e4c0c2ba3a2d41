"""A real podman with an image that is made from nothing."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from tests.containers import notebook_image
from tests.containers.serving import Start
from tests.restart.server import Server

NEEDS = "needs: apt-get install --no-install-recommends podman runc busybox-static"
IMAGE, NOTEBOOKS = "localhost/jupyter-ades-test:1", "localhost/jupyter-ades-notebooks:1"
#: For machines where root is in a sandbox of its own: no cgroup manager, no network, few limits.
#: Locks and what runs are in the folder, too: all podmans of root's share them otherwise, and the
#: reset at the end of one's tests takes them from those of others that run beside.
CONFIG = """[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
netns = "none"
cgroups = "enabled"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
tmp_dir = "{folder}/tmp"
lock_type = "file"
"""
STORAGE = """[storage]
driver = "{driver}"
graphroot = "{folder}/graph"
runroot = "{folder}/run"
"""


def podman(*arguments: str, **more: object) -> subprocess.CompletedProcess[str]:
    """Call podman; what it said."""
    return subprocess.run(
        ["podman", *arguments], capture_output=True, text=True, timeout=60, **more
    )


@pytest.fixture(scope="package")
def _engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    if not all(map(shutil.which, ("podman", "runc", "busybox"))):
        pytest.skip(NEEDS)
    folder = tmp_path_factory.mktemp("podman")
    variables = configured(folder, driver="overlay")
    with pytest.MonkeyPatch.context() as patch, ExitStack() as ends:
        for name, value in variables.items():
            patch.setenv(name, value)
        ends.callback(_unmount, folder)
        ends.callback(podman, "system", "reset", "--force")
        make_image(folder / "root")
        yield variables


def _unmount(folder: Path) -> None:
    """Free a folder of what podman left mounted there: pytest could not remove it later."""
    points = [each.mountpoint for each in psutil.disk_partitions(all=True)]
    for point in reversed([each for each in points if Path(each).is_relative_to(folder)]):
        subprocess.run(["umount", "--lazy", point], check=True, timeout=60)


@pytest.fixture
def engine(_engine: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The variables by which podman finds the image; they are set."""
    for name, value in _engine.items():
        monkeypatch.setenv(name, value)
    return _engine


def configured(folder: Path, *, driver: str) -> dict[str, str]:
    """Keep all of podman's in a folder; the variables that tell it so."""
    (folder / "containers.conf").write_text(CONFIG.format(folder=folder))
    (folder / "storage.conf").write_text(STORAGE.format(folder=folder, driver=driver))
    return {
        "CONTAINERS_CONF": str(folder / "containers.conf"),
        "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
    }


def make_image(root: Path, *before: str, environment: Mapping[str, str] | None = None) -> None:
    """Make the image of files in a folder; ``before`` are words of the command before podman."""
    (root / "bin").mkdir(parents=True)
    shutil.copy(str(shutil.which("busybox")), root / "bin" / "busybox")
    for name in ("sh", "cat", "echo", "sleep", "touch", "cp", "ls", "id", "trap"):
        (root / "bin" / name).symlink_to("busybox")
    packed = subprocess.run(
        ["tar", "-C", str(root), "-c", "."], capture_output=True, check=True, timeout=60
    ).stdout
    made = subprocess.run(
        [*before, "podman", "import", "--change", "ENV PATH=/bin", "-", IMAGE],
        env=environment,
        input=packed,
        capture_output=True,
        timeout=60,
    )
    if made.returncode:
        pytest.skip(f"needs: a podman that works here; it said {made.stderr.decode()[-300:]}")


@pytest.fixture(scope="package")
def _notebooks(_engine: dict[str, str]) -> None:
    command = ["podman", "import", *notebook_image.changes(), "-", NOTEBOOKS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as importing:
        assert importing.stdin is not None
        assert importing.stderr is not None
        notebook_image.write(importing.stdin)
        importing.stdin.close()
        said = importing.stderr.read().decode()
    assert importing.returncode == 0, said


@pytest.fixture
def notebooks(_notebooks: None, engine: dict[str, str]) -> str:
    """The name of an image that notebooks run in."""
    return NOTEBOOKS


@pytest.fixture
def start(engine: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Makes servers whose jobs run in podman's containers; they end with the test."""
    with ExitStack() as ends:

        def started(
            name: str, *, environment: Mapping[str, str] | None = None, **traits: object
        ) -> Server:
            folder = tmp_path / name
            folder.mkdir()
            traits = {"container_engine": "podman", **traits}
            server = Server(folder, traits=traits, environment=environment)
            (server.user_folder / "one.txt").write_text("one")
            server.start()
            ends.callback(server.stop)
            return server

        yield started
