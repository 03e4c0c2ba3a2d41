"""A job's files that are in a bucket: streamed with Range and conditions, listed, or redirected to.

What waits for the bucket waits in threads of this module; of a file one piece is in memory at a
time, and the next is read when the client has taken it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from email.utils import format_datetime
from functools import cache
from pathlib import PurePosixPath
from typing import Any, TypeVar

from tornado import iostream, web

from jupyter_ades.errors import NoSuchFile, Unavailable
from jupyter_ades.model import S3
from jupyter_ades.s3.address import S3Address

T = TypeVar("T")
#: Bytes that are read and sent at a time.
CHUNK = 256 * 1024
#: Files and listings that are read from buckets at once.
READERS = 16
#: Entries of one listing.
LISTED = 10_000
#: Seconds for which a presigned URL is good.
PRESIGNED = 900
#: A request's conditions, and what the S3 API calls them.
CONDITIONS = {
    "Range": "Range",
    "If-None-Match": "IfNoneMatch",
    "If-Match": "IfMatch",
    "If-Modified-Since": "IfModifiedSince",
    "If-Unmodified-Since": "IfUnmodifiedSince",
}
#: Answers that are no errors: not modified, a condition that does not hold, no such range.
ANSWERS = (304, 412, 416)


@cache
def _readers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=READERS, thread_name_prefix="ades-bucket")


async def beside(function: Callable[..., T], *arguments: object, **named: object) -> T:
    """A call that waits for a bucket."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_readers(), lambda: function(*arguments, **named))


class BucketFiles:
    """Answers one request by what is in a bucket.

    Raises NoSuchFile for what is not there and Unavailable, with the reason, for what cannot be
    read.
    """

    def __init__(
        self,
        handler: web.RequestHandler,
        settings: S3,
        media_type: Callable[[PurePosixPath], str],
    ) -> None:
        self._handler = handler
        self._settings = settings
        self._media_type = media_type

    @property
    def _client(self) -> Any:
        from jupyter_ades.s3.client import client
        from jupyter_ades.s3.reasons import is_botocore, reason

        try:
            return client(self._settings)
        except Exception as error:
            if not is_botocore(error):
                raise
            raise Unavailable(f"The bucket cannot be reached: {reason(error)}.") from error

    async def send(self, address: S3Address, *, body: bool) -> None:
        """A file, or the part of it that the request's headers want."""
        status, found = await beside(self._ask, address, body=body)
        self._handler.set_status(status)
        for name, value in found["headers"].items():
            self._handler.set_header(name, value)
        if status in ANSWERS:
            self._handler.finish()
            return
        self._handler.set_header("Accept-Ranges", "bytes")
        self._handler.set_header("Cache-Control", "no-cache")
        kind = self._media_type(PurePosixPath(address.key))
        self._handler.set_header("Content-Type", kind)
        if body:
            await self._stream(found["body"])
        if not self._handler._finished:
            # Jupyter's handlers would set a type of their own.
            self._handler.finish(set_content_type=kind)  # type: ignore[call-arg]

    async def redirect(self, address: S3Address, *, body: bool) -> None:
        """An address at which the S3 service gives the file for a while."""
        operation = "get_object" if body else "head_object"
        url = await beside(self._presign, operation, address)
        self._handler.set_header("Cache-Control", "no-store")
        self._handler.redirect(url)

    async def listing(self, folder: S3Address, link: Callable[[str], str]) -> dict[str, Any]:
        """What is directly below a prefix; ``link`` makes an address of an entry's name."""
        name = folder.key.rstrip("/").rpartition("/")[2]
        entries = await beside(self._entries, folder.below(""))
        if not entries:
            raise NoSuchFile(f"There is no '{name}' in these results.")
        return {"name": name, "files": [{**each, "href": link(each["name"])} for each in entries]}

    def _presign(self, operation: str, address: S3Address) -> str:
        from botocore.exceptions import BotoCoreError

        where = {"Bucket": address.bucket, "Key": address.key}
        try:
            url: str = self._client.generate_presigned_url(
                operation, Params=where, ExpiresIn=PRESIGNED
            )
        except BotoCoreError as error:
            raise _unavailable(address, error) from error
        return url

    def _ask(self, address: S3Address, *, body: bool) -> tuple[int, dict[str, Any]]:
        from botocore.exceptions import BotoCoreError, ClientError

        headers = self._handler.request.headers
        conditions = {name: headers[key] for key, name in CONDITIONS.items() if key in headers}
        ask = self._client.get_object if body else self._client.head_object
        try:
            found = ask(Bucket=address.bucket, Key=address.key, **conditions)
        except (BotoCoreError, ClientError) as error:
            return _answer_of(address, error)
        status = 206 if found.get("ContentRange") else 200
        return status, {"headers": _headers(found), "body": found.get("Body")}

    async def _stream(self, body: Any) -> None:
        """Pass a body on, a piece at a time; a client that went away ends it."""
        try:
            while chunk := await beside(body.read, CHUNK):
                self._handler.write(chunk)
                await self._handler.flush()
        except iostream.StreamClosedError:
            return
        finally:
            await beside(body.close)

    def _entries(self, folder: S3Address) -> list[dict[str, Any]]:
        """Folders, then files."""
        from botocore.exceptions import BotoCoreError, ClientError

        folders: list[dict[str, Any]] = []
        files: list[dict[str, Any]] = []
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=folder.bucket,
            Prefix=folder.key,
            Delimiter="/",
            PaginationConfig={"MaxItems": LISTED},
        )
        try:
            for page in pages:
                folders += [
                    {"name": each["Prefix"][len(folder.key) : -1], "type": "folder"}
                    for each in page.get("CommonPrefixes", [])
                ]
                files += [self._entry(folder, each) for each in page.get("Contents", [])]
        except (BotoCoreError, ClientError) as error:
            raise _unavailable(folder, error) from error
        return folders + files

    def _entry(self, folder: S3Address, found: dict[str, Any]) -> dict[str, Any]:
        name = found["Key"][len(folder.key) :]
        return {
            "name": name,
            "type": self._media_type(PurePosixPath(name)),
            "size": found["Size"],
            "modified": found["LastModified"].astimezone(UTC).isoformat().replace("+00:00", "Z"),
        }


