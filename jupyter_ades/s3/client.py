"""boto3 clients, made when a bucket is first needed: importing boto3 takes a quarter of a second.

Credentials are what boto3 finds in the environment, a profile or the machine's role, or what a
function of the operator's gives; they are in this process's memory only.
"""

from __future__ import annotations

import importlib
from functools import lru_cache
from typing import Any

from jupyter_ades.model import S3

#: Seconds to connect.
CONNECT = 10.0


class NoCredentials(Exception):
    """The operator's function failed, or gave no ``access_key`` and ``secret_key``."""


@lru_cache(maxsize=32)
def client(settings: S3) -> Any:
    """The S3 client of these settings; safe in threads, with connections of its own."""
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    found = {} if settings.anonymous else _from_function(settings.credentials)
    options: Any = {"addressing_style": settings.addressing, "payload_signing_enabled": True}
    session = boto3.Session(profile_name=settings.profile or None, **_fixed(found))
    if "expiry_time" in found:
        _refresh(session, settings, found)
    return session.client(
        "s3",
        endpoint_url=settings.endpoint or None,
        region_name=settings.region or session.region_name or None,
        config=Config(
            signature_version=UNSIGNED if settings.anonymous else "s3v4",
            # The service checks the SHA-256 of each request's body, which is part of what is
            # signed: every S3 server does, where many know no checksum headers.
            s3=options,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_supported",
            # Exponential back-off with jitter, for throttling, 5xx, broken connections, timeouts.
            retries={"mode": "standard", "total_max_attempts": settings.attempts},
            connect_timeout=min(CONNECT, settings.timeout),
            read_timeout=settings.timeout,
            max_pool_connections=settings.parallel + 2,
        ),
    )


def _fixed(found: dict[str, str]) -> dict[str, Any]:
    """Keys that do not expire, in boto3's words."""
    if not found or "expiry_time" in found:
        return {}
    return {
        "aws_access_key_id": found["access_key"],
        "aws_secret_access_key": found["secret_key"],
        "aws_session_token": found.get("token") or "",
    }


def _refresh(session: Any, settings: S3, found: dict[str, str]) -> None:
    """Let the credentials function be asked again before what it gave expires."""
    from botocore.credentials import RefreshableCredentials

    session._session._credentials = RefreshableCredentials.create_from_metadata(
        metadata={"token": "", **found},
        refresh_using=lambda: {"token": "", **_from_function(settings.credentials)},
        method="ades",
    )


def _from_function(name: str) -> dict[str, str]:
    """What ``module:function`` gives: ``access_key secret_key token? expiry_time?``."""
    if not name:
        return {}
    module, _, function = name.partition(":")
    try:
        found: dict[str, str] = getattr(importlib.import_module(module), function)()
        found["access_key"], found["secret_key"]
    except Exception as error:
        raise NoCredentials(
            f"c.ADES.s3_credentials ({name}) gave no credentials: {type(error).__name__}: {error}"
        ) from error
    return found
