"""Which reader reads a package: by media type, else by file name, else by content."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.metadata import entry_points

from jupyter_ades.errors import UnsupportedMediaType
from jupyter_ades.packages.base import Package, Reader

GROUP = "jupyter_ades.packages"
#: Media types that say nothing about the kind of a package.
GENERIC = frozenset(
    {
        "",
        "application/json",
        "application/octet-stream",
        "application/yaml",
        "binary/octet-stream",
        "text/plain",
        "text/yaml",
    }
)


@cache
def readers() -> tuple[Reader, ...]:
    """Every reader that is installed."""
    found = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    return tuple(entry.load()() for entry in found)


def pick(package: Package, known: Sequence[Reader]) -> Reader:
    """The reader for a package; UnsupportedMediaType, listing what is known, when there is none."""
    media_type = package.media_type.lower()
    for reader in known:
        if media_type in reader.media_types:
            return reader
    if media_type not in GENERIC:
        raise _unsupported(f"'{package.media_type}' is not a kind of application package", known)
    for reader in known:
        if package.name.lower().endswith(reader.suffixes):
            return reader
    for reader in known:
        if reader.recognises(package.data):
            return reader
    raise _unsupported(f"It cannot be told what {package.label} is", known)


def _unsupported(reason: str, known: Sequence[Reader]) -> UnsupportedMediaType:
    types = ", ".join(media_type for reader in known for media_type in reader.media_types)
    endings = ", ".join(suffix for reader in known for suffix in reader.suffixes)
    return UnsupportedMediaType(
        f"{reason}; known are the media types {types} and files that end in {endings}, or a zip"
        " (application/zip) of them."
    )
