"""Papermill's translators for R, bash and Julia where values would not arrive as they were sent.

R and Julia read ``\\xe9`` as a byte and Julia puts variables into texts; an R list is no vector; a
bash kernel is a terminal, to which a tab or a newline inside quotes is a key. Values stay data.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any, NoReturn

from papermill.exceptions import PapermillException
from papermill.translators import BashTranslator, JuliaTranslator, RTranslator

from jupyter_ades.model import JSON

_SIMPLE = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def escaped(text: str, more: Mapping[str, str]) -> str:
    """A text in double quotes with every character that is not plain ASCII as ``\\uXXXX``."""
    plain = {**_SIMPLE, **more}
    return '"' + "".join(plain.get(each) or _code_point(each) for each in text) + '"'


def _code_point(character: str) -> str:
    if " " <= character <= "~":
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


class R(RTranslator):  # type: ignore[misc]
    """Papermill's R, with exact texts, and vectors for lists of plain values of one type."""

    @classmethod
    def translate_str(cls, val: str) -> str:
        """A text; PapermillException for one that R cannot hold."""
        if "\0" in val:
            _refuse("R", "a NUL character")
        return escaped(val, {})

    @classmethod
    def translate_list(cls, val: list[JSON]) -> str:
        """``c(...)`` for plain values of one type, else ``list(...)``."""
        kinds = {float if type(each) is int else type(each) for each in val}
        vector = len(kinds) == 1 and isinstance(val[0], (str, bool, int, float))
        return f"{'c' if vector else 'list'}({', '.join(cls.translate(each) for each in val)})"

    @classmethod
    def translate_dict(cls, val: Mapping[str, JSON]) -> str:
        """A named list; R has no way to write an empty name but this."""
        values = f"list({', '.join(cls.translate(each) for each in val.values())})"
        names = ", ".join(cls.translate_str(key) for key in val)
        return f"structure({values}, names = c({names}))" if val else values

    @classmethod
    def inspect(cls, parameters_cell: object) -> list[object]:
        """Nothing: inputs were checked before."""
        return []


class Julia(JuliaTranslator):  # type: ignore[misc]
    """Papermill's Julia, with exact texts."""

    @classmethod
    def translate_str(cls, val: str) -> str:
        """A text in which no variable is put."""
        return escaped(val, {"$": "\\$"})

    @classmethod
    def inspect(cls, parameters_cell: object) -> list[object]:
        """Nothing: inputs were checked before."""
        return []


class Bash(BashTranslator):  # type: ignore[misc]
    """Papermill's bash; what bash has no type for arrives as its JSON."""

    @classmethod
    def translate_str(cls, val: str) -> str:
        """One word; PapermillException for a text that bash cannot hold."""
        if "\0" in val:
            _refuse("bash", "a NUL character")
        if val.isascii() and val.isprintable():
            return shlex.quote(val)
        return "$'" + "".join(_bash_byte(each) for each in val.encode("utf-8", "replace")) + "'"

    @classmethod
    def translate_dict(cls, val: Mapping[str, JSON]) -> str:
        """Its JSON."""
        return cls.translate_str(json.dumps(val, ensure_ascii=False))

    @classmethod
    def translate_list(cls, val: list[JSON]) -> str:
        """An array of words; a list in it is its JSON."""
        words = [
            cls.translate_str(json.dumps(each, ensure_ascii=False))
            if isinstance(each, (list, dict))
            else cls.translate(each) or "''"
            for each in val
        ]
        return f"({' '.join(words)})"

    @classmethod
    def inspect(cls, parameters_cell: object) -> list[object]:
        """Nothing: inputs were checked before."""
        return []


def _bash_byte(byte: int) -> str:
    character = chr(byte)
    if character in "\\'":
        return f"\\{character}"
    if " " <= character <= "~":
        return character
    return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character) or f"\\x{byte:02x}"


def _refuse(language: str, what: str) -> NoReturn:
    raise PapermillException(f"a value has {what}, which no text of {language} can have")


#: A kernel's language, in lower case, to its translator.
TRANSLATORS: dict[str, type[Any]] = {"r": R, "julia": Julia, "bash": Bash}
