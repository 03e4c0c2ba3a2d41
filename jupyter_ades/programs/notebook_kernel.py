"""The one kernel of a job, as the plan resolved it; no kernel is looked up by name here."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

import jupyter_client
import zmq
from jupyter_client import KernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

from jupyter_ades.programs.forked_kernel import connectable
from jupyter_ades.runners.steps import how_it_ended

#: Seconds that a kernel has to end by itself.
SHUTDOWN = 4.0
#: Seconds between two looks whether it has, where the system does not tell.
LOOK = 0.05
#: Seconds that a kernel has for its first answer before it is asked again.
FIRST_ANSWER = 0.1


class OneKernel(KernelSpecManager):  # type: ignore[misc]
    """Knows one kernel, also when only a plug-in of the server's manager does."""

    def __init__(self, name: str, spec: Mapping[str, Any]) -> None:
        super().__init__()
        known = KernelSpec.class_trait_names()
        self._only = (name, KernelSpec(**{k: v for k, v in spec.items() if k in known}))

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The kernel's spec."""
        name, spec = self._only
        if kernel_name != name:
            raise NoSuchKernel(kernel_name)
        return spec


class JobKernel(AsyncKernelManager):  # type: ignore[misc]
    """The manager of a job's kernel."""

    #: The client that is connected to the kernel; None before it answered.
    connected: KernelClient | None = None


def kernel_manager(
    name: str, spec: Mapping[str, Any], connection_file: Path, provisioner: str = ""
) -> JobKernel:
    """A manager for the kernel, which is not started yet; started by the provisioner named."""
    if provisioner:
        told = {**spec.get("metadata", {}), "kernel_provisioner": {"provisioner_name": provisioner}}
        spec = {**spec, "metadata": told}
    manager = JobKernel(
        kernel_name=name,
        kernel_spec_manager=OneKernel(name, spec),
        connection_file=str(connection_file),
        shutdown_wait_time=SHUTDOWN,
    )
    # Other users of this machine may listen on loopback. Newer jupyter_client can encrypt.
    if manager.has_trait("transport_encryption") and zmq.has("curve"):
        manager.transport_encryption = "auto"
    return manager


def shut_down(manager: JobKernel, *, now: bool) -> None:
    """End the kernel, at once or within SHUTDOWN seconds."""
    if manager.has_kernel:
        run_sync(_shut_down)(manager, now)


async def _shut_down(manager: JobKernel, now: bool) -> None:
    """Ask it by the channel that is connected: a new one loses the request now and then."""
    client, ended = manager.connected, False
    if client is not None and not now:
        client.shutdown()
        with suppress(TimeoutError):
            await asyncio.wait_for(_ended(manager), SHUTDOWN)
            ended = not await manager.is_alive()
    if client is not None:
        client.stop_channels()
    if ended:
        manager.cleanup_connection_file()
    else:
        # One that has not ended by now is killed.
        await manager.shutdown_kernel(now=now or client is not None)


async def _ended(manager: JobKernel) -> None:
    """Wait for the kernel's end, told by the system where it does."""
    pid = getattr(manager.provisioner, "pid", None)
    if pid is None or not hasattr(os, "pidfd_open"):
        while await manager.is_alive():
            await asyncio.sleep(LOOK)
        return
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    handle = os.pidfd_open(pid)
    loop.add_reader(handle, over.set)
    try:
        await over.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)


def connect(manager: JobKernel, seconds: float) -> KernelClient:
    """A client of a kernel that answers and whose output is heard; RuntimeError if it does not.

    jupyter_client waits for a silence of 0.2 seconds besides.
    """
    client: KernelClient = run_sync(_connect)(manager, seconds)
    return client


async def _connect(manager: JobKernel, seconds: float) -> KernelClient:
    with suppress(TimeoutError):
        await asyncio.wait_for(connectable(manager.provisioner), seconds)
    client = manager.connected = manager.client()
    client.start_channels()
    client.allow_stdin = False
    deadline, patience = time.monotonic() + seconds, FIRST_ANSWER
    while not await _answers(client, patience):
        if not await manager.is_alive():
            raise RuntimeError("Kernel died before replying to kernel_info")
        if time.monotonic() > deadline:
            raise RuntimeError(f"Kernel didn't respond in {seconds:g} seconds")
        patience = min(1.0, patience * 2)
    return client


async def _answers(client: KernelClient, seconds: float) -> bool:
    """Whether a question is answered within so many seconds, and its end heard on the output."""
    question = client.kernel_info()
    try:
        async with asyncio.timeout(seconds):
            while True:
                told = await client.get_iopub_msg()
                ours = told["parent_header"].get("msg_id") == question
                if ours and told["content"].get("execution_state") == "idle":
                    break
            reply = await client.get_shell_msg()
    except (TimeoutError, Empty):
        return False
    version = int(reply["content"]["protocol_version"].partition(".")[0])
    if version != jupyter_client.protocol_version_info[0]:
        client.session.adapt_version = version
    return True


def end_of(manager: JobKernel) -> str:
    """How a dead kernel ended, in words."""
    process = getattr(manager.provisioner, "process", None)
    code = process.poll() if process is not None else None
    return "ended by itself" if code is None else how_it_ended(code)
