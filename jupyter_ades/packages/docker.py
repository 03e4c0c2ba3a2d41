"""Container images as processes (OGC 20-044, docker), as the deploying request describes them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from jupyter_ades.errors import InvalidPackage, Problem
from jupyter_ades.json_schema import UnusableSchema, check_schema
from jupyter_ades.model import JSON, FetchPolicy, Input, Output, Process
from jupyter_ades.packages.base import Package
from jupyter_ades.packages.identity import slug

#: Our own name for a docker execution unit together with its description.
MEDIA_TYPE = "application/vnd.ogc.docker+json"


class DockerReader:
    """Turns a docker execution unit and its OGC description into a process."""

    kind = "docker"
    media_types = (MEDIA_TYPE,)
    suffixes: tuple[str, ...] = (".docker.json",)

    def recognises(self, data: bytes) -> bool:
        """Never: an image is named by a request."""
        return False

    def read(
        self, package: Package, folder: Path, fetch: FetchPolicy, kernels: tuple[str, ...]
    ) -> Process:
        """The process as the request describes it."""
        document = msgspec.json.decode(package.data)
        image, said = document["image"], document["process"]
        if not isinstance(image, str) or not image.strip():
            raise _wrong("executionUnit.image", "the name of an image is expected.")
        (folder / "unit.json").write_bytes(package.data)
        return Process(
            id="",
            alias=slug(image.rpartition("/")[2].partition(":")[0]) or "image",
            version=str(said.get("version") or ""),
            title=str(said.get("title") or ""),
            description=str(said.get("description") or ""),
            inputs=tuple(
                Input(
                    id=name,
                    title=_text(each, "title"),
                    description=_text(each, "description"),
                    schema=_schema(each, f"inputs.{name}"),
                    required=each.get("minOccurs", 1) != 0,
                )
                for name, each in _described(said, "inputs").items()
            ),
            outputs=tuple(
                Output(
                    id=name,
                    title=_text(each, "title"),
                    description=_text(each, "description"),
                    schema=_schema(each, f"outputs.{name}"),
                )
                for name, each in _described(said, "outputs").items()
            ),
            kind=self.kind,
            runner="docker",
            entry="unit.json",
            details={"image": image},
            media_type=MEDIA_TYPE,
        )


def _described(said: Mapping[str, JSON], part: str) -> Mapping[str, Mapping[str, JSON]]:
    found = said.get(part) or {}
    if not isinstance(found, dict) or not all(isinstance(each, dict) for each in found.values()):
        raise _wrong(f"processDescription.{part}", "an object of descriptions is expected.")
    return found


def _schema(each: Mapping[str, JSON], path: str) -> dict[str, JSON]:
    schema = each.get("schema")
    if not isinstance(schema, dict):
        raise _wrong(f"processDescription.{path}.schema", "a JSON Schema is expected.")
    try:
        check_schema(schema)
    except UnusableSchema as error:
        raise _wrong(f"processDescription.{path}.schema", f"{error}.") from None
    return schema


def _text(each: Mapping[str, JSON], key: str) -> str:
    value = each.get(key)
    return value if isinstance(value, str) else ""


def _wrong(path: str, detail: str) -> InvalidPackage:
    return InvalidPackage(f"{path}: {detail}", (Problem(path=path, detail=detail),))
