"""The bucket that results go to, as the server sees it: whether it is there, and removals from it.

Everything here waits for the network: it is called beside the core's thread.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path

from jupyter_ades.jobdir import sync_folder
from jupyter_ades.model import JSON, S3
from jupyter_ades.s3.address import S3Address, read_address

log = logging.getLogger(__name__)

#: Seconds, and attempts, that a look at the bucket may take.
LOOK_TIMEOUT, LOOK_ATTEMPTS = 4.0, 1
#: Seconds for which what was seen counts.
FRESH = 15.0


@dataclass(kw_only=True)
class Bucket:
    """``s3://bucket/prefix`` of one workspace's results."""

    #: As the operator wrote it, without a slash at the end.
    location: str
    settings: S3
    #: Folder of marks: the jobs whose objects are to be removed.
    removals: Path
    #: Where results were delivered before, and those of other workspaces with them; may be empty.
    earlier: str = ""
    #: What was seen, and the monotonic time after which to look again.
    _seen: str = ""
    _until: float = 0.0

    def delivered(self, job_id: str) -> list[S3Address]:
        """The prefixes that a job's results may have, whether they exist or not."""
        locations = [each for each in (self.location, self.earlier) if each]
        return [read_address(f"{each}/wf-{job_id}/") for each in locations]

    def problem(self) -> str:
        """Why results cannot be delivered there; empty when nothing is known against it."""
        if time.monotonic() >= self._until:
            self._seen = self._look()
            self._until = time.monotonic() + FRESH
        return self._seen

    def health(self) -> dict[str, JSON]:
        """The bucket in a health document."""
        problem = self.problem()
        return {
            "location": self.location,
            "status": "failing" if problem else "ok",
            **({"detail": problem} if problem else {}),
        }

    def _look(self) -> str:
        from jupyter_ades.s3.client import client
        from jupyter_ades.s3.reasons import reason

        address = read_address(f"{self.location}/")
        quick = replace(self.settings, timeout=LOOK_TIMEOUT, attempts=LOOK_ATTEMPTS)
        try:
            # Not HEAD, whose answers have no reason; a prefix may be all that one may list.
            client(quick).list_objects_v2(Bucket=address.bucket, Prefix=address.key, MaxKeys=1)
        except Exception as error:
            return f"{self.location}: {reason(error)}."
        return ""

    def mark(self, job_id: str) -> None:
        """First half of a removal: durable, and quick."""
        self.removals.mkdir(exist_ok=True, mode=0o700)
        (self.removals / job_id).touch()
        sync_folder(self.removals)

    def sweep(self) -> None:
        """Second half: remove the objects of every marked job; what fails is tried again later."""
        if not self.removals.is_dir():
            return
        from jupyter_ades.s3.objects import remove_below
        from jupyter_ades.s3.reasons import reason

        for mark in sorted(self.removals.iterdir()):
            try:
                for address in self.delivered(mark.name):
                    remove_below(self.settings, address)
            except Exception as error:
                log.warning("%s: its results stay for now: %s", mark.name, reason(error))
                return
            mark.unlink(missing_ok=True)
