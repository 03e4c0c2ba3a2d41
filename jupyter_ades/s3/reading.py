"""One object of a bucket, small into memory or of any size into a file; refusals in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from jupyter_ades.errors import RefusedReference, UnreachableReference
from jupyter_ades.model import FetchPolicy
from jupyter_ades.s3.address import S3Address, read_address, settings_for
from jupyter_ades.s3.objects import Object, as_object, payer


def about(href: str, policy: FetchPolicy) -> tuple[Object, str]:
    """An object's size, ETag and time, and its media type.

    Raises RefusedReference for what may not be named and UnreachableReference for what cannot be
    read.
    """
    address, settings = _allowed(href, policy)
    from jupyter_ades.s3.client import client

    with _in_words(href):
        found = client(settings).head_object(
            Bucket=address.bucket, Key=address.key, **payer(settings)
        )
    entry = {"Key": address.key, "Size": found["ContentLength"], **found}
    return as_object(address.bucket, entry), _media_type(found)


def receive(href: str, about: Object, target: Path, policy: FetchPolicy) -> None:
    """An object into a file, in parts side by side when it is large; raises as :func:`about`."""
    from jupyter_ades.s3 import transfers

    _, settings = _allowed(href, policy)
    try:
        transfers.receive(settings, about.address, target, about.size, about.etag)
    except transfers.TransferFailed as error:
        raise UnreachableReference(f"{error}.") from error


def read_into(href: str, policy: FetchPolicy, limit: int, file: BinaryIO) -> tuple[str, str]:
    """A small object into a file; its media type and address. Raises as :func:`about` does."""
    address, settings = _allowed(href, policy)
    from jupyter_ades.s3.client import client

    with _in_words(href):
        found = client(settings).get_object(
            Bucket=address.bucket, Key=address.key, **payer(settings)
        )
        if limit and found["ContentLength"] > limit:
            raise RefusedReference(f"{href} is larger than the {limit} bytes that it may have.")
        for chunk in found["Body"].iter_chunks(2**18):
            file.write(chunk)
    return _media_type(found), href


def listed(href: str, policy: FetchPolicy) -> Iterator[Object]:
    """Every object below a prefix, or below it when a slash follows; raises as :func:`about`."""
    from jupyter_ades.s3.objects import below

    address, settings = _allowed(href, policy)
    with _in_words(href):
        yield from below(settings, address.below(""))


def _allowed(href: str, policy: FetchPolicy) -> tuple[S3Address, Any]:
    """An address that was checked, and how it is reached."""
    try:
        address = read_address(href)
    except ValueError as error:
        raise RefusedReference(f"{href[:200]} is refused: {error}.") from None
    settings = settings_for(address, policy)
    if settings is None:
        raise RefusedReference(f"{href[:200]} is refused: c.ADES.s3_buckets does not name it.")
    return address, settings


@contextmanager
def _in_words(href: str) -> Iterator[None]:
    from jupyter_ades.s3.reasons import is_botocore, reason

    try:
        yield
    except Exception as error:
        if not is_botocore(error):
            raise
        raise UnreachableReference(f"{href[:200]} could not be read: {reason(error)}.") from error


def _media_type(found: dict[str, Any]) -> str:
    kind = str(found.get("ContentType") or "").partition(";")[0].strip().lower()
    return "" if kind == "binary/octet-stream" else kind
