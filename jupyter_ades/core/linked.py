"""Values of literal and JSON inputs that a request gives by a link: fetched before it is accepted.

Files and folders stay links: the worker stages them in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from jupyter_ades.core.coercion import accepts
from jupyter_ades.core.limits import Limits
from jupyter_ades.errors import AdesError, InvalidInputs, Problem
from jupyter_ades.model import JSON, STAGE_IN, FetchPolicy, Process
from jupyter_ades.redaction import secret_inputs

#: Keys of a link (OGC 18-062r2, link.yaml).
LINK = frozenset({"href", "type", "rel", "title", "hreflang"})


def resolve(
    process: Process, inputs: Mapping[str, JSON], policy: FetchPolicy, limits: Limits
) -> dict[str, JSON]:
    """The inputs with what their links name; blocks, so it runs beside the core's thread.

    InvalidInputs, with every problem, for what cannot be fetched.
    """
    schemas = {each.id: each.schema for each in process.inputs}
    quick = replace(
        policy,
        timeout=limits.literal_timeout,
        seconds=limits.literal_timeout,
        max_bytes=limits.literal_max_bytes,
        attempts=1,
    )
    problems: list[Problem] = []
    found: dict[str, JSON] = {}
    secret = secret_inputs(process)
    for name, value in inputs.items():
        path, own = f"inputs.{name}", list[Problem]()
        found[name] = _resolved(value, schemas.get(name), path, quick, own)
        if own and name in secret:
            own = [Problem(path=path, detail="what its link, which is secret, names is not read.")]
        problems += own
    if problems:
        raise InvalidInputs(
            "; ".join(f"{each.path}: {each.detail}" for each in problems), tuple(problems)
        )
    return found


def names_links(process: Process, inputs: Mapping[str, JSON]) -> bool:
    """Whether there is something to fetch."""
    schemas = {each.id: each.schema for each in process.inputs}
    return any(_has_link(value, schemas.get(name)) for name, value in inputs.items())


def _has_link(value: JSON, schema: JSON) -> bool:
    if isinstance(value, list) and isinstance(schema, dict):
        return any(_has_link(each, schema.get("items", schema)) for each in value)
    return _is_link(value, schema)


def _resolved(
    value: JSON, schema: JSON, path: str, policy: FetchPolicy, problems: list[Problem]
) -> JSON:
    if isinstance(value, list) and isinstance(schema, dict):
        items = schema.get("items", schema)
        return [
            _resolved(each, items, f"{path}[{n}]", policy, problems) for n, each in enumerate(value)
        ]
    if not _is_link(value, schema):
        return value
    # Here, as urllib3 takes a while to load.
    from jupyter_ades.fetch import fetch_bytes

    try:
        data, media_type, _ = fetch_bytes(value["href"], policy, policy.max_bytes)
        return _read(data, str(value.get("type") or media_type), schema)
    except AdesError as error:
        problems.append(Problem(path=path, detail=error.detail))
    except ValueError as error:
        problems.append(Problem(path=path, detail=f"what its link names cannot be read: {error}."))
    return value


def _is_link(value: JSON, schema: JSON) -> bool:
    """Whether a value is a link to the value, not a value of this form."""
    if not isinstance(schema, dict) or _stages_in(schema) or not isinstance(value, dict):
        return False
    if not isinstance(value.get("href"), str) or not value.keys() <= LINK:
        return False
    return not (schema and "type" in schema and accepts(schema, value))


def _stages_in(schema: JSON) -> bool:
    if isinstance(schema, list):
        return any(_stages_in(each) for each in schema)
    if not isinstance(schema, dict):
        return False
    return STAGE_IN in schema or any(_stages_in(each) for each in schema.values())


def _read(data: bytes, media_type: str, schema: Mapping[str, JSON]) -> JSON:
    """Bytes as the value that the schema wants: as text where text will do."""
    text = data.decode().rstrip("\r\n")
    is_json = media_type.partition(";")[0].strip().endswith("json")
    if not is_json and accepts(schema, text):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
