"""What a job's results are answered with, before it is HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jupyter_ades.api.bucket_files import read_object
from jupyter_ades.model import JSON, S3
from jupyter_ades.s3.address import S3Address

#: Bytes of a file that is put inside a document or a part of several.
MOST_INLINE = 16 * 2**20


@dataclass(frozen=True, kw_only=True)
class Part:
    """One value with its own media type."""

    #: The output's id.
    name: str
    media_type: str
    #: The value's bytes, a file that is streamed, or None for one that is only pointed at.
    body: bytes | Path | None = None
    #: Where a value that is only pointed at is.
    location: str = ""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """Exactly one of document, part and parts is set, or none: an answer without a body."""

    document: JSON = None
    part: Part | None = None
    parts: tuple[Part, ...] = ()
    #: Addresses of values that are given by reference, for ``Link`` headers.
    references: tuple[Part, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a request for results wants of them."""

    #: Only these outputs; None for those of the execute request.
    outputs: tuple[str, ...] | None = None
    #: One output, as its bare value.
    single: bool = False
    #: The media type of the request's ``Accept``.
    accept: str = "*/*"


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """A job's files, for results that carry what is in them; to be asked beside the loop."""

    #: Where the file at a path in the results folder is.
    find: Callable[[str], Path | S3Address]
    #: The service of the bucket that they may be in.
    s3: S3 = S3()  # noqa: RUF009 (frozen)

    def content(self, href: str) -> bytes | None:
        """A file's bytes; None for a folder and for one too large to be put inside an answer."""
        found = self.find(href)
        if isinstance(found, S3Address):
            return read_object(found, self.s3, MOST_INLINE)
        if not found.is_file() or found.stat().st_size > MOST_INLINE:
            return None
        return found.read_bytes()

    def value(self, href: str) -> bytes | Path | None:
        """The file itself, to be streamed, or its bytes; None for what :meth:`content` has not."""
        found = self.find(href)
        if isinstance(found, S3Address):
            return self.content(href)
        return found if found.is_file() else None
