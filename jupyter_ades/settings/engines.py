"""Traits of the engines that jobs run on."""

from __future__ import annotations

from traitlets import Dict, Enum, HasTraits, Unicode

from jupyter_ades.system.containers import AUTO, ENGINES, NONE


class EngineTraits(HasTraits):
    """Which runner carries what."""

    container_engine = Enum(
        (AUTO, NONE, *ENGINES),
        AUTO,
        help="Engine for the containers of CWL packages: 'docker', 'podman', 'apptainer',"
        " 'singularity', 'none', or 'auto', the first of them that works. Default: 'auto'.",
    ).tag(config=True)
    default_runners = Dict(
        value_trait=Unicode(),
        key_trait=Unicode(),
        help="Kind of process ('cwl', 'notebook') to the runner of its jobs, where neither the"
        " execute request nor the deploy names one. Default: cwltool for CWL, papermill for"
        " notebooks.",
    ).tag(config=True)
