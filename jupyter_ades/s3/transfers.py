"""Many files to and from a bucket at once; large ones in parts, by boto3's own transfer manager."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from jupyter_ades.model import S3
from jupyter_ades.s3.address import S3Address
from jupyter_ades.s3.client import client
from jupyter_ades.s3.reasons import reason

#: Bytes above which an object is sent and read in parts, and of one part. The manager makes parts
#: larger where there would be more than 10,000.
PART = 8 * 2**20
#: Pieces, of 256 KiB each, that wait in memory to be written to disk.
QUEUED = 64


@dataclass(frozen=True, kw_only=True)
class Upload:
    """One file to send."""

    source: Path
    address: S3Address
    media_type: str


class TransferFailed(Exception):
    """An object could not be sent or read; says which and why."""

    def __init__(self, address: S3Address, error: BaseException) -> None:
        super().__init__(f"{address}: {reason(error)}")
        self.address = address


def send(settings: S3, files: Sequence[Upload], done: Callable[[Upload], None]) -> None:
    """Send files side by side; ``done`` is told of each. TransferFailed ends it, nothing goes on.

    An upload in parts that is broken off, also by an exception from outside, is aborted.
    """
    sizes = {each: each.source.stat().st_size for each in files}
    _send_small(settings, [each for each in files if sizes[each] < PART], done)
    _send_large(settings, [each for each in files if sizes[each] >= PART], done)


def _send_small(settings: S3, files: Sequence[Upload], done: Callable[[Upload], None]) -> None:
    """One request each: the manager's book-keeping would cost half as much again."""
    if not files:
        return
    threads = ThreadPoolExecutor(settings.parallel, thread_name_prefix="stage-out")
    try:
        running = {threads.submit(_put, settings, each): each for each in files}
        for future in as_completed(running):
            try:
                future.result()
            except Exception as error:
                raise TransferFailed(running[future].address, error) from error
            done(running[future])
    finally:
        # Waited for: what still arrives later could not be removed.
        threads.shutdown(wait=True, cancel_futures=True)


def _put(settings: S3, each: Upload) -> None:
    with open(each.source, "rb") as body:
        client(settings).put_object(
            Bucket=each.address.bucket,
            Key=each.address.key,
            Body=body,
            ContentType=each.media_type,
        )


def _send_large(settings: S3, files: Sequence[Upload], done: Callable[[Upload], None]) -> None:
    if not files:
        return
    ended: SimpleQueue[tuple[Any, Upload]] = SimpleQueue()
    with _manager(settings) as manager:
        for each in files:
            manager.upload(
                str(each.source),
                each.address.bucket,
                each.address.key,
                extra_args={"ContentType": each.media_type},
                subscribers=[_Telling(ended, each)],
            )
        for _ in files:
            future, each = ended.get()
            try:
                future.result()
            except Exception as error:
                raise TransferFailed(each.address, error) from error
            done(each)


def receive(settings: S3, address: S3Address, target: Path, size: int, etag: str) -> None:
    """Read one object into a file, in parts when it is large; TransferFailed says why not."""
    extra = {"RequestPayer": "requester"} if settings.requester_pays else {}
    with _manager(settings) as manager:
        future = manager.download(
            address.bucket,
            address.key,
            str(target),
            extra_args=extra,
            subscribers=[_Known(size, etag)],
        )
        try:
            future.result()
        except Exception as error:
            raise TransferFailed(address, error) from error


@contextmanager
def _manager(settings: S3) -> Iterator[Any]:
    from s3transfer.manager import TransferConfig, TransferManager

    config = TransferConfig(
        multipart_threshold=PART,
        multipart_chunksize=PART,
        max_request_concurrency=settings.parallel,
        max_io_queue_size=QUEUED,
        num_download_attempts=settings.attempts,
    )
    with TransferManager(client(settings), config=config) as manager:
        yield manager


class _Telling:
    """Puts a transfer into a queue when it has ended, however."""

    def __init__(self, ended: SimpleQueue[tuple[Any, Upload]], upload: Upload) -> None:
        self._ended, self._upload = ended, upload

    def on_done(self, future: Any, **_: Any) -> None:
        """Called by the manager."""
        self._ended.put((future, self._upload))


class _Known:
    """Tells the manager what is known of an object, so that it does not ask."""

    def __init__(self, size: int, etag: str) -> None:
        self._size, self._etag = size, etag

    def on_queued(self, future: Any, **_: Any) -> None:
        """Called by the manager."""
        future.meta.provide_transfer_size(self._size)
        future.meta.provide_object_etag(self._etag)
