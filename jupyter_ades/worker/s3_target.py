"""Results in a bucket: put together on disk by links, sent side by side, ``catalog.json`` last."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_ades.errors import Unavailable
from jupyter_ades.orders import WorkOrder
from jupyter_ades.s3.address import read_address
from jupyter_ades.worker.delivery import Tell
from jupyter_ades.worker.media import media_type
from jupyter_ades.worker.own_catalog import CATALOG

if TYPE_CHECKING:
    from jupyter_ades.s3.transfers import Upload

log = logging.getLogger(__name__)

#: What a removal may cost after a delivery failed, most likely because of the bucket.
QUICK_ATTEMPTS, QUICK_TIMEOUT = 2, 10.0


class S3Target:
    """``wf-<job id>/`` below the results' prefix."""

    def __init__(self, order: WorkOrder, scratch: Path) -> None:
        self.location = order.results_folder.rstrip("/")
        self._folder = read_address(f"{self.location}/wf-{order.job_id}/")
        self._settings = order.s3
        self._scratch = scratch

    @contextmanager
    def put_together(self, tell: Tell) -> Iterator[Path]:
        """An empty folder of this disk that is sent when it is filled."""
        try:
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch.mkdir(parents=True)
            yield self._scratch
            self._send_all(tell)
        except OSError as error:
            raise self._unavailable(error.strerror or str(error)) from error
        finally:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def carrying(self, tell: Tell) -> Tell:
        """Nobody: a file is delivered when it has arrived."""
        return lambda done, total, label: None

    def discard(self) -> None:
        """Remove whatever was sent, unfinished uploads too; what cannot be removed is logged."""
        shutil.rmtree(self._scratch, ignore_errors=True)
        quick = replace(self._settings, attempts=QUICK_ATTEMPTS, timeout=QUICK_TIMEOUT)
        from jupyter_ades.s3.objects import remove_below
        from jupyter_ades.s3.reasons import reason

        try:
            remove_below(quick, self._folder)
        except Exception as error:
            log.warning("%s may hold half a delivery: %s", self._folder, reason(error))

    def _send_all(self, tell: Tell) -> None:
        """Everything but the catalog, and then the catalog."""
        self._clear()
        files = list(self._uploads())
        last = [each for each in files if each.source == self._scratch / CATALOG]
        first = [each for each in files if each not in last]
        sent = 0

        def done(each: Upload) -> None:
            nonlocal sent
            sent += 1
            tell(sent, len(files), str(each.source.relative_to(self._scratch)))

        self._send(first, done)
        self._send(last, done)
        from jupyter_ades.s3.transfers import PART

        if any(each.source.stat().st_size >= PART for each in files):
            self._end_lost_uploads()

    def _end_lost_uploads(self) -> None:
        """Abort uploads whose beginning was asked for twice, as its answer was lost."""
        from jupyter_ades.s3.objects import end_uploads
        from jupyter_ades.s3.reasons import reason

        try:
            end_uploads(self._settings, self._folder)
        except Exception as error:
            # All that the job left has arrived.
            log.warning("%s may have unfinished uploads: %s", self._folder, reason(error))

    def _uploads(self) -> Iterator[Upload]:
        from jupyter_ades.s3.transfers import Upload

        for path in sorted(self._scratch.rglob("*")):
            if path.is_dir():
                continue
            name = path.relative_to(self._scratch).as_posix()
            yield Upload(
                source=path, address=self._folder.below(name), media_type=media_type(path.name)
            )

    def _send(self, files: Sequence[Upload], done: Callable[[Upload], None]) -> None:
        from jupyter_ades.s3.transfers import TransferFailed, send

        try:
            send(self._settings, files, done)
        except TransferFailed as error:
            raise self._unavailable(str(error)) from error

    def _clear(self) -> None:
        """Remove what an earlier attempt left: most often nothing, which one request tells."""
        from jupyter_ades.s3.objects import NotRemoved, below, remove_below
        from jupyter_ades.s3.reasons import FORBIDDEN, code_of, is_botocore, reason

        try:
            if any(True for _ in below(self._settings, self._folder, most=1)):
                remove_below(self._settings, self._folder)
        except NotRemoved as error:
            raise self._unavailable(str(error)) from error
        except Exception as error:
            if not is_botocore(error):
                raise
            if code_of(error) not in FORBIDDEN:
                raise self._unavailable(f"{self._folder}: {reason(error)}") from error
            # The keys may be good for writing only.
            log.warning("%s was not looked at: listing it is denied", self._folder)

    def _unavailable(self, why: str) -> Unavailable:
        return Unavailable(f"The results could not be delivered to {self.location}: {why}.")
