"""An ordinary user of this machine, made for a test, with a podman of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from jupyter_ades.jobdir import JobDir
from jupyter_ades.system.descendants import JOB_VARIABLE
from tests.containers.conftest import configured, make_image
from tests.worker.support import Bench

#: Programs that make such a user, and those that its podman needs besides.
PROGRAMS = ("useradd", "userdel", "setpriv", "newuidmap", "podman", "runc", "busybox")
#: The one right that it has more than others: to read this Python where only root could.
READS = "+dac_read_search"


@dataclass(frozen=True)
class Ordinary:
    """The user, its folder, and what its programs are told."""

    uid: int
    gid: int
    folder: Path
    environment: dict[str, str]

    @property
    def before(self) -> list[str]:
        """Words before a command that is to be this user's."""
        ids = ["--reuid", str(self.uid), "--regid", str(self.gid), "--init-groups"]
        return ["setpriv", *ids, "--inh-caps", READS, "--ambient-caps", READS, "--"]

    def podman(self, *arguments: str) -> str:
        """What this user's podman prints."""
        return subprocess.run(
            [*self.before, "podman", *arguments],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout

    def own(self, folder: Path) -> None:
        """Give the user a folder with all that is in it."""
        for path in (folder, *folder.rglob("*")):
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


@contextmanager
def ordinary() -> Iterator[Ordinary]:
    """A user that is gone afterwards, with its folder, its images and its processes."""
    name = f"ades-{os.getpid()}"
    with ExitStack() as ends:
        # Not in pytest's own folder, which is closed to others.
        folder = Path(tempfile.mkdtemp(prefix=f"{name}-"))
        ends.callback(shutil.rmtree, folder)
        _call("useradd", "--no-create-home", "--home-dir", str(folder), name)
        ends.callback(_call, "userdel", name)
        known = pwd.getpwnam(name)
        ends.callback(_end_all, known.pw_uid)
        (folder / "run").mkdir()
        user = Ordinary(known.pw_uid, known.pw_gid, folder, _environment(folder))
        user.own(folder)
        ends.callback(user.podman, "system", "reset", "--force")
        make_image(folder / "root", *user.before, environment=user.environment)
        yield user


def _environment(folder: Path) -> dict[str, str]:
    """This process's environment, with another home; its coverage is not the user's to write."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    own = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder / "run")}
    # Overlays are not to be had by ordinary users everywhere.
    return kept | own | configured(folder, driver="vfs")


def _call(*command: str) -> None:
    subprocess.run(command, check=True, timeout=60)


def _end_all(uid: int) -> None:
    """End what runs as the user: a user with processes cannot be removed."""
    for each in psutil.process_iter():
        with suppress(psutil.Error):
            if each.uids().real == uid:
                each.kill()
                each.wait(10)


@dataclass(kw_only=True)
class OrdinaryBench(Bench):
    """Starts workers that are the user's."""

    user: Ordinary

    def worker(self, job: JobDir, job_id: str, *, stand_in: bool = True) -> subprocess.Popen[bytes]:
        """Start one; its job directory becomes the user's."""
        with open(job.log, "ab") as log:
            self.user.own(self.root)
            return subprocess.Popen(
                [*self.user.before, sys.executable, "-m", "jupyter_ades.worker", str(job.root)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=job.root,
                env={**self.user.environment, JOB_VARIABLE: job_id},
                start_new_session=True,
            )
