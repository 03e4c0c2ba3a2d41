"""Imports what our programs need, in a fork server, so that none of them imports it again.

Imported for that alone.
"""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module

from jupyter_ades.late_grammar import late_grammar
from jupyter_ades.programs.sparing import without_debugger

with late_grammar():
    import_module("jsonschema")

# Only now, as they import it, too.
from jupyter_client.provisioning import KernelProvisionerFactory
from nbformat.v4 import new_notebook
from nbformat.validator import validate

from jupyter_ades.programs.cwl_running import defaults
from jupyter_ades.programs.cwl_schemas import load_schemas
from jupyter_ades.runners import registry

PROGRAMS = ("run_cwl", "run_function", "run_notebook")

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
