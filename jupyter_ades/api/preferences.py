"""The ``Prefer`` header (RFC 7240) of an execute request. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from jupyter_ades.errors import InvalidRequest

#: Most seconds that an answer is held back for a client that would wait longer.
LONGEST = 300


@dataclass(frozen=True, kw_only=True)
class Preference:
    """How a client would like to be answered."""

    #: ``respond-async``: it would rather look for the job later.
    later: bool = False
    #: Seconds that it would wait; None when it did not say.
    wait: int | None = None


def read_prefer(header: str) -> Preference:
    """What a header says; what is not known is passed over, the first of two values counts.

    With ``handling=strict`` what cannot be honoured is InvalidRequest.
    """
    said = _preferences(header)
    strict = ("handling", "strict") in said
    waits = [value for name, value in said if name == "wait"]
    later = any(name == "respond-async" for name, _ in said)
    if strict:
        _refuse_conflicts(said, waits, later)
    number = waits[0] if waits else ""
    wait = min(int(number), LONGEST) if number.isascii() and number.isdigit() else None
    return Preference(later=later, wait=wait)


def _preferences(header: str) -> list[tuple[str, str]]:
    """Names in lower case with their values, parameters left out."""
    found = []
    for each in header.split(","):
        name, _, value = each.partition(";")[0].partition("=")
        if name.strip():
            found.append((name.strip().lower(), value.strip().strip('"')))
    return found


def _refuse_conflicts(said: list[tuple[str, str]], waits: list[str], later: bool) -> None:
    known = {"respond-async", "respond-sync", "wait", "handling", "return"}
    unknown = sorted({name for name, _ in said} - known)
    if unknown:
        raise InvalidRequest(f"Prefer: {', '.join(unknown)} cannot be honoured.")
    if len(set(waits)) > 1 or not all(each.isascii() and each.isdigit() for each in waits):
        raise InvalidRequest("Prefer: one 'wait' of whole seconds is expected.")
    if later and any(name == "respond-sync" for name, _ in said):
        raise InvalidRequest("Prefer: 'respond-async' and 'respond-sync' exclude each other.")
