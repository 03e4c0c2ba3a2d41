"""Title, description, version, keywords and authors of a CWL process. Pure: from the document.

They stand in ``label``, ``doc`` and schema.org's words, on the process itself or at the top of
the document, under any prefix that ``$namespaces`` gives, the usual ones, or the full URI.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ruamel.yaml.scalarfloat import ScalarFloat

from jupyter_ades.model import JSON
from jupyter_ades.packages.cwl_types import text
from jupyter_ades.packages.export import ADES
from jupyter_ades.packages.identity import slug

_SCHEMA_ORG = re.compile(r"https?://(?:www\.)?schema\.org/")
#: Prefixes that packages use and sometimes forget to declare.
_USUAL = {"s": "https://schema.org/", "schema": "https://schema.org/", "ades": ADES}
#: Words that a process description has fields of its own for.
_OWN_FIELDS = frozenset({"softwareVersion", "keywords", "name", "description"})


@dataclass(frozen=True, kw_only=True)
class About:
    """What a package says of itself."""

    title: str = ""
    description: str = ""
    version: str = ""
    keywords: tuple[str, ...] = ()
    #: The runner that it asks for (``ades:runner``); empty for none.
    runner: str = ""
    #: Whether its jobs may run again whose worker was lost (``ades:resume``); None when not said.
    resume: bool | None = None
    #: The id that it asks for (``ades:id``), where the workflow's own says nothing: ``main``.
    identifier: str = ""
    #: The rest, as OGC 18-062r2's metadata.yaml has it.
    metadata: tuple[dict[str, JSON], ...] = ()


def read_about(process: Mapping[str, JSON], document: Mapping[str, JSON]) -> About:
    """What a process, as written, and the document around it say; the process goes first."""
    prefixes = {**_USUAL, **_namespaces(document), **_namespaces(process)}
    words = {**_words(document, prefixes), **_words(process, prefixes)}
    return About(
        title=_first(process, document, "label") or _shown(words.get("name")),
        description=_first(process, document, "doc") or _shown(words.get("description")),
        version=_shown(words.get("softwareVersion")),
        keywords=tuple(_keywords(words.get("keywords"))),
        runner=_shown(_own("runner", process, document, prefixes)),
        resume=_flag(_own("resume", process, document, prefixes)),
        identifier=slug(_shown(_own("id", process, document, prefixes))),
        metadata=tuple(_metadata(words)),
    )


def _own(
    word: str,
    process: Mapping[str, JSON],
    document: Mapping[str, JSON],
    prefixes: Mapping[str, str],
) -> JSON:
    """What one of our own words says, on the process or at the top; None when it is not there."""
    for key, value in (*process.items(), *document.items()):
        prefix, _, rest = str(key).partition(":")
        if f"{prefixes.get(prefix, f'{prefix}:')}{rest}" == f"{ADES}{word}":
            return value
    return None


def _flag(value: JSON) -> bool | None:
    return value if isinstance(value, bool) else None


def _namespaces(document: Mapping[str, JSON]) -> dict[str, str]:
    declared = document.get("$namespaces")
    return {**declared} if isinstance(declared, Mapping) else {}


def _words(written: Mapping[str, JSON], prefixes: Mapping[str, str]) -> dict[str, JSON]:
    """The schema.org words of a mapping: ``s:author`` -> ``author``."""
    found = {}
    for key, value in written.items():
        word = _word(str(key), prefixes)
        if word:
            found[word] = value
    return found


def _word(key: str, prefixes: Mapping[str, str]) -> str:
    prefix, colon, rest = key.partition(":")
    full = f"{prefixes[prefix]}{rest}" if colon and prefix in prefixes else key
    match = _SCHEMA_ORG.match(full)
    return full[match.end() :] if match else ""


def _first(process: Mapping[str, JSON], document: Mapping[str, JSON], key: str) -> str:
    return text(process.get(key)) or text(document.get(key))


def _keywords(value: JSON) -> Iterator[str]:
    """A list, a text with commas, or schema.org terms with a name."""
    if isinstance(value, str):
        yield from (word.strip() for word in value.split(",") if word.strip())
    elif isinstance(value, list):
        for each in value:
            yield from _keywords(each)
    elif isinstance(value, Mapping):
        yield from _keywords(_simple(value).get("name"))


def _metadata(words: Mapping[str, JSON]) -> Iterator[dict[str, JSON]]:
    for word, value in words.items():
        if word in _OWN_FIELDS:
            continue
        for each in value if isinstance(value, list) else [value]:
            yield _entry(word, _plain(each))


def _entry(word: str, value: JSON) -> dict[str, JSON]:
    entry: dict[str, JSON] = {"title": word, "role": f"https://schema.org/{word}"}
    href = value.get("@id") if isinstance(value, dict) and len(value) == 1 else value
    if isinstance(href, str) and href.startswith(("http://", "https://")):
        return {**entry, "href": href}
    return {**entry, "value": value}


def _plain(value: JSON) -> JSON:
    """A value without prefixes, so that a client reads ``name`` and not ``s:name``."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in _simple(value).items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, bool) or value is None or isinstance(value, int):
        return value
    return _shown(value)


def _simple(value: Mapping[str, JSON]) -> dict[str, JSON]:
    return {re.split(r"[:/]", str(key))[-1]: item for key, item in value.items()}


def _shown(value: JSON) -> str:
    """A scalar as it was written: ``1.10`` is a version, not the number 1.1."""
    if isinstance(value, ScalarFloat) and value._exp is None:
        return f"{value:.{max(value._width - value._prec - 1, 0)}f}"
    if value is None or isinstance(value, (list, Mapping)):
        return ""
    return str(value).strip()
