"""A notebook process as a CWL application package, which every CWL runner can carry. Pure.

The notebook and the files that came with it stand in the package itself, as literals; the tool is
this package's own program, so an image for it has jupyter_ades and the notebook's kernel.
"""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from jupyter_ades.model import JSON, STAGE_IN, Input, Output, Process
from jupyter_ades.resources import MEBIBYTE, Resources

#: What our own words in CWL begin with, ``ades:runner``.
ADES = "https://schema.jupyter-ades.org/cwl#"
CWLTOOL = "http://commonwl.org/cwltool#"
#: Cores and MiB of memory of a notebook that says nothing of them.
CORES, MEMORY = 1, 1024
#: The process and the tool in an exported package.
MAIN, TOOL = "main", "notebook"
#: Inputs of the tool that the process does not have: no notebook's parameter has a hyphen.
PROCESS, NOTEBOOK = "ades-process", "ades-notebook"
#: In the tool's folder: the inputs' values as JSON, less what is a file.
VALUES = "ades-inputs.json"
#: And what a file with a secret's own text is called.
SECRET = "ades-secret-"
#: How the tool is told of a file or folder of an input.
PATH = "--path:"
_TYPES = {"string": "string", "integer": "long", "number": "double", "boolean": "boolean"}
_STAGED = {"file": "File", "directory": "Directory", "stac-item": "Directory"}
_SYMBOL = re.compile(r"[A-Za-z0-9_.-]+")
_PROGRAM = ["python3", "-m", "jupyter_ades.programs.notebook_step"]
Document = dict[str, Any]


def export(process: Process, package: Path, *, image: str = "") -> Document:
    """The CWL document of a notebook process whose package lies in a folder.

    ``image`` is the container image that its tool runs in; empty names none.
    """
    described = {each.id: _described(each) for each in process.inputs}
    outputs = {each.id: _output_type(each) for each in process.outputs}
    secrets = [each.id for each in process.inputs if each.schema.get("writeOnly")]
    workflow = {
        "class": "Workflow",
        "id": MAIN,
        "label": process.title or process.id,
        "doc": process.description or process.title or process.id,
        "inputs": {name: {**each, "type": kind} for name, (kind, each) in described.items()},
        "outputs": {
            each.id: {
                "type": outputs[each.id],
                **_words(each),
                "outputSource": f"run/{each.id}",
            }
            for each in process.outputs
        },
        **({"hints": {"cwltool:Secrets": {"secrets": secrets}}} if secrets else {}),
        "steps": {
            "run": {
                "run": f"#{TOOL}",
                "in": {each.id: each.id for each in process.inputs},
                "out": list(outputs),
            }
        },
    }
    return {
        "cwlVersion": "v1.2",
        "$namespaces": {
            "s": "https://schema.org/",
            "ades": ADES,
            **({"cwltool": CWLTOOL} if secrets else {}),
        },
        "s:softwareVersion": process.version or "0.0.0",
        **({"s:keywords": ", ".join(process.keywords)} if process.keywords else {}),
        "ades:id": process.alias or process.id,
        "$graph": [workflow, _tool(process, package, image, described, outputs)],
    }


def as_yaml(document: Document) -> bytes:
    """The document as people read it, a text of several lines as one."""
    from ruamel.yaml import YAML
    from ruamel.yaml.scalarstring import LiteralScalarString

    def readable(value: JSON) -> JSON:
        if isinstance(value, dict):
            return {key: readable(each) for key, each in value.items()}
        if isinstance(value, list):
            return [readable(each) for each in value]
        plain = isinstance(value, str) and "\n" in value and "\r" not in value
        return LiteralScalarString(value) if plain else value

    writer, text = YAML(), io.BytesIO()
    writer.width = 10_000
    writer.dump(readable(document), text)
    return text.getvalue()


def as_json(document: Document) -> bytes:
    """The document for programs."""
    return json.dumps(document, indent=1, ensure_ascii=False).encode()


def _tool(
    process: Process,
    package: Path,
    image: str,
    types: Mapping[str, tuple[JSON, Document]],
    outputs: Mapping[str, JSON],
) -> Document:
    """The tool that runs the notebook by papermill."""
    listing = [{"entryname": VALUES, "entry": "$(inputs)"}]
    # A secret stands in the values as it is, which may be no JSON: so beside them as well.
    listing += [
        {"entryname": f"{SECRET}{each.id}", "entry": f"$(inputs.{each.id})"}
        for each in process.inputs
        if each.schema.get("writeOnly")
    ]
    container = {"DockerRequirement": {"dockerPull": image}} if image else {}
    return {
        "class": "CommandLineTool",
        "id": TOOL,
        "requirements": {
            **container,
            "InitialWorkDirRequirement": {"listing": listing},
        },
        "hints": _needs(process.resources),
        "baseCommand": _PROGRAM,
        "inputs": {
            PROCESS: _literal(PROCESS, _record(process, package)),
            NOTEBOOK: _literal(NOTEBOOK, (package / process.entry).read_text("utf-8")),
            **{name: _bound(kind, name) for name, (kind, _) in types.items()},
        },
        "outputs": {name: {"type": kind} for name, kind in outputs.items()},
    }


