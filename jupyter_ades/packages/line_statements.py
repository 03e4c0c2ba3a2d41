"""Statements of R, bash and Julia and the comments that end them. Nothing is run or expanded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

_REST = r"""
 | (?P<open>[(\[{]) | (?P<close>[)\]}])
 | (?P<end>[\n;])
 | (?P<code>\\.|.)
"""
#: What a language's text is made of: quoted texts, comments, brackets, ends of statements, rest.
TOKENS = {
    "bash": re.compile(
        r"""(?P<quoted>\$?'(?:(?<=\$')(?:[^'\\]|\\.)*|[^']*)'|"(?:[^"\\]|\\.)*")"""
        + r"| (?P<comment>(?<!\S)\#[^\n]*)"
        + _REST,
        re.VERBOSE | re.DOTALL,
    ),
    "r": re.compile(
        r"""(?P<quoted>\b[rR](["'])\(.*?\)\2|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)"""
        + r"| (?P<comment>\#[^\n]*)"
        + _REST,
        re.VERBOSE | re.DOTALL,
    ),
    "julia": re.compile(
        r'''(?P<quoted>""".*?"""|"(?:[^"\\]|\\.)*")'''
        + r"| (?P<comment>\#=.*?=\#|\#[^\n]*)"
        + _REST,
        re.VERBOSE | re.DOTALL,
    ),
}


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement of a cell."""

    #: Without comments, and without blanks around it.
    code: str
    #: The comment that ends it, without its mark; else the one on its first line.
    comment: str
    #: Its last line, from 1.
    line: int


def statements(source: str, language: str) -> list[Statement]:
    """The statements of a cell in their order."""
    found: list[Statement] = []
    for each in _parts(source, TOKENS[language]):
        if each.code:
            found.append(each)
        elif each.comment and found and found[-1].line == each.line:
            found[-1] = replace(found[-1], comment=each.comment)
    return found


def _parts(source: str, tokens: re.Pattern[str]) -> Iterator[Statement]:
    """Statements, and comments that stand alone."""
    code, comment, depth, line = "", "", 0, 1
    for token in tokens.finditer(source):
        kind, text = token.lastgroup, token[0]
        if kind == "comment":
            text = text.strip("#= \t") if depth == 0 or "\n" not in code else ""
            comment = text or comment
            continue
        depth = max(0, depth + (kind == "open") - (kind == "close"))
        if kind == "end" and depth == 0:
            yield Statement(code=code.strip(), comment=comment, line=line)
            code, comment = "", ""
        else:
            code += text
        line += text.count("\n")
    yield Statement(code=code.strip(), comment=comment, line=line)
