"""Fetches what an href names: http(s) streamed to disk, or a file of the user folder copied.

Why urllib3 and tenacity: both are here already, below requests and papermill. fsspec, stac-asset
and httpx hide the socket, so that the address that a name resolved to cannot be checked before it
is connected to; with urllib3 that is one overridden method, and TLS checks stay as they are.
"""

from __future__ import annotations

import mimetypes
import os
import random
import re
import shutil
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from time import time
from typing import BinaryIO
from urllib.parse import urljoin

import urllib3
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from urllib3.exceptions import HTTPError, LocationParseError, SSLError

from jupyter_ades import __version__
from jupyter_ades.connections import pool
from jupyter_ades.deadline import deadline
from jupyter_ades.errors import RefusedReference, UnreachableReference
from jupyter_ades.model import FetchPolicy
from jupyter_ades.references import check_href, is_web, scheme_of, shown, user_path
from jupyter_ades.s3.address import is_s3
from jupyter_ades.s3.objects import Object

#: Bytes read at a time.
CHUNK = 2**18
#: Most bytes of a small document.
DOCUMENT = 32 * 2**20
#: Redirects that one attempt follows.
HOPS = 10
#: Seconds before the second attempt; doubled for each further one, up to LONGEST_WAIT.
FIRST_WAIT = 0.5
#: Most seconds between two attempts, also when a server's Retry-After asks for more.
LONGEST_WAIT = 60.0
#: Statuses besides 5xx that may be different the next time.
PASSING = frozenset({408, 425, 429})
#: As servers may compress all the same, sizes are counted after decoding.
HEADERS = {"Accept-Encoding": "identity", "User-Agent": f"jupyter_ades/{__version__}"}


@dataclass(frozen=True, kw_only=True)
class Validator:
    """``ETag`` and ``Last-Modified`` of what a server has at an address (RFC 9110, 8.8)."""

    etag: str = ""
    modified: str = ""

    def __bool__(self) -> bool:
        return bool(self.etag or self.modified)

    @property
    def conditions(self) -> dict[str, str]:
        """Headers by which a server is asked only for another version."""
        if self.etag:
            return {"If-None-Match": self.etag}
        return {"If-Modified-Since": self.modified} if self.modified else {}


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A file that was fetched."""

    path: Path
    #: As the server said, else guessed from the name; empty when neither is known.
    media_type: str
    #: Bytes.
    size: int
    #: Where it came from in the end: the last URL of a redirection, a ``file:`` URL for a path.
    url: str
    #: What the server tells this version of it from others by; empty when it has no such word.
    validator: Validator


class Unchanged(Exception):
    """What is there now is the version that is here already."""


class _Failed(Exception):
    """An attempt failed, and so would the next one."""


class _Passing(_Failed):
    """An attempt failed in a way that the next one may not."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        #: Seconds that the server asked for.
        self.wait = wait


def fetch(
    href: str,
    target: Path,
    policy: FetchPolicy,
    known: Validator | None = None,
    listed: Object | None = None,
) -> Fetched:
    """Fetch what an href names into a file.

    Raises RefusedReference for what may not be read and UnreachableReference for what cannot be,
    Unchanged for what is the known version; nothing is left at the target then. ``listed`` is what
    a bucket said of an object, so that it is not asked again.
    """
    check_href(href, policy)
    if is_s3(href):
        return _fetch_object(href, target, policy, known or Validator(), listed)
    with _arriving(target) as file:
        found = _read(href, policy, policy.max_bytes, file, known or Validator())
        size = file.tell()
    media_type, url, validator = found
    return Fetched(path=target, media_type=media_type, size=size, url=url, validator=validator)


