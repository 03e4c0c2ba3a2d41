"""What a bash assignment gives: a word, or an array of words; nothing is expanded."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jupyter_ades.model import JSON
from jupyter_ades.packages.notebook_types import NotData

_PIECE = re.compile(
    r"""(?P<ansi>\$'(?:[^'\\]|\\.)*')
    | (?P<single>'[^']*')
    | (?P<double>"(?:[^"\\]|\\.)*")
    | (?P<escaped>\\.)
    | (?P<blank>\s+)
    | (?P<plain>[^\s'"\\$`()|&;<>*?~{}\[\]!]+|!(?=\s|$))
    """,
    re.VERBOSE | re.DOTALL,
)
_INTEGER = re.compile(r"-?(0|[1-9]\d{0,17})")
_NUMBER = re.compile(r"-?(\d+\.\d*|\.\d+|\d+(?=[eE]))([eE][-+]?\d+)?")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}


class NoAssignment(ValueError):
    """More words than one: the name is set for a command."""


def bash_value(code: str) -> JSON:
    """The value of what follows the ``=``; NotData when bash would work it out.

    Raises NoAssignment for ``name=value command``.
    """
    if code.startswith("("):
        if not code.endswith(")"):
            raise NotData
        return _array(list(_words(code[1:-1])))
    words = list(_words(code))
    if len(words) > 1:
        raise NoAssignment
    return _typed(*words[0]) if words else ""


def _array(words: list[tuple[str, bool]]) -> JSON:
    """All of one type; texts when they are not."""
    values = [_typed(*word) for word in words]
    if len({type(value) for value in values}) > 1:
        return [text for text, _ in words]
    return values


def _typed(text: str, bare: bool) -> JSON:
    """A word without quotes may be a number or a boolean."""
    if not bare:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    return {"true": True, "false": False}.get(text, text)


def _words(code: str) -> Iterator[tuple[str, bool]]:
    """Each word's text, and whether it has no quotes."""
    word, begun, bare, place = "", False, True, 0
    while place < len(code):
        piece = _PIECE.match(code, place)
        if piece is None:
            raise NotData
        place = piece.end()
        if piece.lastgroup == "blank":
            if begun:
                yield word, bare
            word, begun, bare = "", False, True
            continue
        word, begun = word + _text(piece), True
        bare = bare and piece.lastgroup == "plain"
    if begun:
        yield word, bare


def _text(piece: re.Match[str]) -> str:
    text = piece[0]
    match piece.lastgroup:
        case "single":
            return text[1:-1]
        case "double":
            return _double(text[1:-1])
        case "ansi":
            return re.sub(r"\\(.)", _escape, text[2:-1], flags=re.DOTALL)
        case "escaped":
            return "" if text == "\\\n" else text[1]
    return text


def _double(inner: str) -> str:
    if re.search(r"(?<!\\)(?:\\\\)*[$`]", inner):
        raise NotData
    return re.sub(r'\\([$`"\\])', r"\1", inner).replace("\\\n", "")


def _escape(found: re.Match[str]) -> str:
    if found[1] not in _ESCAPES:
        raise NotData
    return _ESCAPES[found[1]]
