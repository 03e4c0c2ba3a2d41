"""Runs a plan's command: tells its lines, forwards a dismissal, leaves nothing running."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psutil

from jupyter_ades.model import Plan
from jupyter_ades.system.descendants import JOB_VARIABLE, below, end_all, of_job
from jupyter_ades.worker.dismissal import Dismissal
from jupyter_ades.worker.lines import Lines

#: Seconds between two looks at whether the command ended or a dismissal is asked for.
LOOK = 0.1
#: Seconds for which a pipe is read on after everything that wrote to it is gone.
LAST_WORDS = 2.0


def run_command(
    plan: Plan,
    folder: Path,
    job_id: str,
    *,
    on_line: Callable[[str], None],
    dismissal: Dismissal,
    environment: Mapping[str, str],
) -> int:
    """Run the command in a folder until it and all that it started are gone; its exit code.

    The code is negative for a signal. Standard output and error are told together, line by line.
    On a dismissal the command gets the plan's stop signal, and after the plan's grace everything
    that the job runs is killed. Raises OSError when it cannot be started.
    """
    command = subprocess.Popen(
        plan.argv,
        cwd=folder,
        env={**environment, **plan.env, JOB_VARIABLE: job_id},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        bufsize=0,
    )
    watch = _Watch(command, plan, job_id, dismissal)
    try:
        for line in watch.lines():
            on_line(line)
    finally:
        watch.end()
    return command.wait()


class _Watch:
    """One command while it runs."""

    def __init__(
        self,
        command: subprocess.Popen[bytes],
        plan: Plan,
        job_id: str,
        dismissal: Dismissal,
    ) -> None:
        self._command = command
        self._plan = plan
        self._job_id = job_id
        self._dismissal = dismissal
        #: What ran below this worker when the first signal was sent: some leave the tree later.
        self._listed: list[psutil.Process] = []
        #: Monotonic time at which everything is killed.
        self._deadline: float | None = None

    def lines(self) -> Iterator[str]:
        """The command's lines while it runs, and its last ones."""
        assert self._command.stdout is not None
        pipe, lines, open_pipe = self._command.stdout.fileno(), Lines(), True
        while self._command.poll() is None:
            self._see_to_dismissal()
            if open_pipe and _readable(pipe, LOOK):
                data = os.read(pipe, 2**16)
                open_pipe = bool(data)
                yield from lines.feed(data)
            elif not open_pipe:
                time.sleep(LOOK)
        self.end()
        deadline = time.monotonic() + LAST_WORDS
        while open_pipe and _readable(pipe, max(0.0, deadline - time.monotonic())):
            data = os.read(pipe, 2**16)
            open_pipe = bool(data)
            yield from lines.feed(data)
        yield from lines.end()

    def end(self) -> None:
        """Kill all that is left; after a normal end too, nothing of a job outlives its command."""
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


def _readable(pipe: int, seconds: float) -> bool:
    return bool(select.select([pipe], [], [], seconds)[0])


def _reap() -> None:
    """Take leave of orphans that ended: a child that nobody waits for stays a zombie."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return
