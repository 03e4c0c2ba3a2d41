"""``s3://bucket/key`` as data. Pure; keys are taken as they are written, nothing is decoded."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from jupyter_ades.model import S3, FetchPolicy

SCHEME = "s3://"
#: Names that AWS, Ceph and MinIO give; older ones may have capitals and underscores.
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
#: Bytes that a key may have (the S3 API's own bound).
_LONGEST = 1024


@dataclass(frozen=True, kw_only=True)
class S3Address:
    """An object, or with a key that is empty or ends in a slash all that begins so."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}"

    @property
    def is_folder(self) -> bool:
        """Whether it names a prefix."""
        return not self.key or self.key.endswith("/")

    def below(self, path: str) -> S3Address:
        """The address of a path under this one, which is a folder's."""
        folder = self.key if self.is_folder else f"{self.key}/"
        return S3Address(bucket=self.bucket, key=f"{folder}{path}")


def is_s3(href: str) -> bool:
    """Whether an href names something in a bucket."""
    return href[: len(SCHEME)].lower() == SCHEME


def read_address(href: str) -> S3Address:
    """The address that an href spells; ValueError says in words why it spells none."""
    bucket, _, key = href[len(SCHEME) :].partition("/")
    if not _BUCKET.fullmatch(bucket):
        raise ValueError(f"'{bucket[:80]}' is no name of a bucket")
    if _CONTROL.search(key):
        raise ValueError("its key has control characters")
    if len(key.encode("utf-8", "surrogatepass")) > _LONGEST:
        raise ValueError(f"its key is longer than {_LONGEST} bytes")
    if any(step in ("..", ".") for step in key.split("/")):
        raise ValueError(
            "its key has a step '.' or '..', which stores and folders do not read alike"
        )
    return S3Address(bucket=bucket, key=key)


def join(base: str, href: str) -> str:
    """A relative href of a document in a bucket as an href of its own."""
    bucket, _, key = base[len(SCHEME) :].partition("/")
    above = "" if href.startswith("/") else posixpath.dirname(key)
    path = posixpath.normpath(posixpath.join("/", above, href.lstrip("/")))
    slash = "/" if href.endswith("/") and path != "/" else ""
    return f"{SCHEME}{bucket}/{path.lstrip('/')}{slash}"


def settings_for(address: S3Address, policy: FetchPolicy) -> S3 | None:
    """How the first entry of the policy that fits reaches it; None when no entry fits."""
    return next((settings for each, settings in policy.buckets if _fits(address, each)), None)


def _fits(address: S3Address, pattern: str) -> bool:
    """Whether ``bucket``, ``bucket/prefix`` or one with wildcards names an address."""
    bucket, _, prefix = pattern.strip("/").partition("/")
    if not fnmatchcase(address.bucket, bucket):
        return False
    return not prefix or fnmatchcase(f"{address.key.rstrip('/')}/", f"{prefix}/*")
