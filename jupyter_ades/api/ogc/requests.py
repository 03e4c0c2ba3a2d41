"""Execute requests in OGC's words (18-062r2, execute.yaml). Pure."""

from __future__ import annotations

import base64
import binascii
import json
import mimetypes
from collections.abc import Mapping

from jupyter_ades.api.dialect import QUALIFIED, read_object
from jupyter_ades.api.ogc.schemas import is_text
from jupyter_ades.errors import InvalidRequest, Problem
from jupyter_ades.model import JSON, STAGE_IN, ExecuteRequest, Process

RESPONSES = ("raw", "document")
TRANSMISSIONS = ("value", "reference")
Schema = Mapping[str, JSON]


def read_request(body: JSON, process: Process) -> ExecuteRequest:
    """What a request wants executed; InvalidRequest with every problem of its form."""
    document = read_object(body)
    problems = _Problems()
    response = document.get("response")
    if response is not None and response not in RESPONSES:
        problems.add("response", "'raw' or 'document' is expected.")
    request = ExecuteRequest(
        inputs=_inputs(document.get("inputs", {}), process, problems),
        outputs=_outputs(document.get("outputs"), process, problems),
        response=response if isinstance(response, str) else None,
        subscriber=_subscriber(document.get("subscriber"), problems),
        runner=_runner(document.get("runner", ""), problems),
    )
    problems.settle()
    return request


class _Problems:
    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, path: str, detail: str) -> None:
        self.found.append(Problem(path=path, detail=detail))

    def settle(self) -> None:
        """Raise when there is one."""
        if self.found:
            detail = "; ".join(f"{each.path}: {each.detail}" for each in self.found)
            raise InvalidRequest(detail, tuple(self.found))


def _subscriber(given: JSON, problems: _Problems) -> dict[str, JSON] | None:
    if given is None or isinstance(given, dict):
        return given
    problems.add("subscriber", "an object with 'successUri' is expected.")
    return None


def _runner(given: JSON, problems: _Problems) -> str:
    if isinstance(given, str):
        return given
    problems.add("runner", "the name of a runner is expected.")
    return ""


def _outputs(given: JSON, process: Process, problems: _Problems) -> dict[str, JSON] | None:
    if given is None:
        return None
    if not isinstance(given, dict):
        problems.add("outputs", "an object of output ids is expected.")
        return None
    known = [each.id for each in process.outputs]
    for name, wish in given.items():
        path = f"outputs.{name[:100]}"
        if name not in known:
            its = ", ".join(known) or "none"
            problems.add(path, f"{process.id} has no such output; its outputs are {its}.")
        elif not isinstance(wish, dict):
            problems.add(path, "an object is expected; {} asks for it as it is.")
        else:
            _wish(wish, path, problems)
    return given


def _wish(wish: Mapping[str, JSON], path: str, problems: _Problems) -> None:
    """How one output is wanted."""
    if wish.get("transmissionMode", "value") not in TRANSMISSIONS:
        problems.add(f"{path}.transmissionMode", "'value' or 'reference' is expected.")
    form = wish.get("format", {})
    words = [form.get(key, "") for key in ("mediaType", "encoding")] if _is_map(form) else [None]
    if not all(isinstance(each, str) for each in words):
        problems.add(f"{path}.format", "an object with 'mediaType' is expected.")


def _is_map(value: JSON) -> bool:
    return isinstance(value, dict)


def _inputs(given: JSON, process: Process, problems: _Problems) -> dict[str, JSON]:
    if not isinstance(given, dict):
        problems.add("inputs", "an object of input ids and values is expected.")
        return {}
    schemas = {each.id: each.schema for each in process.inputs}
    return {
        name: _value(value, schemas.get(name, {}), f"inputs.{name[:100]}", problems)
        for name, value in given.items()
    }


def _value(value: JSON, schema: Schema, path: str, problems: _Problems) -> JSON:
    """An inline or qualified value as the core knows it."""
    if isinstance(value, list):
        items = schema.get("items")
        within = items if isinstance(items, dict) else schema
        return [_value(each, within, f"{path}[{n}]", problems) for n, each in enumerate(value)]
    if not _is_qualified(value, schema):
        return value
    plain = value["value"]
    if _kinds(schema):
        return _file(value, plain, schema, path, problems)
    if value.get("encoding") == "base64" and not _is_binary(schema):
        return _as_text(_decoded(plain, path, problems), plain)
    if isinstance(plain, (dict, list)) and is_text(schema):
        return json.dumps(plain)
    return plain


def _is_qualified(value: JSON, schema: Schema) -> bool:
    """Whether ``value`` wraps the value, and is no property of the input's own."""
    if not isinstance(value, dict) or "value" not in value or not value.keys() <= QUALIFIED:
        return False
    return "value" not in (schema.get("properties") or {})


def _media_type(value: Mapping[str, JSON]) -> str:
    form = value.get("format")
    said = value.get("mediaType") or (form.get("mediaType") if isinstance(form, dict) else "")
    return said if isinstance(said, str) else ""


def _kinds(schema: Schema) -> set[str]:
    """How values of a schema are staged in; empty when they are not."""
    branches = [schema, *(schema.get("anyOf") or []), *(schema.get("oneOf") or [])]
    return {str(each[STAGE_IN]) for each in branches if isinstance(each, dict) and STAGE_IN in each}


def _is_binary(schema: Schema) -> bool:
    """Whether the string itself is wanted in base64."""
    return schema.get("contentEncoding") in ("base64", "binary") or schema.get("format") == "byte"


def _file(
    value: Mapping[str, JSON], plain: JSON, schema: Schema, path: str, problems: _Problems
) -> JSON:
    """A file that a request carries, as text, as JSON or in base64: CWL's word for that."""
    if isinstance(plain, dict) and "file" not in _kinds(schema):
        return plain
    name = f"value{mimetypes.guess_extension(_media_type(value)) or ''}"
    if value.get("encoding") == "base64":
        _decoded(plain, path, problems)
        return {"class": "File", "basename": name, "contents": plain, "encoding": "base64"}
    text = plain if isinstance(plain, str) else json.dumps(plain)
    return {"class": "File", "basename": name, "contents": text}


def _as_text(decoded: bytes | None, plain: JSON) -> JSON:
    """Decoded text; what is no text stays in base64."""
    try:
        return plain if decoded is None else decoded.decode()
    except UnicodeDecodeError:
        return plain


def _decoded(plain: JSON, path: str, problems: _Problems) -> bytes | None:
    try:
        if isinstance(plain, str):
            return base64.b64decode("".join(plain.split()), validate=True)
    except (binascii.Error, ValueError):
        pass
    problems.add(path, "a string in base64 is expected.")
    return None