def read_object(address: S3Address, settings: S3, most: int) -> bytes | None:
    """A file's bytes; None for what is no file, or larger. Blocks."""
    from botocore.exceptions import BotoCoreError, ClientError

    from jupyter_ades.s3.client import client

    try:
        found = client(settings).get_object(Bucket=address.bucket, Key=address.key)
        data: bytes | None = found["Body"].read() if found["ContentLength"] <= most else None
    except (BotoCoreError, ClientError):
        return None
    return data


def _headers(found: dict[str, Any]) -> dict[str, str]:
    said = {
        "ETag": found["ETag"],
        "Last-Modified": format_datetime(found["LastModified"].astimezone(UTC), usegmt=True),
        "Content-Length": str(found["ContentLength"]),
        "Content-Range": found.get("ContentRange") or "",
    }
    return {name: value for name, value in said.items() if value}


def _answer_of(address: S3Address, error: Exception) -> tuple[int, dict[str, Any]]:
    """An answer for what the S3 API treats as an error and HTTP does not."""
    from jupyter_ades.s3.reasons import MISSING, code_of, status_of

    status = status_of(error)
    if status in ANSWERS:
        said = error.response["ResponseMetadata"].get("HTTPHeaders", {})  # type: ignore[attr-defined]
        return status, {"headers": {"ETag": said["etag"]} if "etag" in said else {}}
    if code_of(error) in MISSING:
        raise NoSuchFile(f"There is no file '{address.key.rpartition('/')[2]}' in these results.")
    raise _unavailable(address, error)


def _unavailable(address: S3Address, error: Exception) -> Unavailable:
    from jupyter_ades.s3.reasons import reason

    return Unavailable(f"{address} could not be read: {reason(error)}.")
