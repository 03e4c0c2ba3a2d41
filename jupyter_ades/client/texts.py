"""A log that shows as lines."""

from __future__ import annotations

from html import escape


class Log(str):
    """A text whose display is the text itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self)}</pre>"
