"""What a CWL document names besides documents: files, folders and schemas, with their place in it.

Read from the text, not from what cwltool makes of it: so a document can be kept as it was written,
with no more changed than an address. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cwltool.builder import substitute
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

SCHEMAS = "$schemas"


@dataclass(frozen=True, kw_only=True)
class Named:
    """One text in a document that names something elsewhere."""

    #: The text, and where it stands in the document.
    text: str
    start: int
    end: int
    #: ``File``, ``Directory``, ``$schemas``; empty for any other text, which may name a document.
    kind: str = ""
    #: Suffixes and ``^`` patterns of a file's secondary files (CWL v1.2, secondaryFiles).
    patterns: tuple[str, ...] = ()

    def siblings(self) -> Iterator[str]:
        """The references of the secondary files that the patterns make."""
        folder, slash, name = self.text.rpartition("/")
        for pattern in self.patterns:
            yield folder + slash + substitute(name, pattern.removesuffix("?"))


def named(text: str) -> list[Named]:
    """Every text in a document that may name something; none when it is not YAML."""
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except YAMLError:
        return []
    walk = _Walk()
    walk.take(root)
    return sorted(walk.found.values(), key=lambda each: each.start)


@dataclass
class _Walk:
    #: By the place in the text: an alias stands for one place.
    found: dict[int, Named] = field(default_factory=dict)

    def take(self, node: Node | None, patterns: tuple[str, ...] = ()) -> None:
        if isinstance(node, ScalarNode):
            self._note(node, "")
        elif isinstance(node, SequenceNode):
            for each in node.value:
                self.take(each, patterns)
        elif isinstance(node, MappingNode):
            self._mapping(node, patterns)

    def _mapping(self, node: MappingNode, patterns: tuple[str, ...]) -> None:
        values = {key.value: value for key, value in node.value if isinstance(key, ScalarNode)}
        kind = _scalar(values.get("class"))
        if kind in ("File", "Directory"):
            where = values.get("location") or values.get("path")
            if isinstance(where, ScalarNode):
                self._note(where, kind, patterns)
        if isinstance(values.get(SCHEMAS), SequenceNode):
            for each in values[SCHEMAS].value:
                self._note(each, SCHEMAS)
        own = tuple(_patterns(values.get("secondaryFiles")))
        for key, value in values.items():
            self.take(value, own if key == "default" else ())

    def _note(self, node: Node, kind: str, patterns: tuple[str, ...] = ()) -> None:
        start, end = node.start_mark.index, node.end_mark.index
        if isinstance(node, ScalarNode) and start not in self.found:
            self.found[start] = Named(
                text=node.value, start=start, end=end, kind=kind, patterns=patterns
            )


def _scalar(node: Node | None) -> str:
    return str(node.value) if isinstance(node, ScalarNode) else ""


def _patterns(node: Node | None) -> Iterator[str]:
    """The patterns that are no expressions."""
    if isinstance(node, SequenceNode):
        for each in node.value:
            yield from _patterns(each)
    elif isinstance(node, MappingNode):
        yield from _patterns(next((v for k, v in node.value if k.value == "pattern"), None))
    elif isinstance(node, ScalarNode) and node.value and "$" not in node.value:
        yield node.value
