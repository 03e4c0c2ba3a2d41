"""Traits for results and references in buckets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from traitlets import Bool, Dict, Enum, HasTraits, Int, TraitError, Unicode, validate

from jupyter_ades.settings.bounds import at_least_one

if TYPE_CHECKING:
    from jupyter_ades.model import S3

ADDRESSING = ("auto", "path", "virtual")
#: What one entry of ``s3_buckets`` may say, and the type of it.
_ENTRY: dict[str, type] = {
    "endpoint": str,
    "region": str,
    "addressing": str,
    "profile": str,
    "credentials": str,
    "anonymous": bool,
    "requester_pays": bool,
}


class BucketTraits(HasTraits):
    """How buckets are reached, and which of them requests may name."""

    cache_bytes = Int(
        20 * 2**30,
        help="Bytes that each workspace keeps of files that its jobs fetched, for the next ones; 0"
        " keeps none. Default: 20 GiB.",
    ).tag(config=True)
    max_items = Int(1_000, help="STAC items that one reference may name. Default: 1000.").tag(
        config=True
    )
    s3_endpoint = Unicode(
        help="Address of the S3 service, such as 'https://s3.example.org'. Default: what the AWS"
        " environment says ($AWS_ENDPOINT_URL_S3, the profile), else AWS."
    ).tag(config=True)
    s3_region = Unicode(
        help="Region of the S3 service. Default: what the AWS environment says."
    ).tag(config=True)
    s3_addressing = Enum(
        ADDRESSING,
        "auto",
        help="Whether a bucket is in the path ('path'), in the host name ('virtual') or where boto3"
        " thinks best ('auto'). Default: 'auto'.",
    ).tag(config=True)
    s3_profile = Unicode(
        help="Profile of the AWS configuration files to take credentials and settings from."
        " Default: the AWS environment's own."
    ).tag(config=True)
    s3_credentials = Unicode(
        help="'module:function' that gives credentials, a dictionary with access_key, secret_key,"
        " token, and expiry_time (ISO 8601) when they are to be asked for again. Default: none, the"
        " AWS environment and profiles are used."
    ).tag(config=True)
    s3_parallel = Int(
        10, help="Requests to the S3 service that one job has under way at once. Default: 10."
    ).tag(config=True)
    s3_attempts = Int(
        6, help="Attempts for one request to the S3 service, with growing pauses. Default: 6."
    ).tag(config=True)
    s3_timeout = Int(
        60, help="Seconds without a byte after which a request to the S3 service is tried again."
    ).tag(config=True)
    s3_buckets: Dict[str, Any] = Dict(
        {"*": {}},
        help="Buckets that references in requests may name: 'bucket' or 'bucket/prefix', with"
        " wildcards, to how it is reached where that is not as the traits above say: endpoint,"
        " region, addressing, profile, credentials, anonymous (true: unsigned requests),"
        " requester_pays. The first entry that fits counts. Default: every bucket.",
    ).tag(config=True)
    results_redirect = Bool(
        False,
        help="Answer requests for files of results in a bucket by a redirect to a presigned URL,"
        " which is good for 15 minutes, instead of streaming them. Default: false.",
    ).tag(config=True)

    @validate("s3_endpoint")
    def _validate_endpoint(self, proposal: Mapping[str, Any]) -> str:
        return _endpoint("ADES.s3_endpoint", proposal["value"])

    @validate("s3_credentials")
    def _validate_credentials(self, proposal: Mapping[str, Any]) -> str:
        return _function("ADES.s3_credentials", proposal["value"])

    @validate("s3_parallel", "s3_attempts", "s3_timeout", "max_items")
    def _validate_bound(self, proposal: Mapping[str, Any]) -> int:
        return at_least_one(proposal)

    @validate("s3_buckets")
    def _validate_buckets(self, proposal: Mapping[str, Any]) -> dict[str, Any]:
        for pattern, entry in proposal["value"].items():
            _check_entry(f"ADES.s3_buckets[{pattern!r}]", entry)
        return dict(proposal["value"])

    def results_s3(self) -> S3:
        """How the bucket of the results is reached."""
        from jupyter_ades.model import S3

        return S3(
            endpoint=self.s3_endpoint,
            region=self.s3_region,
            addressing=self.s3_addressing,
            profile=self.s3_profile,
            credentials=self.s3_credentials,
            timeout=self.s3_timeout,
            attempts=self.s3_attempts,
            parallel=self.s3_parallel,
        )

    def reference_buckets(self) -> tuple[tuple[str, S3], ...]:
        """Which buckets references may name, and how each is reached."""
        base = self.results_s3()
        return tuple(
            (pattern, replace(base, **entry)) for pattern, entry in self.s3_buckets.items()
        )


def results_bucket(url: str) -> str:
    """``results_url`` when it names a bucket, checked; empty when it names a folder."""
    if not url:
        return ""
    from jupyter_ades.s3.address import is_s3, read_address

    if not is_s3(url):
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", url):
            raise TraitError(f"ADES.results_url: a folder or s3://bucket/prefix, not {url!r}")
        return ""
    try:
        read_address(url)
    except ValueError as error:
        raise TraitError(f"ADES.results_url: {url!r}: {error}") from None
    return url.rstrip("/")


def _check_entry(where: str, entry: Any) -> None:
    if not isinstance(entry, dict):
        raise TraitError(f"{where}: a dictionary is expected, {{}} for the settings above")
    for name, value in entry.items():
        kind = _ENTRY.get(name)
        if kind is None:
            raise TraitError(f"{where}: '{name}' is none of {', '.join(_ENTRY)}")
        if not isinstance(value, kind):
            raise TraitError(f"{where}: '{name}' must be a {kind.__name__}")
    if entry.get("addressing", "auto") not in ADDRESSING:
        raise TraitError(f"{where}: addressing is none of {', '.join(ADDRESSING)}")
    _endpoint(where, entry.get("endpoint", ""))
    _function(where, entry.get("credentials", ""))


def _endpoint(where: str, url: str) -> str:
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise TraitError(f"{where}: an endpoint is an address such as 'https://s3.example.org'")
    if "@" in parts.netloc:
        raise TraitError(f"{where}: an endpoint must not hold credentials")
    return url


def _function(where: str, name: str) -> str:
    if name and not re.fullmatch(r"[\w.]+:\w+", name):
        raise TraitError(f"{where}: credentials are given by a 'module:function'")
    return name
