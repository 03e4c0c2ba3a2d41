"""What form of an answer a request wants: its ``f``, else its ``Accept``. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import mimeparse

from jupyter_ades.errors import InvalidParameter, NotAcceptable

#: What ``f`` may say.
FORMS = {"json": "application/json", "html": "text/html"}


def best(offered: Sequence[str], accept: str) -> str:
    """The offered media type that an ``Accept`` likes best, the first of equals; empty for none."""
    if not accept.strip():
        return offered[0]
    try:
        # The library takes the last of equals.
        found: str = mimeparse.best_match(list(reversed(offered)), accept)
    except (mimeparse.MimeTypeParseException, ValueError):
        return ""
    return found


def wanted(offered: Sequence[str], accept: str, form: str | None = None) -> str:
    """The media type to answer with; NotAcceptable when none of the offered ones will do."""
    if form is not None:
        if FORMS.get(form) not in offered:
            known = ", ".join(f"'{name}'" for name, kind in FORMS.items() if kind in offered)
            raise InvalidParameter(f"f: '{form[:50]}' is none of {known}.")
        return FORMS[form]
    found = best(offered, accept)
    if not found:
        raise NotAcceptable(
            f"Accept: this is there as {', '.join(offered)}, not as '{accept[:200]}'."
        )
    return found
