"""A notebook's title and description: its first heading and paragraph. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

_HEADING = re.compile(r" {0,3}#{1,6}\s+(.+?)\s*#*\s*")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)\s*")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")


def title_and_description(markdown: Iterable[str]) -> tuple[str, str]:
    """The first heading of all cells, and the first paragraph after it (or of all)."""
    title, description = "", ""
    for source in markdown:
        for block in _blocks(source):
            heading = _heading(block)
            if heading and not title:
                title, description = heading, ""
            elif not heading and not description:
                description = _plain(" ".join(line.strip() for line in block))
        if title and description:
            break
    return title, description


def _blocks(source: str) -> list[list[str]]:
    """Lines that belong together; headings stand alone, code and HTML are left out."""
    blocks: list[list[str]] = [[]]
    fenced = False
    for line in source.splitlines():
        if _FENCE.match(line):
            fenced = not fenced
            blocks.append([])
        elif fenced or not line.strip() or line.lstrip().startswith(("<", "![")):
            blocks.append([])
        elif _HEADING.fullmatch(line):
            blocks += [[line], []]
        elif _UNDERLINE.fullmatch(line) and blocks[-1]:
            blocks[-1].append(line)
            blocks.append([])
        else:
            blocks[-1].append(line)
    return [block for block in blocks if block]


def _heading(block: list[str]) -> str:
    found = _HEADING.fullmatch(block[0])
    if found:
        return _plain(found.group(1))
    if len(block) == 2 and _UNDERLINE.fullmatch(block[1]):
        return _plain(block[0].strip())
    return ""


def _plain(text: str) -> str:
    """Text without Markdown's marks for links, emphasis and code."""
    return re.sub(r"(\*\*|__|`|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w))", "", _LINK.sub(r"\1", text))
