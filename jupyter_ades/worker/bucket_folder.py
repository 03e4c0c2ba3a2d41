"""A prefix of a bucket as a folder: which object comes to which file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from jupyter_ades.errors import RefusedReference, UnreachableReference
from jupyter_ades.model import FetchPolicy
from jupyter_ades.s3.reading import listed
from jupyter_ades.worker.bringing import Wanted

#: Objects of one folder.
MOST = 100_000
#: Bytes that a step of a path may have on this machine's file systems.
_LONGEST = 255


def files_below(href: str, folder: Path, policy: FetchPolicy) -> Iterator[Wanted]:
    """Every object below a prefix that ends in a slash, with its place in a folder.

    Raises UnreachableReference when there is none, and RefusedReference for keys that are no paths
    and for more than may be.
    """
    prefix = href.partition("://")[2].partition("/")[2]
    number = size = 0
    places: dict[str, str] = {}
    for each in listed(href, policy):
        number, size = number + 1, size + each.size
        if number > MOST:
            raise RefusedReference(f"{href} holds more than {MOST} objects; name a folder in it.")
        if policy.max_bytes and size > policy.max_bytes:
            raise RefusedReference(
                f"{href} is larger than the {policy.max_bytes} bytes that it may have."
            )
        relative = each.address.key[len(prefix) :]
        if relative and not relative.endswith("/"):
            _claim(relative, str(each.address), places)
            yield Wanted(hrefs=[str(each.address)], target=folder / relative, listed=each)
    if not number:
        raise UnreachableReference(f"{href} holds nothing: no key begins so.")


def _claim(relative: str, address: str, places: dict[str, str]) -> None:
    """See that a key can be a path below a folder, beside those that are there already."""
    steps = relative.split("/")
    if any(step in ("", ".", "..") for step in steps):
        raise RefusedReference(
            f"{address} cannot be a file: its key has an empty step, '.' or '..'."
        )
    if any(len(step.encode()) > _LONGEST for step in steps):
        raise RefusedReference(
            f"{address} cannot be a file: a step is longer than {_LONGEST} bytes."
        )
    above = ["/".join(steps[:number]) for number in range(1, len(steps))]
    if places.get(relative, "file") != "file" or any(places.get(each) == "file" for each in above):
        raise RefusedReference(f"{address} cannot be a file: another key is a folder of that name.")
    places[relative] = "file"
    places.update(dict.fromkeys(above, "folder"))
