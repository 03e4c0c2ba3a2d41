"""Kernels of this environment are forked in a warm worker, where they would be started anew.

Put in place by a Jupyter kernel provisioner. Such a kernel has no debugger, and tells when it can
be connected to: a client that connects before waits for its next attempt.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase

from jupyter_ades.worker.forked import begin_anew, fork, is_warm
from jupyter_ades.worker.understudy import Understudy, leave_stage, read_order

#: The provisioner's name among the entry points.
PROVISIONER = "jupyter-ades-forked"
LAUNCHER = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]
#: Names of files beside a notebook that are looked at; with more a kernel is started anew.
MOST_HELPERS = 10_000
#: Seconds that a kernel's threads have to end.
LAST_REQUEST = 2.0


def can_be_forked(spec: Mapping[str, Any], helpers: Path) -> bool:
    """Whether a kernel of this spec, run beside these helper files, can be a fork of this process.

    Not one with an environment of its own, which what is imported already would not see; nor one
    whose helper files have the name of such a module, which would hide them.
    """
    argv = [word for word in spec["argv"] if not word.startswith("-X")]
    return (
        is_warm()
        and argv[1:] == LAUNCHER
        and _is_this_python(argv[0])
        and not spec.get("env")
        and not spec.get("metadata", {}).get("kernel_provisioner")
        and not any(name in _imported() for name in _modules_in(helpers))
    )


def _is_this_python(command: str) -> bool:
    """As jupyter_client reads it: a bare name is this very Python."""
    if command in ("python", f"python{sys.version_info[0]}"):
        return True
    same_folder = Path(command).parent == Path(sys.executable).parent
    return same_folder and os.path.realpath(command) == os.path.realpath(sys.executable)


def _imported() -> set[str]:
    """Modules of this process that a helper file could be meant to stand for."""
    return {name for name in sys.modules if "." not in name} - sys.stdlib_module_names


def _modules_in(folder: Path) -> Iterator[str]:
    count = 0
    for _, folders, files in os.walk(folder):
        yield from folders
        yield from (name.partition(".")[0] for name in files)
        count += len(folders) + len(files)
        if count > MOST_HELPERS:
            # Named by no file: stands for all that were not looked at.
            yield next(iter(_imported()))


def fork_kernel() -> KernelUnderstudy | Kernel:
    """Fork a kernel that waits; in the fork, the part that it is to play."""
    ours, theirs = socket.socketpair()
    pid = fork()
    if not pid:
        ours.close()
        leave_stage()
        return Kernel(cue=theirs)
    theirs.close()
    register()
    return KernelUnderstudy(pid, ours, -1)


@dataclass(frozen=True, kw_only=True)
class Kernel:
    """The fork's part."""

    cue: socket.socket

    def play(self) -> int:
        """Wait for the order, then be a kernel; its exit code."""
        order = read_order(self.cue)
        if order is None:
            return 0
        arguments: list[str] = order.pop("arguments")
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        begin_anew(**order)
        return self._run(arguments)

    def _run(self, arguments: Sequence[str]) -> int:
        import ipykernel_launcher
        from ipykernel.kernelapp import IPKernelApp

        sys.argv = [str(ipykernel_launcher.__file__), *arguments]
        app = IPKernelApp.instance()
        # Read from the environment when the class was made, which was in the fork server.
        app.parent_handle = int(os.environ.get("JPY_PARENT_PID", 0))
        app.initialize(list(arguments))
        with self.cue:
            self.cue.send(b"bound")
        app.start()
        _end_threads(app)
        return 0


def _end_threads(app: Any) -> None:
    """End the threads that hear of requests, which may still be at the last one.

    At its exit ipykernel first ends the thread that these wait for, and then waits for them: one
    kernel in ten came to its end ten seconds late.
    """
    for thread in (app.control_thread, app.shell_channel_thread):
        if thread is not None and thread.is_alive():
            thread.stop()
            thread.join(LAST_REQUEST)


class KernelUnderstudy(Understudy):
    """A waiting kernel, with what Jupyter's local provisioner expects of a process."""

    stdin = stdout = stderr = None

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(9)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(15)

    async def bound(self) -> None:
        """Wait until it can be connected to, or has ended."""
        self.cue.setblocking(False)
        await asyncio.get_running_loop().sock_recv(self.cue, 16)


class ForkedProvisioner(LocalProvisioner):  # type: ignore[misc]
    """Starts the kernel that waits; any further one anew."""

    #: Set by the program that forked it.
    waiting: KernelUnderstudy | None = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Let the waiting kernel begin."""
        kernel, ForkedProvisioner.waiting = ForkedProvisioner.waiting, None
        if kernel is None:
            return await super().launch_kernel(cmd, **kwargs)
        environment = {**kwargs["env"], "JPY_PARENT_PID": str(os.getpid())}
        folder = Path(kwargs.get("cwd") or Path.cwd())
        kernel.start(folder, environment, arguments=cmd[cmd.index(LAUNCHER[1]) + 1 :])
        self.process, self.pid, self.cwd = kernel, kernel.pid, folder
        # It leads a group of its own; until it does, a signal goes to the process alone.
        self.pgid = kernel.pid
        return self.connection_info


def register() -> None:
    """Let jupyter_client know the provisioner: an entry point written since is not seen."""
    entry = EntryPoint(
        name=PROVISIONER,
        value=f"{__name__}:{ForkedProvisioner.__name__}",
        group=KernelProvisionerFactory.GROUP_NAME,
    )
    KernelProvisionerFactory.instance().provisioners.setdefault(PROVISIONER, entry)


async def connectable(provisioner: KernelProvisionerBase | None) -> None:
    """Wait until a forked kernel can be connected to; others are connected to at once."""
    process = getattr(provisioner, "process", None)
    if isinstance(process, KernelUnderstudy):
        await process.bound()
