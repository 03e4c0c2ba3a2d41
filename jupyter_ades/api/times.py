"""The ``datetime`` parameter of a job list: a moment, a day, or an interval. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from jupyter_ades.errors import InvalidParameter

OPEN = ("", "..")
EXPECTED = (
    "datetime: a time as RFC 3339 writes it, a day, or two of them with '/' between are expected,"
    " '..' for an open end: 2026-05-01T12:00:00Z, 2026-05-01/.. ."
)


def interval(given: str | None) -> tuple[datetime | None, datetime | None]:
    """First and last moment that a parameter names; None for an open end."""
    if given is None:
        return None, None
    first, slash, last = given.strip().partition("/")
    if not slash:
        return _first(first), _last(first)
    if first in OPEN and last in OPEN:
        raise InvalidParameter(EXPECTED)
    since = None if first in OPEN else _first(first)
    until = None if last in OPEN else _last(last)
    if since and until and since > until:
        raise InvalidParameter("datetime: the interval ends before it begins.")
    return since, until


def _first(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidParameter(EXPECTED) from None


def _last(text: str) -> datetime:
    """The end of the day, or of the second, that is written."""
    length = timedelta(days=1) if len(text) <= len("2026-05-01") else timedelta(seconds=1)
    moment = _first(text)
    if "." in text:
        return moment
    try:
        return moment + length - timedelta(microseconds=1)
    except OverflowError:
        return moment
