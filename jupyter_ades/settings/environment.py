"""Traits of what jobs see of the server's environment."""

from __future__ import annotations

from traitlets import Dict, HasTraits, List, Unicode


class EnvironmentTraits(HasTraits):
    """Environment variables of jobs."""

    drop_environment = List(
        Unicode(),
        help="Environment variables of the server that jobs do not get, by name or pattern"
        " ('SECRET_*'), beside Jupyter's and the hub's tokens and 'AWS_*'. Default: none.",
    ).tag(config=True)
    job_environment = Dict(
        key_trait=Unicode(),
        value_trait=Unicode(),
        help="Environment variables that every job gets, notebooks and the tools of CWL packages"
        " alike. Default: none.",
    ).tag(config=True)
