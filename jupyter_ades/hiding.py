"""Names of folders that are being removed: hidden first, so that nobody finds half of one."""

from __future__ import annotations

import secrets

#: What begins the name of a folder that is being removed; what it was called follows, then a dot
#: and what tells it from another that was removed from the same place.
REMOVED = ".removed-"
#: The same of a job directory that is laid out anew: its job is not to be forgotten.
REPLACED = ".replaced-"


def hidden_name(name: str, beginning: str = REMOVED) -> str:
    """A name for a folder that is being removed."""
    return f"{beginning}{name}.{secrets.token_hex(4)}"


def shown_name(name: str) -> str:
    """What a folder was called before it was to be removed; up to its first dot."""
    return name.removeprefix(REMOVED).partition(".")[0]
