"""What may come with a package: which names are left out, how many files, how many bytes."""

from __future__ import annotations

from dataclasses import dataclass

from jupyter_ades.errors import InvalidPackage, Problem, TooLarge

#: Files that one package may have.
MOST_FILES = 2_000
#: Bytes that a path in a package may have, and each of its steps (as file systems have it).
LONGEST_PATH, LONGEST_NAME = 1_000, 255
#: Folders that are no part of a package, besides hidden ones.
LITTER = frozenset({"__pycache__", "__MACOSX", "ades-results"})


def is_left_out(name: str) -> bool:
    """Whether a file or folder of this name stays behind."""
    return name.startswith(".") or name in LITTER


def refused(place: str, reason: str) -> InvalidPackage:
    """The error for a file that cannot be part of a package."""
    shown = place if len(place) <= 200 else f"{place[:200]}..."
    detail = f"{shown!r} {reason}."
    return InvalidPackage(detail, (Problem(path=shown, detail=detail),))


@dataclass(kw_only=True)
class Budget:
    """How much a package may have; what goes beyond is TooLarge, by name."""

    #: Bytes of all files together.
    max_bytes: int
    files: int = 0
    size: int = 0

    def add_file(self, name: str) -> None:
        """Count a file."""
        self.files += 1
        if self.files > MOST_FILES:
            raise TooLarge(
                f"The package has more than {MOST_FILES} files ({name[:200]!r} is one too many);"
                " keep data elsewhere and give it as an input."
            )

    def add_bytes(self, name: str, count: int) -> None:
        """Count bytes of a file."""
        self.size += count
        if self.size > self.max_bytes:
            raise TooLarge(
                f"The package's files have more than {self.max_bytes} bytes together, which"
                f" {name[:200]!r} goes beyond (c.ADES.max_package_bytes); keep data elsewhere and"
                " give it as an input."
            )
