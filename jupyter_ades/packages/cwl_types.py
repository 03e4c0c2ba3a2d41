"""CWL types as JSON Schema, and as people write them. Pure: from the resolved document's data.

A type is what cwltool makes of v1.0, v1.1 and v1.2 alike: a name (``string``, or the URI of a
SchemaDefRequirement's type), a list (a union), or a mapping (``array``, ``enum``, ``record``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from jupyter_ades.model import JSON, Input, Output
from jupyter_ades.packages.schemas import (
    Schema,
    any_value,
    file_link,
    nullable,
    reference,
    union,
)

_PLAIN: dict[str, Schema] = {
    "null": {"type": "null"},
    "boolean": {"type": "boolean"},
    "int": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    "long": {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
    "float": {"type": "number"},
    "double": {"type": "number"},
    "string": {"type": "string"},
}
#: Types of https://github.com/eoap/schemas that many packages import, by file and name: what
#: their one field ``value`` holds, or what the whole record is.
_SHARED_TYPE = re.compile(r"\b(string_format|ogc|geojson)\.ya?ml[#/](\w+)$")
_STRING_FORMATS = {
    "Date": "date",
    "DateTime": "date-time",
    "Duration": "duration",
    "Email": "email",
    "Hostname": "hostname",
    "IPv4": "ipv4",
    "IPv6": "ipv6",
    "IRI": "iri",
    "IRIReference": "iri-reference",
    "Password": "password",
    "Time": "time",
    "URI": "uri",
    "URIReference": "uri-reference",
    "URITemplate": "uri-template",
    "UUID": "uuid",
}
_RECORD_FORMATS = {
    "BBox": "ogc-bbox",
    "Feature": "geojson-feature",
    "FeatureCollection": "geojson-feature-collection",
    **dict.fromkeys(
        ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"),
        "geojson-geometry",
    ),
}


def short(identifier: str) -> str:
    """The last part of a CWL identifier: ``file:///app.cwl#snuggs/bands`` -> ``bands``."""
    return re.split(r"[#/]", identifier)[-1]


@dataclass(frozen=True, kw_only=True)
class TypeReader:
    """Reads the types of one process."""

    #: The named types that the document defines, by URI.
    named: Mapping[str, JSON] = field(default_factory=dict)
    #: Whether files are something that the process gives, not something it takes.
    giving: bool = False
    #: Names that are being read, so that a type that contains itself ends.
    _open: frozenset[str] = frozenset()

    def schema(self, kind: JSON) -> Schema:
        """A type as JSON Schema."""
        if isinstance(kind, str):
            return self._name(kind)
        if isinstance(kind, list):
            return self._union(kind)
        match kind.get("type"):
            case "array":
                return {"type": "array", "items": self.schema(kind["items"])}
            case "enum":
                return {"type": "string", "enum": [short(each) for each in kind["symbols"]]}
            case "record":
                return self._record(kind)
            case inner:
                return self.schema(inner)

    def spell(self, kind: JSON) -> str:
        """A type as CWL's short form has it: ``string[]``, ``Directory?``, ``int | string``."""
        if isinstance(kind, str):
            return short(kind)
        if isinstance(kind, list):
            inner = [self.spell(each) for each in kind if each != "null"]
            joined = " | ".join(inner)
            if len(inner) == len(kind):
                return joined
            return f"{joined}?" if len(inner) == 1 else " | ".join(["null", *inner])
        match kind.get("type"):
            case "array":
                items = self.spell(kind["items"])
                return f"({items})[]" if " | " in items or items.endswith("?") else f"{items}[]"
            case "enum":
                symbols = ", ".join(short(each) for each in kind["symbols"])
                return short(kind["name"]) if _is_named(kind) else f"enum[{symbols}]"
            case "record":
                return short(kind["name"]) if _is_named(kind) else f"record[{self._fields(kind)}]"
            case inner:
                return self.spell(inner)

    def _name(self, name: str) -> Schema:
        plain = short(name)
        if plain in _PLAIN and name not in self.named:
            return dict(_PLAIN[plain])
        if plain == "Any":
            return any_value()
        if plain in ("File", "Directory"):
            return self._file("file" if plain == "File" else "directory")
        if name in self._open or name not in self.named:
            return any_value()
        return replace(self, _open=self._open | {name}).schema(self.named[name])

    def _file(self, kind: str) -> Schema:
        if self.giving:
            return file_link()
        return reference("file" if kind == "file" else "directory")

    def _union(self, kinds: list[JSON]) -> Schema:
        schemas = [self.schema(kind) for kind in kinds if kind != "null"]
        if not schemas:
            return dict(_PLAIN["null"])
        whole = union(schemas)
        return nullable(whole) if len(schemas) < len(kinds) else whole

    def _record(self, kind: Mapping[str, JSON]) -> Schema:
        fields = kind.get("fields") or []
        schema: Schema = {
            "type": "object",
            "properties": {short(each["name"]): self._field(each) for each in fields},
        }
        required = [short(each["name"]) for each in fields if not is_optional(each["type"])]
        if required:
            schema["required"] = required
        if _is_named(kind):
            schema["title"] = short(kind["name"])
            _add_meaning(schema, kind["name"])
        return schema

    def _field(self, each: Mapping[str, JSON]) -> Schema:
        schema = self.schema(each["type"])
        described = {"title": text(each.get("label")), "description": text(each.get("doc"))}
        return {**schema, **{key: value for key, value in described.items() if value}}

    def _fields(self, kind: Mapping[str, JSON]) -> str:
        return ", ".join(
            f"{short(each['name'])}: {self.spell(each['type'])}" for each in kind["fields"]
        )