def _fetch_object(
    href: str, target: Path, policy: FetchPolicy, known: Validator, listed: Object | None
) -> Fetched:
    from jupyter_ades.s3.reading import about, receive

    found, media_type = (listed, "") if listed else about(href, policy)
    _refuse_large(href, found.size, policy.max_bytes)
    if known.etag and known.etag == found.etag:
        raise Unchanged
    with _arriving(target) as file:
        receive(href, found, Path(file.name), policy)
    return Fetched(
        path=target,
        media_type=media_type or _guess(target.name),
        size=found.size,
        url=href,
        validator=Validator(etag=found.etag),
    )


def fetch_bytes(href: str, policy: FetchPolicy, limit: int = DOCUMENT) -> tuple[bytes, str, str]:
    """A small document's bytes, media type and final URL; raises as :func:`fetch` does."""
    buffer = BytesIO()
    bound = min(limit, policy.max_bytes) if policy.max_bytes else limit
    media_type, url, _ = _read(href, policy, bound, buffer)
    return buffer.getvalue(), media_type, url


@contextmanager
def _arriving(target: Path) -> Iterator[BinaryIO]:
    """A new file that takes the target's place when all went well, and else is removed."""
    handle, name = tempfile.mkstemp(prefix=".fetch-", dir=target.parent)
    try:
        os.close(handle)
        with open(name, "wb") as file:
            yield file
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


#: Media type, where it came from, and what tells the version.
Found = tuple[str, str, Validator]


def _read(
    href: str,
    policy: FetchPolicy,
    limit: int,
    file: BinaryIO,
    known: Validator = Validator(),
) -> Found:
    """Write what an href names to a file."""
    check_href(href, policy)
    if is_web(href):
        return _read_web(href, policy, limit, file, known)
    if is_s3(href):
        from jupyter_ades.s3.reading import read_into

        return *read_into(href, policy, limit, file), Validator()
    return *_read_path(href, policy, limit, file), Validator()


def _read_path(href: str, policy: FetchPolicy, limit: int, file: BinaryIO) -> tuple[str, str]:
    path = user_path(href, policy)
    if path.is_dir():
        raise UnreachableReference(f"{shown(href)} is a folder; a file was expected.")
    if not path.is_file():
        raise UnreachableReference(f"{shown(href)}: there is no such file in the user folder.")
    try:
        _refuse_large(href, path.stat().st_size, limit)
        with open(path, "rb") as source:
            shutil.copyfileobj(source, file, CHUNK)
    except OSError as error:
        raise UnreachableReference(
            f"{shown(href)} could not be read: {error.strerror or error}."
        ) from error
    return _guess(path.name), path.as_uri()


def _guess(name: str) -> str:
    return mimetypes.guess_type(name)[0] or ""


def _refuse_large(href: str, size: int, limit: int) -> None:
    if limit and size > limit:
        raise RefusedReference(f"{shown(href)} is larger than the {limit} bytes that it may have.")


# the web


def _read_web(
    href: str, policy: FetchPolicy, limit: int, file: BinaryIO, known: Validator
) -> Found:
    attempts = Retrying(
        stop=stop_after_attempt(policy.attempts),
        retry=retry_if_exception_type(_Passing),
        wait=_wait,
        reraise=True,
    )
    try:
        return attempts(_attempt, href, policy, limit, file, known)
    except _Failed as error:
        number = attempts.statistics["attempt_number"]
        raise UnreachableReference(
            f"{shown(href)} could not be read: {error} ({number} attempt{'s'[: number > 1]})."
        ) from error


