"""Imports what our programs need, in a fork server, so that none of them imports it again.

Imported for that alone.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module

from jupyter_client.provisioning import KernelProvisionerFactory
from nbformat.v4 import new_notebook
from nbformat.validator import validate

from jupyter_ades.programs.cwl_running import defaults
from jupyter_ades.programs.cwl_schemas import load_schemas
from jupyter_ades.runners import registry

PROGRAMS = ("run_cwl", "run_function", "run_notebook")


@contextmanager
def without_debugger() -> Iterator[None]:
    """A job needs no debugger, which is a third of what a kernel imports."""
    sys.modules["debugpy"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["debugpy"]


for _name in PROGRAMS:
    import_module(f"jupyter_ades.programs.{_name}")
with suppress(ImportError):
    import_module("_quickjs")
for _name in registry.names():
    registry.runner(_name)
with without_debugger():
    import_module("ipykernel.kernelapp")
    # Which a kernel looks up by its name when it starts.
    import_module("ipykernel.debugger")
# Each of these reads or compiles something once.
KernelProvisionerFactory.instance()
validate(new_notebook())
load_schemas()
defaults()
