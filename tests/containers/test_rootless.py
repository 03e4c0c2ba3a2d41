"""Packages that name an image, run by the podman of an ordinary user, in a worker of that user."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from jupyter_ades.model import JobStatus
from tests.containers.ordinary import PROGRAMS, Ordinary, OrdinaryBench, ordinary
from tests.containers.test_podman import start
from tests.worker.support import until

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="runs as root, who makes an ordinary user"),
    pytest.mark.skipif(
        not all(map(shutil.which, PROGRAMS)),
        reason="needs: apt-get install --no-install-recommends podman runc uidmap busybox-static",
    ),
]


@pytest.fixture(scope="module")
def user() -> Iterator[Ordinary]:
    with ordinary() as made:
        yield made


@pytest.fixture
def bench(user: Ordinary, request: pytest.FixtureRequest) -> Iterator[OrdinaryBench]:
    folder = user.folder / request.node.name
    folder.mkdir()
    bench = OrdinaryBench(root=folder, user=user)
    yield bench
    bench.close()


def test_a_tool_in_its_image_is_the_users(bench: OrdinaryBench, user: Ordinary) -> None:
    """Inside and outside: who it runs as, and whose its outputs are."""
    (bench.home / "a b.txt").write_text("from here\n")
    command = """'ls /bin/busybox && id -u && cat "$(inputs.text.path)" && echo x > made'"""
    inputs = {"word": "hello", "text": {"$stage-in": "file", "href": "a b.txt"}}
    running = start(bench, command, inputs=inputs)
    assert running.wait().status is JobStatus.SUCCESSFUL, running.log()
    said, made = running.delivered("said.txt"), running.delivered("made")
    assert said.read_text() == f"/bin/busybox\n{user.uid}\nfrom here\n"
    assert {each.stat().st_uid for each in (said, made)} == {user.uid}
    assert {each.stat().st_gid for each in (said, made)} == {user.gid}
    assert "true" in user.podman("info", "--format", "{{.Host.Security.Rootless}}")
    assert user.podman("ps", "--all", "--quiet") == ""


def test_a_dismissal_leaves_no_container(bench: OrdinaryBench, user: Ordinary) -> None:
    running = start(bench, "sleep 600", inputs={"word": "x"})
    until(lambda: user.podman("ps", "--quiet"))
    running.dismiss()
    assert running.wait().status is JobStatus.DISMISSED
    assert user.podman("ps", "--all", "--quiet") == ""
    until(lambda: not running.left())
