"""Toil's job stores in buckets of other services than Amazon's, such as Ceph's.

Of each new bucket Toil takes back what Amazon alone does with new ones: that nobody may make
objects public, and that nobody may bring keys of their own. Other services do neither, and know the
requests for it not at all (Toil repeats them for ever) or wrongly: Ceph 16 takes
``DELETE /bucket?ownershipControls`` for a removal of the bucket.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from toil.lib.aws import s3, session

#: Amazon's own hosts end so, those in China with ``.cn`` after it.
AMAZON = (".amazonaws.com", ".amazonaws.com.cn")


def use() -> None:
    """Let Toil make buckets in any service."""
    s3.enable_public_objects = for_amazon(s3.enable_public_objects)
    s3.enable_encryption = for_amazon(s3.enable_encryption)


def for_amazon(change: Callable[[str], None]) -> Callable[[str], None]:
    """A change of a bucket that is made in Amazon's service alone."""

    def changed(bucket: str) -> None:
        host = urlsplit(session.client("s3").meta.endpoint_url).hostname or ""
        if host.endswith(AMAZON):
            change(bucket)

    return changed
