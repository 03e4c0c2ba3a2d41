"""What a storm is made of: a small disk that fills, a clock that jumps, kills."""

from __future__ import annotations

import os
import shutil
import signal
import struct
import subprocess
from contextlib import suppress
from pathlib import Path

import psutil

JOB = "JUPYTER_ADES_JOB"


class Disk:
    """A small file system of its own; needs root."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
        if os.getuid() != 0 or not shutil.which("mount") or subprocess.run(mount).returncode:
            raise PermissionError("needs: root, to mount a small file system")

    def fill(self) -> None:
        """Leave no byte of it."""
        with open(self._ballast, "wb", buffering=0) as file:
            for block in (2**20, 4096, 1):
                with suppress(OSError):
                    while file.write(b"x" * block):
                        pass

    def free(self) -> None:
        """Make room again."""
        self._ballast.unlink(missing_ok=True)

    def close(self) -> None:
        """Take it away."""
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)


class Clock:
    """The time of day of the servers and their jobs."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self._library = folder / "clock.so"
        self._file.write_bytes(struct.pack("l", 0))
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            raise PermissionError("needs: a C compiler (apt-get install gcc libc6-dev)")
        source = Path(__file__).with_name("clock.c")
        subprocess.run(
            [compiler, "-shared", "-fPIC", "-O", "-o", str(self._library), str(source)], check=True
        )

    @property
    def environment(self) -> dict[str, str]:
        """What a program is started with whose clock this is."""
        return {"LD_PRELOAD": str(self._library), "STORM_CLOCK": str(self._file)}

    def set(self, seconds: int) -> None:
        """Let it be so many seconds ahead of the machine's."""
        with open(self._file, "r+b", buffering=0) as file:
            file.write(struct.pack("l", seconds))


def of_jobs(mark: str) -> list[psutil.Process]:
    """Living processes of jobs whose environment holds a mark."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            environment = process.environ()
            # A fork server carries no job: it keeps room for one's name.
            ours = environment.get(JOB, "").strip("-") and mark in environment.values()
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def kill(processes: list[psutil.Process]) -> None:
    """As the system does when memory is short."""
    for process in processes:
        with suppress(psutil.Error, ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)


def kill_whole(pid: int) -> None:
    """A process with all that it started."""
    process = psutil.Process(pid)
    kill([*process.children(recursive=True), process])
