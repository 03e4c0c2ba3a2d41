"""A notebook's outputs: the two that every one has, and those that it declares.

``metadata.ades.outputs: {"mean": "number", "map": {"type": "File", "mediaType": "image/tiff"}}``
names outputs that the notebook gives when it runs (:mod:`jupyter_ades.runners.notebook_outputs`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jupyter_ades.errors import InvalidPackage, Problem
from jupyter_ades.giving import OUTPUTS_FILE
from jupyter_ades.json_schema import UnusableSchema, check_schema
from jupyter_ades.model import JSON, Output
from jupyter_ades.packages.schemas import Schema, file_link, nullable
from jupyter_ades.runners.notebook_outputs import RESERVED

_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")
#: JSON Schema's types by name; a number that is not finite is none in JSON.
_TYPES = ("string", "number", "integer", "boolean", "array", "object")
_FILES = ("File", "Directory")
_KEYS = {"type", "mediaType", "schema", "title", "description", "optional"}


def read_outputs(declared: JSON, media_type: str) -> tuple[Output, ...]:
    """What the notebook gives; InvalidPackage for a declaration that cannot be understood."""
    if declared is not None and not isinstance(declared, dict):
        raise _wrong("", "an object of output ids and types is expected")
    return (*_always(media_type), *_declared(declared or {}))


def _always(media_type: str) -> tuple[Output, ...]:
    return (
        Output(
            id="notebook",
            title="Executed notebook",
            description="The notebook with the outputs of its cells.",
            schema=file_link(media_type),
        ),
        Output(
            id="results",
            title="Results",
            description="Every file that the notebook wrote in its folder.",
            schema={"type": "array", "items": file_link()},
        ),
    )


def _declared(declared: dict[str, JSON]) -> Iterator[Output]:
    for name, value in declared.items():
        if name in RESERVED:
            raise _wrong(name, "every notebook has an output of this name; take another")
        if not _ID.fullmatch(name):
            raise _wrong(name, "an id has letters, digits, '_', '.' and '-', 100 at most")
        said = {"type": value} if isinstance(value, str) else value
        if not isinstance(said, dict) or not said.keys() <= _KEYS:
            raise _wrong(name, f"a type, or an object of {', '.join(sorted(_KEYS))} is expected")
        yield Output(
            id=name,
            title=str(said.get("title") or ""),
            description=str(said.get("description") or f"Given by the notebook in {OUTPUTS_FILE}."),
            schema=_schema(name, said),
        )


def _schema(name: str, said: dict[str, JSON]) -> Schema:
    kind = said.get("type")
    if isinstance(said.get("schema"), dict):
        schema = _checked(name, said["schema"])
    elif kind in _FILES:
        schema = file_link("inode/directory" if kind == "Directory" else said.get("mediaType", ""))
    elif kind in _TYPES:
        schema = {"type": kind}
    else:
        raise _wrong(name, f"its type is one of {', '.join((*_TYPES, *_FILES))}, or give a schema")
    return nullable(schema) if said.get("optional") is True else schema


def _checked(name: str, schema: Schema) -> Schema:
    try:
        check_schema(schema)
    except UnusableSchema as error:
        raise _wrong(name, f"its schema: {error}") from None
    return schema


def _wrong(name: str, reason: str) -> InvalidPackage:
    path = f"metadata.ades.outputs{f'.{name[:100]}' if name else ''}"
    return InvalidPackage(f"{path}: {reason}.", (Problem(path=path, detail=f"{reason}."),))