def _needs(resources: Resources) -> Document:
    """What the notebook says that it needs and may take, in CWL's words."""
    memory = {"ramMin": resources.memory // MEBIBYTE or MEMORY}
    if resources.memory_limit:
        memory["ramMax"] = resources.memory_limit // MEBIBYTE
        memory["ramMin"] = min(memory.values())
    time = {"ToolTimeLimit": {"timelimit": int(resources.seconds)}} if resources.seconds else {}
    return {"ResourceRequirement": {"coresMin": resources.cores or CORES, **memory}, **time}


def _literal(name: str, text: str) -> Document:
    """An input of the tool's that the package itself holds."""
    literal = {"class": "File", "basename": name, "contents": text}
    return {"type": "File", "default": literal, "inputBinding": {"prefix": f"{PATH}{name}"}}


def _record(process: Process, package: Path) -> str:
    """What the tool must know of the process, with the files that lie beside the notebook."""
    files = {
        path.relative_to(package).as_posix(): base64.b64encode(path.read_bytes()).decode()
        for path in sorted(package.rglob("*"))
        if path.is_file() and path != package / process.entry
    }
    told = msgspec.to_builtins(process)
    return json.dumps({"process": told, "files": files}, ensure_ascii=False)


# types


def _described(each: Input) -> tuple[JSON, Document]:
    """An input's type, and the rest of what is said of it."""
    kind = cwl_type(each.schema)
    default = each.schema.get("default")
    if default is not None:
        return kind, {**_words(each), "default": default}
    return (kind if each.required else _optional(kind)), _words(each)


def _words(each: Input | Output) -> Document:
    return {"label": each.title or each.id, "doc": each.description or each.title or each.id}


def cwl_type(schema: JSON) -> JSON:
    """The CWL type of a JSON Schema; ``Any`` for what CWL has no word for."""
    if not isinstance(schema, Mapping):
        return "Any"
    if STAGE_IN in schema:
        return _STAGED[schema[STAGE_IN]]
    branches = schema.get("anyOf") or schema.get("oneOf")
    if branches:
        return _union([cwl_type(each) for each in branches])
    names = schema.get("type")
    if isinstance(names, list):
        return _union([cwl_type({**schema, "type": name}) for name in names])
    if names == "null":
        return "null"
    if names == "array":
        return {"type": "array", "items": cwl_type(schema.get("items"))}
    return _enumerated(schema) or _TYPES.get(str(names), "Any")


def _enumerated(schema: Mapping[str, JSON]) -> JSON:
    """An enumeration of texts, less null; None for any other."""
    symbols = [each for each in schema.get("enum") or [] if each is not None]
    plain = all(isinstance(each, str) and _SYMBOL.fullmatch(each) for each in symbols)
    return {"type": "enum", "symbols": symbols} if symbols and plain else None


def _union(kinds: list[JSON]) -> JSON:
    flat = [one for each in kinds for one in (each if isinstance(each, list) else [each])]
    found = [each for n, each in enumerate(flat) if each not in flat[:n]]
    if "Any" in found:
        return ["null", "Any"] if "null" in found else "Any"
    return found[0] if len(found) == 1 else found


def _optional(kind: JSON) -> JSON:
    return _union(["null", kind])


def _output_type(each: Output) -> JSON:
    """An output's type; one that is a link is a file, or a folder."""
    return _given(each.schema)


def _given(schema: JSON) -> JSON:
    if not isinstance(schema, Mapping):
        return "Any"
    if schema.get("required") == ["href"]:
        return "Directory" if schema.get("contentMediaType") == "inode/directory" else "File"
    if "anyOf" in schema:
        return _union([_given(each) for each in schema["anyOf"]])
    if schema.get("type") == "array":
        return {"type": "array", "items": _given(schema.get("items"))}
    return cwl_type(schema)


def _bound(kind: JSON, name: str) -> Document:
    """An input of the tool's; each file of it is named by an argument of its own."""
    kinds = kind if isinstance(kind, list) else [kind]
    binding = {"prefix": f"{PATH}{name}"}
    bound = [_items_bound(each, binding) for each in kinds]
    whole = {"type": bound if isinstance(kind, list) else bound[0]}
    files = any(each in ("File", "Directory") for each in kinds if isinstance(each, str))
    return {**whole, "inputBinding": binding} if files else whole


def _items_bound(kind: JSON, binding: Document) -> JSON:
    if not isinstance(kind, Mapping) or "items" not in kind:
        return kind
    if kind["items"] in ("File", "Directory"):
        return {**kind, "inputBinding": binding}
    return {**kind, "items": _items_bound(kind["items"], binding)}
