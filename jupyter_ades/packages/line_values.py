"""Literals of R and Julia as JSON: texts, numbers, booleans, nothing, and lists of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from jupyter_ades.model import JSON
from jupyter_ades.packages.notebook_types import NotData

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<number>[-+]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)L?)
    | (?P<word>[A-Za-z.][\w.]*)
    | (?P<mark>[()\[\],=])
    )\s*""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(
    r"\\(x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,8}|[uU]\{[0-9a-fA-F]{1,8}\}|.)",
    re.DOTALL,
)
_PLAIN = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'", "`": "`", "$": "$"}
#: Levels of lists in lists.
_DEEPEST = 20


@dataclass(frozen=True, kw_only=True)
class Words:
    """How a language writes what JSON has."""

    constants: Mapping[str, JSON]
    #: What opens a list, to what closes it.
    lists: Mapping[str, str]
    #: Whether ``1`` is a floating-point number, and ``1L`` the integer.
    floating: bool = False
    #: Whether ``$`` puts a variable's value into a text.
    interpolates: bool = False


R = Words(
    constants={"TRUE": True, "T": True, "FALSE": False, "F": False, "NULL": None, "NA": None},
    lists={"c": ")", "list": ")"},
    floating=True,
)
JULIA = Words(
    constants={"true": True, "false": False, "nothing": None},
    lists={"[": "]"},
    interpolates=True,
)


def value_of(code: str, words: Words) -> JSON:
    """The value of a literal; NotData for anything else."""
    reader = _Reader(words=words, tokens=_tokens(code))
    value = reader.value()
    if reader.tokens:
        raise NotData
    return value


def _tokens(code: str) -> list[tuple[str, str]]:
    found, place = [], 0
    while place < len(code):
        token = _TOKEN.match(code, place)
        if token is None or token.lastgroup is None:
            raise NotData
        found.append((token.lastgroup, token[token.lastgroup]))
        place = token.end()
    return found


@dataclass
class _Reader:
    words: Words
    tokens: list[tuple[str, str]] = field(default_factory=list)

    def value(self, depth: int = 0) -> JSON:
        kind, text = self._next()
        if kind == "text":
            return self._text(text)
        if kind == "number":
            return self._number(text)
        if kind == "word" and text in self.words.constants:
            return self.words.constants[text]
        if text in self.words.lists and depth < _DEEPEST:
            return self._list(text, depth + 1)
        raise NotData

    def _next(self) -> tuple[str, str]:
        if not self.tokens:
            raise NotData
        return self.tokens.pop(0)

    def _at(self, place: int) -> str:
        return self.tokens[place][1] if len(self.tokens) > place else ""

    def _list(self, opener: str, depth: int) -> JSON:
        close = self.words.lists[opener]
        if opener != "[" and self._next() != ("mark", "("):
            raise NotData
        named: dict[str, JSON] = {}
        values: list[JSON] = []
        while self._at(0) != close:
            if self._at(1) == "=":
                kind, name = self._next()
                self._next()
                named[self._text(name) if kind == "text" else name] = self.value(depth)
            else:
                values.append(self.value(depth))
            if self._at(0) == ",":
                self._next()
            elif self._at(0) != close:
                raise NotData
        self._next()
        if named and values:
            raise NotData
        return named or values

    def _number(self, text: str) -> JSON:
        digits = text.removesuffix("L")
        whole = re.fullmatch(r"[-+]?(0[xX][0-9a-fA-F]+|\d+)", digits)
        if text.endswith("L") or (whole and not self.words.floating):
            return int(digits, 0) if "x" in digits.lower() else int(float(digits))
        value = float(int(digits, 16)) if "x" in digits.lower() else float(digits)
        if value in (float("inf"), float("-inf")):
            raise NotData
        return value

    def _text(self, quoted: str) -> str:
        inner = quoted[1:-1]
        if self.words.interpolates and re.search(r"(?<!\\)\$", inner):
            raise NotData
        return _ESCAPE.sub(_unescaped, inner)


def _unescaped(found: re.Match[str]) -> str:
    said = found[1]
    if said[0] in "xuU" and len(said) > 1:
        code = int(said[1:].strip("{}"), 16)
        if code > 0x10FFFF:
            raise NotData
        return chr(code)
    if said not in _PLAIN:
        raise NotData
    return _PLAIN[said]
