"""What boto3's errors mean, in words: what is wrong, and what to do."""

from __future__ import annotations

from typing import Any

from jupyter_ades.s3.client import NoCredentials

#: Error code of the S3 API to words; HEAD answers have the status alone.
_CODES = {
    "NoSuchBucket": "there is no such bucket",
    "NoSuchKey": "there is no such object",
    "404": "there is no such object or bucket",
    "NoSuchUpload": "the upload in parts was ended from outside",
    "AccessDenied": "access is denied: the credentials may not do this there",
    "403": "access is denied: the credentials may not do this there, or are not valid",
    "AllAccessDisabled": "access is denied: the bucket is disabled",
    "InvalidAccessKeyId": "access is denied: the service does not know the access key",
    "SignatureDoesNotMatch": "access is denied: the secret key, or the region, is wrong",
    "ExpiredToken": "access is denied: the credentials have expired",
    "InvalidToken": "access is denied: the session token is not valid",
    "RequestTimeTooSkewed": (
        "the clocks of this machine and of the service differ by more than the service allows;"
        " set this machine's clock (NTP), then try again"
    ),
    "QuotaExceeded": "the bucket's or user's quota is used up",
    "EntityTooLarge": "it is larger than the service takes",
    "XAmzContentSHA256Mismatch": "what arrived there is not what was sent (SHA-256 differs)",
    "BadDigest": "what arrived there is not what was sent (its checksum differs)",
    "PreconditionFailed": "the object has changed meanwhile",
    "412": "the object has changed meanwhile",
    "InvalidBucketName": "this is no valid name of a bucket",
    "PermanentRedirect": "the bucket is in another region, or at another endpoint",
    "301": "the bucket is in another region, or at another endpoint",
}
#: Class of a botocore or s3transfer error to words.
_CLASSES = {
    "NoCredentialsError": (
        "there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY where the server"
        " starts, or c.ADES.s3_profile, or c.ADES.s3_credentials"
    ),
    "PartialCredentialsError": "the credentials are incomplete",
    "ProfileNotFound": "there is no such profile in the AWS configuration (c.ADES.s3_profile)",
    "CredentialRetrievalError": "the credentials could not be had",
    "EndpointConnectionError": "the service cannot be reached",
    "ConnectTimeoutError": "the service does not answer",
    "ReadTimeoutError": "the service stopped answering",
    "ConnectionClosedError": "the service broke off the connection",
    "ConnectionError": "the connection to the service failed",
    "HTTPClientError": "the connection to the service failed",
    "SSLError": "the service's certificate is not valid",
    "IncompleteReadError": "the service ended before everything was there",
    "ResponseStreamingError": "the service broke off the connection",
    "S3DownloadFailedError": "the object has changed meanwhile",
    "RetriesExceededError": "the service broke off each time",
    "InvalidEndpointDiscoveryConfigurationError": "the endpoint is not valid",
}
FORBIDDEN, MISSING = frozenset({"403", "AccessDenied"}), frozenset({"404", "NoSuchKey"})


def reason(error: BaseException) -> str:
    """Why a request to a bucket failed, without a full stop."""
    code = code_of(error)
    if code:
        return _answered(error, code)
    for kind in type(error).__mro__:
        if kind.__name__ in _CLASSES:
            return _CLASSES[kind.__name__] + _last(error)
    if isinstance(error, NoCredentials):
        return str(error)
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if isinstance(error, ValueError) and "endpoint" in str(error):
        return str(error).rstrip(".")
    return f"{type(error).__name__}: {error}".rstrip(".")


def code_of(error: BaseException) -> str:
    """The S3 API's code of an answer that is an error; empty for other errors."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def status_of(error: BaseException) -> int:
    """The HTTP status of an answer that is an error; 0 for other errors."""
    return int(_metadata(error).get("HTTPStatusCode") or 0)


def is_botocore(error: BaseException) -> bool:
    """Whether an error is of boto3, of what it stands on, or of making a client."""
    if isinstance(error, NoCredentials | ValueError):
        return True
    return type(error).__module__.partition(".")[0] in ("boto3", "botocore", "s3transfer")


def _answered(error: BaseException, code: str) -> str:
    said = getattr(error, "response", {}).get("Error", {}).get("Message") or ""
    words = _CODES.get(code) or f"the service answered {code}" + (f" ({said})" if said else "")
    tries = int(_metadata(error).get("RetryAttempts") or 0) + 1
    return f"{words} ({tries} attempts)" if tries > 1 else words


def _metadata(error: BaseException) -> dict[str, Any]:
    response = getattr(error, "response", None)
    found = response.get("ResponseMetadata") if isinstance(response, dict) else None
    return found if isinstance(found, dict) else {}


def _last(error: BaseException) -> str:
    """What a retried download last ended by."""
    last = getattr(error, "last_exception", None)
    return f" ({reason(last)})" if isinstance(last, BaseException) else ""
