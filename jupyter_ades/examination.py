"""What ``jupyter ades doctor`` looks at: this environment, as a server's jobs would find it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from jupyter_ades.system.containers import ENGINES, works

if TYPE_CHECKING:
    from jupyter_ades.app import ADES

State = Literal["ok", "none", "bad"]
#: Packages whose versions say most.
PACKAGES = ("jupyter_ades", "jupyter_server", "cwltool", "papermill", "toil", "kubernetes")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    what: str
    #: ``ok``; ``none`` for what jobs can do without; ``bad`` for what is in their way.
    state: State
    detail: str


def examine() -> Iterator[Finding]:
    """Everything, in the order in which a person would look. Takes some seconds."""
    app = _configured()
    yield _environment()
    if app.disabled:
        yield Finding(what="configuration", state="bad", detail=app.disabled)
        return
    yield from _engines(app)
    kernels = _kernels()
    yield Finding(
        what="kernels",
        state="ok" if kernels else "bad",
        detail=", ".join(sorted(kernels)) or "none",
    )
    yield _node()
    yield from _runners(app, kernels)
    yield from _disks(app)


def _configured() -> ADES:
    """The extension with the configuration that a Jupyter server here would give it."""
    from jupyter_server.serverapp import ServerApp

    from jupyter_ades.app import ADES

    server = ServerApp()
    server.load_config_file()
    app = ADES()
    app.update_config(server.config)
    return app


def _environment() -> Finding:
    found = [f"Python {platform.python_version()} in {sys.prefix}"]
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return Finding(what="environment", state="ok", detail="; ".join(found))


def _engines(app: ADES) -> Iterator[Finding]:
    for name in ENGINES:
        path = shutil.which(name)
        if path is None:
            yield Finding(what=f"containers: {name}", state="none", detail="not installed")
        elif works(name):
            chosen = app.container_engine in ("auto", name)
            detail = path if chosen else f"{path}, not used: c.ADES.container_engine"
            yield Finding(what=f"containers: {name}", state="ok", detail=detail)
        else:
            detail = f"{path} does not answer"
            yield Finding(what=f"containers: {name}", state="none", detail=detail)


def _kernels() -> Mapping[str, Any]:
    from jupyter_client.kernelspec import KernelSpecManager

    found: Mapping[str, Any] = KernelSpecManager().get_all_specs()
    return found


def _node() -> Finding:
    path = shutil.which("node") or shutil.which("nodejs")
    missing = "not installed, and not needed: CWL's JavaScript runs in quickjs"
    return Finding(what="node", state="ok" if path else "none", detail=path or missing)


def _runners(app: ADES, kernels: Mapping[str, Any]) -> Iterator[Finding]:
    from jupyter_ades.runners.choosing import offers
    from jupyter_ades.runners.registry import runner

    for each in offers(app.site_for(lambda: kernels), runner):
        state: State = "none" if each.missing else "ok"
        carries = f"carries {', '.join(each.kinds)}"
        yield Finding(what=f"runner: {each.name}", state=state, detail=each.missing or carries)


def _disks(app: ADES) -> Iterator[Finding]:
    places = {"workspaces": app.workspace_root, "scratch": app.scratch_root}
    for name, place in places.items():
        if place:
            yield _disk(app, name, Path(place).expanduser())


def _disk(app: ADES, name: str, folder: Path) -> Finding:
    """Whether a folder, or the one that it will be made in, can be written and has room."""
    there = folder
    while not there.exists():
        there = there.parent
    free = shutil.disk_usage(there).free
    detail = f"{folder}, {free / 2**30:.1f} GiB free"
    if not os.access(there, os.W_OK):
        return Finding(what=name, state="bad", detail=f"{detail}, cannot be written")
    if free < app.min_free_bytes:
        return Finding(what=name, state="bad", detail=f"{detail}, less than c.ADES.min_free_bytes")
    return Finding(what=name, state="ok", detail=detail)
