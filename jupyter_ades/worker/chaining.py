"""Results of another job of the workspace as inputs: taken from where they were delivered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from jupyter_ades.errors import UnreachableReference
from jupyter_ades.model import JSON, FetchPolicy
from jupyter_ades.orders import WorkOrder
from jupyter_ades.s3.address import is_s3

#: What :mod:`jupyter_ades.core.chaining` makes of every spelling of such an href.
SCHEME = "ades:job/"

Referred = list[tuple[Mapping[str, JSON], FetchPolicy]]


def unchained(
    reference: Mapping[str, JSON], order: WorkOrder, policy: FetchPolicy
) -> Referred | None:
    """References to the files and folders that the href leads to, each with its rules.

    None for a reference to anything else. The server has looked these up; what a request writes
    itself leads nowhere.
    """
    href = reference.get("href")
    if not isinstance(href, str) or not href.startswith(SCHEME):
        return None
    chained = order.chained.get(href)
    if chained is None:
        raise UnreachableReference(f"{href}: this job was not told where that is.")
    if is_s3(chained.place):
        there = replace(policy, buckets=((chained.place.partition("://")[2], order.s3),))
        root = f"{chained.place.rstrip('/')}/"
    else:
        there, root = replace(policy, user_folder=chained.place), ""
    kept = {key: value for key, value in reference.items() if key != "href"}
    return [({**kept, "href": f"{root}{each}" or "."}, there) for each in chained.hrefs]
