"""Container engines of this machine: which one works, and what a job left running in it."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from jupyter_ades.system.looking import Look, in_a_thread

#: Engines, the one that is tried first first, and a cheap question that only a working one answers.
ENGINES = {
    "docker": ("version",),
    "podman": ("info",),
    "apptainer": ("version",),
    "singularity": ("version",),
}
#: Choices of a site besides: the first engine that works, or none at all.
AUTO, NONE = "auto", "none"
#: How an engine is told to end a container at once; podman would wait for it for 10 seconds.
FORCE = {"podman": ("--force", "--time", "0")}
#: Seconds that an engine has to answer, on a busy machine as well, and to end a container.
ANSWER, END = 15.0, 10.0
#: Seconds for which an answer is believed; a daemon that was down may be up soon.
GOOD, BAD = 300.0, 10.0


@dataclass
class Containers:
    """Finds the engine that jobs run containers in; what was found is believed for a while."""

    #: ``auto``, ``none``, or the name of an engine.
    choice: str = AUTO
    clock: Callable[[], float] = time.monotonic
    beside: Callable[[Callable[[], None]], None] = in_a_thread

    def __post_init__(self) -> None:
        """Nothing is asked yet."""
        self._engine = Look(self._ask, _good, self.clock, self.beside)
        self._engines = Look(_working, _good, self.clock, self.beside)

    def engine(self) -> str:
        """One of :data:`ENGINES`, or empty when none works or none is wanted."""
        return self._engine()

    def engines(self) -> list[str]:
        """All that work, whichever is chosen. The first time each is asked, for some seconds."""
        return self._engines()

    def begin(self) -> None:
        """Look for the engine, so that the first job which needs it does not wait."""
        self._engine.begin()

    def _ask(self) -> str:
        return next((name for name in self._wanted() if works(name)), "")

    def _wanted(self) -> tuple[str, ...]:
        if self.choice == NONE:
            return ()
        return tuple(ENGINES) if self.choice == AUTO else (self.choice,)


def _good(found: str | list[str]) -> float:
    return GOOD if found else BAD


def _working() -> list[str]:
    return [name for name in ENGINES if works(name)]


def works(engine: str) -> bool:
    """Whether an engine is installed and answers."""
    path = shutil.which(engine)
    return path is not None and _call(path, *ENGINES[engine], seconds=ANSWER)


def note(folder: Path, engine: str) -> None:
    """Make the folder in which a job's containers leave their ids, for :func:`end_containers`."""
    folder.mkdir(exist_ok=True)
    (folder / "engine").write_text(engine, encoding="utf-8")


def end_containers(folder: Path) -> None:
    """End every container whose id stands in a folder, and forget it."""
    try:
        engine = shutil.which((folder / "engine").read_text(encoding="utf-8"))
    except OSError:
        return
    for path in folder.glob("*.cid"):
        with suppress(OSError):
            container = path.read_text(encoding="utf-8").strip()
            # Removed by force also when it has ended, or was made and never started.
            if engine and container:
                force = FORCE.get(Path(engine).name, ("--force",))
                _call(engine, "rm", *force, container, seconds=END)
            path.unlink()


def _call(*command: str, seconds: float) -> bool:
    try:
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ended.returncode == 0