def _wait(state: RetryCallState) -> float:
    """Seconds to the next attempt: what the server asked for, else exponential with jitter."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _Passing) and error.wait > 0:
        return min(error.wait, LONGEST_WAIT)
    longest = min(FIRST_WAIT * 2**state.attempt_number, LONGEST_WAIT)
    return random.uniform(longest / 2, longest)


def _attempt(href: str, policy: FetchPolicy, limit: int, file: BinaryIO, known: Validator) -> Found:
    """One attempt, cut off when it takes longer than the policy has it."""
    with deadline(policy.seconds) as allowed:
        try:
            found = _receive(href, policy, limit, file, known)
        except _Failed:
            if not allowed.over:
                raise
        # What was cut off may look whole, where nothing says how long it is.
        if allowed.over:
            raise _Failed(f"it takes longer than {policy.seconds:g} seconds")
    return found


def _receive(href: str, policy: FetchPolicy, limit: int, file: BinaryIO, known: Validator) -> Found:
    file.seek(0)
    file.truncate()
    try:
        with _response(href, policy, known.conditions) as (response, url):
            _refuse_large(href, int(response.headers.get("Content-Length") or 0), limit)
            for chunk in response.stream(CHUNK):
                file.write(chunk)
                _refuse_large(href, file.tell(), limit)
            media_type = response.headers.get("Content-Type", "").partition(";")[0].strip()
            validator = Validator(
                etag=response.headers.get("ETag", ""),
                modified=response.headers.get("Last-Modified", ""),
            )
            return media_type.lower() or _guess(url.partition("?")[0]), url, validator
    except LocationParseError as error:
        raise RefusedReference(f"{shown(href)} is not a valid URL.") from error
    except HTTPError as error:
        kind = _Failed if _untrusted(error) else _Passing
        raise kind(_reason(error)) from error


def _untrusted(error: HTTPError) -> bool:
    """Whether a server's certificate is not valid, which no further attempt makes better."""
    causes = (error, *error.args, error.__cause__, error.__context__)
    return isinstance(error, SSLError) and any(
        isinstance(cause, ssl.SSLCertVerificationError) for cause in causes
    )


def _reason(error: HTTPError) -> str:
    """What went wrong, without the object that urllib3 names before it."""
    said = [str(each).strip(" .") for each in error.args if isinstance(each, (str, Exception))]
    first, *more = said or [str(error)]
    whole = ": ".join([first, *(each for each in more if each not in first)])
    return re.sub(r"^<?[\w.]+\([^)]*\)(?: at 0x\w+>)?: ", "", whole)


@contextmanager
def _response(
    href: str, policy: FetchPolicy, conditions: Mapping[str, str]
) -> Iterator[tuple[urllib3.BaseHTTPResponse, str]]:
    """The answer to a GET, redirections followed by hand so that each hop is checked."""
    url = href
    for _ in range(HOPS + 1):
        response = pool(policy).request(
            "GET",
            url,
            headers={**HEADERS, **conditions},
            redirect=False,
            retries=False,
            preload_content=False,
        )
        try:
            following = response.get_redirect_location()
            if not following:
                if response.status == HTTPStatus.NOT_MODIFIED and conditions:
                    raise Unchanged
                _settle(response)
                yield response, url
                return
        finally:
            # The connection is given up, not kept: what is left of a body is not read for it.
            response.close()
        url = _next_hop(href, url, following, policy)
    raise _Failed(f"it redirects more than {HOPS} times")


def _next_hop(href: str, url: str, following: str, policy: FetchPolicy) -> str:
    target = urljoin(url, following)
    if not is_web(target):
        raise RefusedReference(
            f"{shown(href)} is refused: it redirects to a {scheme_of(target) or 'bare'}: address."
        )
    try:
        check_href(target, policy)
    except RefusedReference as error:
        raise RefusedReference(f"{shown(href)} redirects: {error.detail}") from error
    return target


def _settle(response: urllib3.BaseHTTPResponse) -> None:
    """Raise for an answer that is not the thing itself."""
    status = response.status
    if status == HTTPStatus.OK:
        return
    phrase = next((f" ({each.phrase})" for each in HTTPStatus if each == status), "")
    said = f"the server answered {status}{phrase}"
    if status in PASSING or status >= 500:
        raise _Passing(said, _retry_after(response.headers.get("Retry-After", "")))
    raise _Failed(said)


def _retry_after(value: str) -> float:
    """Seconds that a Retry-After header asks for; 0 when it asks for nothing."""
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except ValueError:
        return 0.0
