"""What is kept of jobs that have ended, and the space that stays free."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from traitlets import Dict, HasTraits, Int, TraitError, Unicode, validate


class RetentionTraits(HasTraits):
    """A part of the extension's traits."""

    keep_jobs = Dict(
        help="How long jobs that have ended are kept, with their directories: any of 'days' since"
        " their end, 'count' and 'bytes' of the newest ones. What was delivered stays; pinned jobs"
        " stay, too. Default: empty, for ever.",
    ).tag(config=True)
    keep_results = Dict(
        help="How long delivered results are kept in a folder: any of 'days', 'count' and 'bytes'"
        " of the newest ones. The job goes with them, unless it is pinned. Default: empty, for"
        " ever. For results in a bucket set the bucket's own life cycle rules.",
    ).tag(config=True)
    scratch_root = Unicode(
        help="Folder for what only running jobs need (staged inputs, working folder, outputs before"
        " they are delivered), such as a fast local disk. Default: each job's own directory below"
        " workspace_root.",
    ).tag(config=True)
    min_free_bytes = Int(
        512 * 2**20,
        min=0,
        help="Bytes that stay free on the disks of state and results: below, no job starts; jobs"
        " wait, and their status says why. Default: 512 MiB.",
    ).tag(config=True)

    @validate("keep_jobs", "keep_results")
    def _validate_keep(self, proposal: Mapping[str, Any]) -> dict[str, Any]:
        from jupyter_ades.keep import Keep

        value: dict[str, Any] = proposal["value"]
        try:
            Keep.read(value)
        except ValueError as error:
            raise TraitError(f"ADES.{proposal['trait'].name}: {error}") from None
        return value
