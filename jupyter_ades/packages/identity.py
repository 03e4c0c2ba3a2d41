"""Process ids: safe in a URL and as a folder name, with the package's version in them."""

from __future__ import annotations

import re
import unicodedata

from jupyter_ades.errors import InvalidPackage, Problem

#: Characters that an id may have.
LONGEST = 128
#: Characters that an id made from a title keeps.
LONGEST_SLUG = 64
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*", re.ASCII)


def slug(text: str) -> str:
    """A title or file name as an id: ``"Vegetation Index!"`` -> ``"vegetation-index"``."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_]+", "-", plain).strip("-")[:LONGEST_SLUG].strip("-")


def versioned(bare: str, version: str) -> str:
    """``snuggs`` and ``0.3.0`` -> ``snuggs-0_3_0``; without a version the bare id."""
    safe = re.sub(r"[^A-Za-z0-9_-]+", "-", version.strip().replace(".", "_")).strip("-")
    return f"{bare}-{safe}" if safe else bare


def check_id(identifier: str) -> str:
    """The id itself; InvalidPackage with the reason when it cannot stand in a URL."""
    if len(identifier) > LONGEST:
        raise _refused(identifier[:40] + "...", f"has more than {LONGEST} characters")
    if not _ID.fullmatch(identifier):
        raise _refused(
            identifier,
            "is not made of A-Z a-z 0-9 . _ -, or begins with a dot or a hyphen",
        )
    return identifier


def _refused(shown: str, reason: str) -> InvalidPackage:
    detail = (
        f"The process id {shown!r} {reason}: rename it in the package, or send another one as "
        "processDescription.process.id."
    )
    return InvalidPackage(detail, (Problem(path="process.id", detail=detail),))
