"""Python values in what people write to a magic: ``$name`` and ``{expression}``."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

#: Stand-ins for values: characters that nobody writes, around a number.
_BEGIN, _END = "\ue000", "\ue001"
_MARK = re.compile(f"{_BEGIN}(\\d+){_END}")
_NAME = re.compile(r"[A-Za-z_]\w*")


class Expansion:
    """Sets values aside while a text is split or read as YAML, and puts them back as they are.

    ``$name`` and ``{expression}`` that stand alone give the object itself, inside a text its
    ``str``. A YAML mapping in braces stays one, since it is no Python expression. ``$$`` is a
    dollar sign, ``{{ }}`` are braces.
    """

    def __init__(self, evaluate: Callable[[str], Any]) -> None:
        self._evaluate = evaluate
        self._found: list[str] = []

    def mark(self, text: str) -> str:
        """The text with stand-ins for what is to be evaluated."""
        parts, place = [], 0
        while place < len(text):
            length, part = self._step(text, place)
            parts.append(part)
            place += length
        return "".join(parts)

    def _step(self, text: str, place: int) -> tuple[int, str]:
        """How many characters are read here, and what they become."""
        if text.startswith("$$", place):
            return 2, "$"
        if text.startswith("{{", place) and (end := text.find("}}", place)) > 0:
            return end + 2 - place, text[place + 1 : end + 1]
        if text[place] == "$" and (name := _NAME.match(text, place + 1)):
            return 1 + len(name[0]), self._set_aside(name[0])
        if text[place] == "{" and (inner := expression(text, place)):
            return len(inner) + 2, self._set_aside(inner)
        return 1, text[place]

    def _set_aside(self, code: str) -> str:
        self._found.append(code.strip())
        return f"{_BEGIN}{len(self._found) - 1}{_END}"

    def resolve(self, value: Any) -> Any:
        """The value with what the stand-ins stand for, evaluated now."""
        if isinstance(value, list):
            return [self.resolve(each) for each in value]
        if isinstance(value, dict):
            return {self.resolve(key): self.resolve(each) for key, each in value.items()}
        if not isinstance(value, str):
            return value
        alone = _MARK.fullmatch(value)
        if alone:
            return self._evaluate(self._found[int(alone[1])])
        return _MARK.sub(lambda mark: str(self._evaluate(self._found[int(mark[1])])), value)


def expression(text: str, place: int) -> str:
    """What stands in the braces that begin here when it is a Python expression, else nothing."""
    depth = 0
    for end in range(place, len(text)):
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        if depth == 0:
            inner = text[place + 1 : end]
            try:
                ast.parse(inner.strip(), mode="eval")
            except (SyntaxError, ValueError):
                return ""
            return inner
    return ""
