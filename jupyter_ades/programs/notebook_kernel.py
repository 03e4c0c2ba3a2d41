"""The one kernel of a job, as the plan resolved it; no kernel is looked up by name here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

from jupyter_ades.runners.steps import how_it_ended

#: Seconds that a kernel has to end by itself.
SHUTDOWN = 4.0


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


def kernel_manager(name: str, spec: Mapping[str, Any], connection_file: Path) -> AsyncKernelManager:
    """A manager for the kernel, which is not started yet."""
    manager = AsyncKernelManager(
        kernel_name=name,
        kernel_spec_manager=OneKernel(name, spec),
        connection_file=str(connection_file),
        shutdown_wait_time=SHUTDOWN,
    )
    # Other users of this machine may listen on loopback. Newer jupyter_client can encrypt.
    if manager.has_trait("transport_encryption") and zmq.has("curve"):
        manager.transport_encryption = "auto"
    return manager


def shut_down(manager: AsyncKernelManager, *, now: bool) -> None:
    """End the kernel, at once or within SHUTDOWN seconds."""
    if manager.has_kernel:
        run_sync(manager.shutdown_kernel)(now=now)


def end_of(manager: AsyncKernelManager) -> str:
    """How a dead kernel ended, in words."""
    process = getattr(manager.provisioner, "process", None)
    code = process.poll() if process is not None else None
    return "ended by itself" if code is None else how_it_ended(code)
