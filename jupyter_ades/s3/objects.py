"""Objects below a prefix: listed, compared, removed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jupyter_ades.model import S3
from jupyter_ades.s3.address import S3Address
from jupyter_ades.s3.client import client
from jupyter_ades.s3.reasons import FORBIDDEN, code_of

#: Objects of one removal (the S3 API's own bound).
BATCH = 1000


@dataclass(frozen=True, kw_only=True)
class Object:
    """One object of a listing."""

    address: S3Address
    #: Bytes.
    size: int
    etag: str
    modified: datetime


def below(settings: S3, folder: S3Address, most: int | None = None) -> Iterator[Object]:
    """Every object below a prefix, or so many, by key. botocore's errors are raised as they are."""
    bound = {"PaginationConfig": {"MaxItems": most, "PageSize": most}} if most else {}
    listing = client(settings).get_paginator("list_objects_v2")
    for page in listing.paginate(
        Bucket=folder.bucket, Prefix=folder.key, **payer(settings), **bound
    ):
        for each in page.get("Contents", []):
            yield as_object(folder.bucket, each)


def as_object(bucket: str, entry: dict[str, Any]) -> Object:
    """An entry of the S3 API's listing."""
    return Object(
        address=S3Address(bucket=bucket, key=entry["Key"]),
        size=entry["Size"],
        etag=entry.get("ETag", ""),
        modified=entry["LastModified"],
    )


def remove_below(settings: S3, folder: S3Address) -> int:
    """Remove every object and every unfinished upload below a prefix; how many objects."""
    end_uploads(settings, folder)
    return remove(settings, [each.address for each in below(settings, folder)])


def end_uploads(settings: S3, folder: S3Address) -> None:
    """Abort every unfinished upload below a prefix: its parts, which no list shows, cost money."""
    for upload in _uploads(settings, folder):
        _abort(settings, folder.bucket, upload)


def remove(settings: S3, addresses: Sequence[S3Address]) -> int:
    """Remove objects of one bucket, how many; NotRemoved names one that could not be."""
    for start in range(0, len(addresses), BATCH):
        batch = addresses[start : start + BATCH]
        answer = client(settings).delete_objects(
            Bucket=batch[0].bucket,
            Delete={"Objects": [{"Key": each.key} for each in batch], "Quiet": True},
        )
        for refused in answer.get("Errors", []):
            raise NotRemoved(
                f"s3://{batch[0].bucket}/{refused['Key']}: {refused.get('Message', '')}"
            )
    return len(addresses)


def payer(settings: S3) -> dict[str, str]:
    """What a request says where the reader pays."""
    return {"RequestPayer": "requester"} if settings.requester_pays else {}


class NotRemoved(Exception):
    """An object could not be removed; says which and why."""


def _uploads(settings: S3, folder: S3Address) -> list[dict[str, str]]:
    """Uploads in parts that were begun and not ended; none where asking is denied."""
    from botocore.exceptions import ClientError

    pages = (
        client(settings)
        .get_paginator("list_multipart_uploads")
        .paginate(Bucket=folder.bucket, Prefix=folder.key)
    )
    try:
        return [each for page in pages for each in page.get("Uploads", [])]
    except ClientError as error:
        if code_of(error) in FORBIDDEN:
            return []
        raise


def _abort(settings: S3, bucket: str, upload: dict[str, str]) -> None:
    from botocore.exceptions import ClientError

    try:
        client(settings).abort_multipart_upload(
            Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"]
        )
    except ClientError as error:
        # Its own sender was faster.
        if code_of(error) != "NoSuchUpload":
            raise
