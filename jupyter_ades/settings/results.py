"""Where the results of each workspace go, by ``c.ADES.results_url``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jupyter_ades.settings.buckets import results_bucket


@dataclass(frozen=True, kw_only=True)
class Places:
    """The places of one workspace's results."""

    #: Where they are delivered, unless there is a bucket.
    folder: Path
    #: ``s3://bucket/prefix`` that they are delivered to; empty for the folder.
    bucket: str = ""
    #: Where they were delivered while there were more workspaces, or fewer; other workspaces' may
    #: be there, too.
    earlier: Path | None = None
    earlier_bucket: str = ""


def places(url: str, user_folder: Path, workspace: str, *, alone: bool) -> Places:
    """A workspace's places; one that is ``alone`` has all of ``results_url`` for itself.

    Others have a folder of their own there, so that none can see what another one's jobs left.
    """
    own = user_folder / "ades-results" / workspace
    bucket = results_bucket(url)
    if bucket:
        within = f"{bucket}/{workspace}"
        here, before = (bucket, within) if alone else (within, bucket)
        return Places(folder=own, bucket=here, earlier_bucket=before)
    if not url:
        return Places(folder=own)
    all_of_it = user_folder / Path(url).expanduser()
    if alone:
        return Places(folder=all_of_it, earlier=all_of_it / workspace)
    return Places(folder=all_of_it / workspace, earlier=all_of_it)
