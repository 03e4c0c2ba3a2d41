"""Runs a plan's command: tells its lines, forwards a dismissal, leaves nothing running."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import psutil

from jupyter_ades.orders import Plan
from jupyter_ades.system.descendants import JOB_VARIABLE, below, end_all, of_job
from jupyter_ades.worker.dismissal import Dismissal
from jupyter_ades.worker.lines import Lines
from jupyter_ades.worker.understudy import Understudy, is_ours

#: Seconds between two looks at whether the command ended, where the system does not tell; and
#: between two attempts to kill what a dismissed job runs.
LOOK = 0.1
#: Seconds for which a pipe is read on after everything that wrote to it is gone.
LAST_WORDS = 2.0


class Command(Protocol):
    """A process as ``subprocess.Popen`` has it."""

    pid: int

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it lives."""

    def wait(self) -> int:
        """Its exit code, once it has ended."""

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""


def run_command(
    plan: Plan,
    folder: Path,
    job_id: str,
    *,
    on_line: Callable[[str], None],
    dismissal: Dismissal,
    environment: Mapping[str, str],
    understudy: Understudy | None = None,
) -> int:
    """Run the command in a folder until it and all that it started are gone; its exit code.

    The code is negative for a signal. Standard output and error are told together, line by line.
    On a dismissal the command gets the plan's stop signal, and after the plan's grace everything
    that the job runs is killed. An ``understudy`` of this very command is called instead of a
    new process. Raises OSError when it cannot be started.
    """
    given = {**environment, **plan.env, JOB_VARIABLE: job_id}
    command, output = _begin(plan, folder, given, understudy)
    watch = _Watch(command, output, plan, job_id, dismissal)
    try:
        for line in watch.lines():
            on_line(line)
    finally:
        watch.end()
    return command.wait()


def _begin(
    plan: Plan, folder: Path, environment: Mapping[str, str], understudy: Understudy | None
) -> tuple[Command, int]:
    """The command, and the reading end of its output."""
    if understudy is None:
        return _start(plan, folder, environment)
    try:
        if is_ours(plan.argv):
            understudy.start(folder, environment, argv=plan.argv)
            return understudy, understudy.output
    except OSError:
        # One that waits is the first that a kernel short of memory ends.
        pass
    understudy.bury()
    return _start(plan, folder, environment)


def _start(plan: Plan, folder: Path, environment: Mapping[str, str]) -> tuple[Command, int]:
    """A new process, and the same end."""
    command = subprocess.Popen(
        plan.argv,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        bufsize=0,
    )
    assert command.stdout is not None
    return command, command.stdout.fileno()


class _Watch:
    """One command while it runs."""

    def __init__(
        self,
        command: Command,
        output: int,
        plan: Plan,
        job_id: str,
        dismissal: Dismissal,
    ) -> None:
        self._command = command
        self._understudy = command if isinstance(command, Understudy) else None
        #: The reading end of its standard output and error; closed by its last reader's end.
        self._output = output
        self._plan = plan
        self._job_id = job_id
        self._dismissal = dismissal
        #: What ran below this worker when the first signal was sent: some leave the tree later.
        self._listed: list[psutil.Process] = []
        #: Monotonic time at which everything is killed.
        self._deadline: float | None = None

    def lines(self) -> Iterator[str]:
        """The command's lines while it runs, and its last ones."""
        lines, open_pipe = Lines(), True
        with _Wait(self._command.pid, self._others()) as wait:
            while self._command.poll() is None:
                self._see_to_dismissal()
                if wait.readable(self._output if open_pipe else None, self._patience()):
                    data = os.read(self._output, 2**16)
                    open_pipe = bool(data)
                    yield from lines.feed(data)
        self.end()
        # All that one which says its end had to write is there by then.
        said = self._understudy is not None and self._understudy.said
        deadline = time.monotonic() + (0.0 if said else LAST_WORDS)
        while open_pipe and _readable(self._output, max(0.0, deadline - time.monotonic())):
            data = os.read(self._output, 2**16)
            open_pipe = bool(data)
            yield from lines.feed(data)
        yield from lines.end()

    def _patience(self) -> float | None:
        """Seconds until everything is killed, or is again; None when nothing is due."""
        if self._deadline is None:
            return None
        return max(LOOK, self._deadline - time.monotonic())

    def _others(self) -> list[int]:
        """What else is waited for."""
        cue = [self._understudy.cue.fileno()] if self._understudy is not None else []
        return [self._dismissal.handle, *cue]

    def end(self) -> None:
        """Kill all that is left; after a normal end too, nothing of a job outlives its command."""
        if self._understudy is not None and self._understudy.said:
            end_all(self._job_id, self._listed, children=True, sparing=self._command.pid)
            return
        end_all(self._job_id, self._listed, children=True)
        self._command.wait()
        _reap()

    def _see_to_dismissal(self) -> None:
        if self._deadline is None and self._dismissal.asked:
            self._listed = [*below(), *of_job(self._job_id)]
            grace = 0.0 if self._dismissal.at_once else self._plan.grace
            self._deadline = time.monotonic() + grace
            self._command.send_signal(signal.Signals[self._plan.stop_signal])
        elif self._deadline is not None and time.monotonic() >= self._deadline:
            end_all(self._job_id, self._listed, children=True)


class _Wait:
    """Waits for output, for the command's end, and for a dismissal, all at once."""

    def __init__(self, pid: int, others: Sequence[int]) -> None:
        """``others``: first what becomes readable with a dismissal."""
        self._ended = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
        self._handles = [*others] if self._ended is None else [*others, self._ended]
        self._dismissed = others[0]

    def __enter__(self) -> _Wait:
        return self

    def __exit__(self, *_: object) -> None:
        if self._ended is not None:
            os.close(self._ended)

    def readable(self, output: int | None, seconds: float | None) -> bool:
        """Whether there is output, after a wait for any of them of so many seconds at the most."""
        if self._ended is None:
            seconds = LOOK if seconds is None else min(LOOK, seconds)
        handles = self._handles if output is None else [*self._handles, output]
        found = select.select(handles, [], [], seconds)[0]
        if self._dismissed in found:
            os.read(self._dismissed, 64)
        return output in found


def _readable(pipe: int, seconds: float) -> bool:
    return bool(select.select([pipe], [], [], seconds)[0])


def _reap() -> None:
    """Take leave of orphans that ended: a child that nobody waits for stays a zombie."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return
