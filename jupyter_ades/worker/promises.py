"""Whether a file that arrived is what its item says: size, checksum, and no web page instead."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_ades.errors import UnreachableReference
from jupyter_ades.worker.multihash import Multihash, read_multihash

log = logging.getLogger(__name__)

#: Bytes that tell a web page, or an error of an object store, from data.
_LOOKED_AT = 512
_PAGES = (b"<!doctype html", b"<html")
_ERRORS = (b"<error>", b"<code>")
#: What files of a media type begin with.
_BEGINNINGS = {
    "image/tiff": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "image/png": (b"\x89PNG",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/jp2": (b"\0\0\0\x0cjP", b"\xff\x4f\xff\x51"),
    "application/zip": (b"PK",),
    "application/x-hdf5": (b"\x89HDF",),
    "application/pdf": (b"%PDF",),
}
_PLAIN = ("text/", "application/xml", "application/xhtml", "application/vnd", "application/wms")


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What is said of a file before it is here; nothing is said by default."""

    media_type: str = ""
    #: Bytes.
    size: int | None = None
    checksum: Multihash | None = None

    def check(self, path: Path, what: str) -> None:
        """Raise UnreachableReference, naming ``what``, for a file that cannot be it."""
        self._check_size(path, what)
        self._check_kind(path, what)
        if self.checksum and not self.checksum.fits(path):
            raise UnreachableReference(
                f"{what} is not what its item says: its {self.checksum.function} checksum differs."
            )

    def _check_size(self, path: Path, what: str) -> None:
        size = path.stat().st_size
        if self.size is not None and size != self.size:
            raise UnreachableReference(
                f"{what} is not what its item says: it has {size} bytes, not {self.size}."
            )

    def _check_kind(self, path: Path, what: str) -> None:
        kind = self.media_type.partition(";")[0].strip().lower()
        if not kind or kind.startswith(_PLAIN):
            return
        with open(path, "rb") as file:
            start = file.read(_LOOKED_AT)
        if _is_page(start):
            raise UnreachableReference(
                f"{what} is a web page and not {kind}: the server may want a login."
            )
        known = _BEGINNINGS.get(kind)
        if known and not start.startswith(known):
            log.warning("%s does not begin as %s does; it is given as it is", what, kind)


def promised(asset: dict[str, Any]) -> Promise:
    """What an item says of an asset; checksums of kinds that are not known are let be."""
    kind, size = asset.get("type"), asset.get("file:size")
    checksum = asset.get("file:checksum") or asset.get("checksum:multihash")
    return Promise(
        media_type=kind if isinstance(kind, str) else "",
        size=size if isinstance(size, int) and not isinstance(size, bool) else None,
        checksum=read_multihash(checksum),
    )


def _is_page(start: bytes) -> bool:
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(b"<?xml"):
        text = text.partition(b"?>")[2].lstrip()
        return text.startswith((*_PAGES, *_ERRORS))
    return text.startswith(_PAGES)
