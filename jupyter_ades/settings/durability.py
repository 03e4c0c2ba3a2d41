"""Traits of what becomes of jobs when something breaks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from traitlets import Bool, HasTraits, Int, validate

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

    @validate("max_resumes")
    def _validate_max_resumes(self, proposal: Mapping[str, Any]) -> int:
        return at_least_one(proposal)
