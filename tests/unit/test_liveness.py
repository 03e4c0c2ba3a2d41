"""Whether a worker lives, also when its machine is called otherwise, or is another one."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_ades.core.launcher import ColdLauncher
from jupyter_ades.jobdir import JobDir, write_record
from jupyter_ades.system.identity import Worker, is_alive, is_foreign, worker_of
from jupyter_ades.worker.__main__ import _lock

Said = Callable[..., Worker]


@pytest.fixture
def folder(tmp_path: Path) -> JobDir:
    made = JobDir(tmp_path / "no-such-job")
    made.root.mkdir()
    return made


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    started = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield started
    started.kill()
    started.communicate()


@pytest.fixture
def said(folder: JobDir, process: subprocess.Popen[bytes]) -> Said:
    """Writes that the living process is the worker, in what may be others' words."""

    def write(**changes: object) -> Worker:
        worker = replace(worker_of(process.pid), **changes)  # type: ignore[arg-type]
        write_record(folder.worker, worker)
        return worker

    return write


@pytest.fixture
def held(folder: JobDir) -> Iterator[None]:
    """Somebody has the worker's lock."""
    handle = _lock(folder.lock)
    assert handle is not None
    yield
    os.close(handle)


def test_a_worker_lives_on_when_its_machine_gets_another_name(
    folder: JobDir, said: Said, process: subprocess.Popen[bytes]
) -> None:
    worker = said(host="as-it-was-called")
    assert (is_alive(worker), is_foreign(worker)) == (True, True)
    launcher = ColdLauncher()
    assert (launcher.alive(folder), launcher.pid(folder)) == (True, process.pid)
    launcher.stop(folder)
    assert process.wait(10) == -15
    assert not launcher.alive(folder)


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"host": "another", "boot": "another"},
        {"host": "another", "started": 1.0},
        {"host": "another", "boot": ""},
    ],
    ids=["machine", "container", "without boots"],
)
@pytest.mark.usefixtures("held")
def test_a_worker_elsewhere_lives_while_it_holds_its_lock(
    folder: JobDir, said: Said, process: subprocess.Popen[bytes], elsewhere: dict[str, object]
) -> None:
    """On a file system that machines share; the number of its process means nothing here."""
    worker = said(**elsewhere)
    assert (is_alive(worker), is_foreign(worker)) == (False, True)
    launcher = ColdLauncher()
    assert (launcher.alive(folder), launcher.pid(folder)) == (True, None)
    launcher.stop(folder)
    launcher.kill(folder)
    assert process.poll() is None


@pytest.mark.parametrize(
    "gone", [{"host": "another", "boot": "another"}, {"boot": "the one before"}]
)
def test_a_worker_elsewhere_is_gone_with_its_lock(
    folder: JobDir, said: Said, gone: dict[str, object]
) -> None:
    said(**gone)
    folder.lock.touch()
    assert not ColdLauncher().alive(folder)


@pytest.mark.usefixtures("held")
def test_a_worker_that_is_gone_from_here_does_not_live_by_what_it_left(
    folder: JobDir, said: Said
) -> None:
    """A process that it has forked may still hold the lock."""
    worker = said(started=1.0)
    assert not is_foreign(worker)
    assert not ColdLauncher().alive(folder)


@pytest.mark.parametrize("reason", [errno.ENOLCK, errno.ENOTSUP])
def test_where_there_are_no_locks_a_worker_is_known_by_its_process(
    folder: JobDir, said: Said, monkeypatch: pytest.MonkeyPatch, reason: int
) -> None:
    def refuse(handle: int, kind: int) -> None:
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr(fcntl, "flock", refuse)
    handle = _lock(folder.lock)
    assert handle is not None
    os.close(handle)
    launcher = ColdLauncher()
    assert not launcher.alive(folder)
    said()
    assert launcher.alive(folder)
    said(host="another", boot="another")
    assert not launcher.alive(folder)
