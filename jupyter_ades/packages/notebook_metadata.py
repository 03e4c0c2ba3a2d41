"""What a notebook's ``metadata.ades`` says of its jobs' resources and of its secret inputs."""

from __future__ import annotations

from dataclasses import replace

from jupyter_ades.errors import InvalidPackage, Problem
from jupyter_ades.model import JSON, Input
from jupyter_ades.resources import Resources, read_stated


def read_resources(said: JSON) -> Resources:
    """``metadata.ades.resources``; InvalidPackage when it cannot be understood."""
    try:
        return Resources() if said is None else read_stated(said)
    except ValueError as error:
        raise _wrong("resources", str(error)) from None


def with_secrets(inputs: tuple[Input, ...], said: JSON) -> tuple[Input, ...]:
    """The inputs, those in ``metadata.ades.secrets`` with ``writeOnly`` (JSON Schema 2020-12)."""
    if said is None:
        return inputs
    known = [each.id for each in inputs]
    if not isinstance(said, list) or not all(isinstance(each, str) for each in said):
        raise _wrong("secrets", "a list of input ids is expected")
    for name in said:
        if name not in known:
            its = ", ".join(known) or "none"
            raise _wrong("secrets", f"there is no input '{name[:100]}'; the inputs are {its}")
    return tuple(
        replace(each, schema={**each.schema, "writeOnly": True}) if each.id in said else each
        for each in inputs
    )


def _wrong(word: str, reason: str) -> InvalidPackage:
    path = f"metadata.ades.{word}"
    return InvalidPackage(f"{path}: {reason}.", (Problem(path=path, detail=f"{reason}."),))
