"""Traits of what becomes of jobs when something breaks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from traitlets import Bool, Enum, HasTraits, Int, Unicode, validate

from jupyter_ades.settings.bounds import at_least_one


class DurabilityTraits(HasTraits):
    """A part of the extension's traits."""

    resume_interrupted = Bool(
        False,
        help="Run jobs again whose worker was lost (a restart of the machine, out of memory),"
        " where the package does not say ('resume' of a notebook's metadata.ades, 'ades:resume' of"
        " a CWL): CWL from its finished steps where these are kept, else from the start. Else they"
        " fail with that reason. Default: false.",
    ).tag(config=True)
    max_resumes = Int(
        3, help="How many times one job is run again after its worker was lost. Default: 3."
    ).tag(config=True)

    store_root = Unicode(
        help="Folder for the stores of all workspaces, one folder each, when they are not to lie in"
        " workspace_root: a folder on a local disk that lasts, where workspace_root is on a network"
        " file system. Default: workspace_root.",
    ).tag(config=True)
    store_journal = Enum(
        ("auto", "wal", "rollback"),
        "auto",
        help="Journal of the stores: 'wal' is quick and lets several servers use a workspace,"
        " 'rollback' is for network file systems and serves one server alone, 'auto' looks at the"
        " file system. Default: 'auto'.",
    ).tag(config=True)

    @validate("max_resumes")
    def _validate_max_resumes(self, proposal: Mapping[str, Any]) -> int:
        return at_least_one(proposal)