def _is_named(kind: Mapping[str, JSON]) -> bool:
    return bool(kind.get("name")) and not str(kind["name"]).startswith("_:")


def _add_meaning(schema: Schema, name: str) -> None:
    """Say what a shared record type stands for, which its CWL fields alone do not."""
    found = _SHARED_TYPE.search(name)
    if not found:
        return
    kind = found.group(2)
    if kind in _STRING_FORMATS and "value" in schema["properties"]:
        schema["properties"]["value"]["format"] = _STRING_FORMATS[kind]
    elif kind in _RECORD_FORMATS:
        schema["format"] = _RECORD_FORMATS[kind]


def is_optional(kind: JSON) -> bool:
    """Whether a value of this type may be absent."""
    return kind == "null" or (isinstance(kind, list) and "null" in kind)


def text(doc: JSON) -> str:
    """A ``label`` or ``doc``, which may be a list of lines."""
    if isinstance(doc, list):
        return "\n".join(str(line) for line in doc).strip()
    return str(doc).strip() if doc else ""


def read_input(parameter: Mapping[str, JSON], types: TypeReader, *, secret: bool) -> Input:
    """An input parameter of a resolved CWL process."""
    kind = parameter["type"]
    schema = types.schema(kind)
    has_default = parameter.get("default") is not None
    if has_default:
        schema |= _shown_default(parameter["default"])
    if secret:
        schema["writeOnly"] = True
    return Input(
        id=short(parameter["id"]),
        title=text(parameter.get("label")),
        description=text(parameter.get("doc")),
        schema=schema,
        required=not (has_default or is_optional(kind)),
        package_type=types.spell(kind),
    )


def read_output(parameter: Mapping[str, JSON], types: TypeReader) -> Output:
    """An output parameter of a resolved CWL process."""
    return Output(
        id=short(parameter["id"]),
        title=text(parameter.get("label")),
        description=text(parameter.get("doc")),
        schema=types.schema(parameter["type"]),
        package_type=types.spell(parameter["type"]),
    )


def _shown_default(value: JSON) -> Schema:
    """A default as a request could send it; files inside the package cannot be named there."""
    if _holds_file(value):
        return {}
    return {"default": value}


def _holds_file(value: JSON) -> bool:
    if isinstance(value, list):
        return any(_holds_file(each) for each in value)
    if not isinstance(value, dict):
        return False
    if value.get("class") in ("File", "Directory"):
        return True
    return any(_holds_file(each) for each in value.values())
