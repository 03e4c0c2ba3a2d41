"""The ``datetime`` parameter of a job list: a moment, a day, or an interval. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from jupyter_ades.errors import InvalidParameter

OPEN = ("", "..")
_DAY = (
    r"[12]\d{3}-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)"
    r"|02-(0[1-9]|1\d|2[0-8]))"
)
_TIME = r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|[+-](0\d|1[0-2]):[0-5]\d)"
_MOMENT = f"{_DAY}(T{_TIME})?"
#: What can be said for certain to be one.
PATTERN = rf"^({_MOMENT}(/({_MOMENT}|\.\.))?|\.\./{_MOMENT})$"
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
