"""Bounds on the YAML of a CWL document, checked before anything is made of it.

cwltool's loader keeps aliases as references, constructs no objects, but walks what aliases stand
for again at each place: a few lines can stand for billions of nodes. Here the events of the text
are counted as if every alias were written out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentEndEvent,
    ScalarEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from jupyter_ades.errors import InvalidPackage, Problem

#: Nodes of one document, aliases written out.
MOST_NODES = 200_000
#: Lists and mappings within one another.
DEEPEST = 100
_STANDARD_TAG = "tag:yaml.org,2002:"
#: Tags of plain data; others would construct objects, or mean something to other programs only.
_PLAIN_TAGS = frozenset(
    {"binary", "bool", "float", "int", "map", "merge", "null", "omap", "seq", "set", "str"}
    | {"timestamp"}
)


def decode(data: bytes, name: str) -> str:
    """A document's text; InvalidPackage when it is not UTF-8."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _invalid(name, f"byte {error.start} is not UTF-8", f"byte {error.start}") from error
    return _without_surrogates(text)


def _without_surrogates(text: str) -> str:
    """JSON spells a character beyond U+FFFF as two escapes, which YAML does not join."""
    if "\\ud8" not in text.lower():
        return text
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=1)
    except (ValueError, RecursionError):
        return text


def check_yaml(text: str, name: str) -> None:
    """Raise InvalidPackage, with a line, for YAML that is not valid, not plain or out of bounds."""
    counter = _Counter(name)
    try:
        for event in _events(text):
            _check_tag(event, name)
            counter.take(event)
    except MarkedYAMLError as error:
        raise _unreadable(error, name) from error
    except YAMLError as error:
        reason = str(error).splitlines()[0]
        raise _invalid(name, f"it is not YAML: {reason}", name) from error
    if counter.nodes == 0:
        raise _invalid(name, "it is empty", name)


def check_bounds(text: str, name: str) -> None:
    """Raise InvalidPackage for a text that stands for too much, should it be read as YAML."""
    counter = _Counter(name)
    with suppress(YAMLError):
        for event in _events(text):
            counter.take(event)


def _events(text: str) -> Iterator[Any]:
    """The first document's events: cwltool reads no other."""
    for event in YAML(typ="safe", pure=True).parse(text):
        if isinstance(event, DocumentEndEvent):
            return
        if not isinstance(event, StreamStartEvent | StreamEndEvent):
            yield event


class _Counter:
    """Counts nodes as if every alias were written out."""

    def __init__(self, name: str) -> None:
        self._name = name
        #: Anchor to the nodes that it stands for, once its value has ended.
        self._sizes: dict[str, int] = {}
        #: Anchor and nodes of every list and mapping that has not ended, the document first.
        self._open: list[tuple[str | None, int]] = [(None, 0)]

    def take(self, event: Any) -> None:
        match event:
            case CollectionStartEvent():
                self._open.append((event.anchor, 1))
            case CollectionEndEvent():
                self._add(*self._open.pop())
            case ScalarEvent():
                self._add(event.anchor, 1)
            case AliasEvent():
                self._add(None, self._size(event))
        self._check(event)

    @property
    def nodes(self) -> int:
        """Nodes of the document, or of what is open in it."""
        return self._open[-1][1]

    def _size(self, alias: Any) -> int:
        if alias.anchor not in self._sizes:
            raise _at(alias, self._name, f"the alias *{alias.anchor} stands for nothing before it")
        return self._sizes[alias.anchor]

    def _add(self, anchor: str | None, nodes: int) -> None:
        outer, count = self._open[-1]
        self._open[-1] = (outer, count + nodes)
        if anchor:
            self._sizes[anchor] = nodes

    def _check(self, event: Any) -> None:
        if len(self._open) > DEEPEST:
            raise _at(event, self._name, f"lists and mappings are nested more than {DEEPEST} deep")
        if self.nodes > MOST_NODES:
            raise _at(event, self._name, f"it stands for more than {MOST_NODES} values")


def _check_tag(event: Any, name: str) -> None:
    tag = str(getattr(event, "tag", None) or "!")
    if tag != "!" and tag.removeprefix(_STANDARD_TAG) not in _PLAIN_TAGS:
        shown = tag.replace(_STANDARD_TAG, "!!")
        raise _at(event, name, f"the tag {shown} is not allowed: CWL is plain data")


def _at(event: Any, name: str, reason: str) -> InvalidPackage:
    mark = event.start_mark
    return _invalid(name, reason, f"line {mark.line + 1}, column {mark.column + 1}")


def _unreadable(error: MarkedYAMLError, name: str) -> InvalidPackage:
    mark = error.problem_mark or error.context_mark
    where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else name
    reason = ", ".join(part for part in (error.context, error.problem) if part)
    return _invalid(name, f"it is not YAML: {reason}", where)


def _invalid(name: str, reason: str, where: str) -> InvalidPackage:
    place = "" if where == name else f" ({where})"
    return InvalidPackage(f"{name}: {reason}{place}.", (Problem(path=where, detail=f"{reason}."),))
