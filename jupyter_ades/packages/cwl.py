"""CWL documents (v1.0, v1.1, v1.2) as application packages."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from jupyter_ades.model import (
    JSON,
    NEEDS,
    RESUME,
    REUSABLE_STEPS,
    RUNNER,
    FetchPolicy,
    Input,
    Output,
    Process,
)
from jupyter_ades.packages.base import Package
from jupyter_ades.packages.contents import Budget
from jupyter_ades.packages.cwl_practice import Tool, advise
from jupyter_ades.packages.cwl_types import TypeReader, read_input, read_output, short
from jupyter_ades.packages.identity import slug
from jupyter_ades.runners.images import image_of

if TYPE_CHECKING:
    from cwltool.process import Process as CwlProcess

T = TypeVar("T", Input, Output)
_SECRETS = "http://commonwl.org/cwltool#Secrets"


class CwlReader:
    """Reads a Workflow, CommandLineTool or ExpressionTool as cwltool understands it."""

    kind = "cwl"
    media_types = (
        "application/cwl",
        "application/cwl+yaml",
        "application/cwl+json",
        "application/x-yaml",
    )
    suffixes = (".cwl", ".yaml", ".yml", ".cwl.json")

    def recognises(self, data: bytes) -> bool:
        """Whether it says which version of CWL it is."""
        return b"cwlVersion" in data

    def read(
        self, package: Package, folder: Path, fetch: FetchPolicy, kernels: tuple[str, ...]
    ) -> Process:
        """The process of a CWL document; ``folder`` gets it, and all that it names."""
        # cwltool takes a third of a second to import, and readers of other kinds stand beside.
        from jupyter_ades.packages.cwl_choice import choose, identifier
        from jupyter_ades.packages.cwl_loading import leaves, load_document, load_process, plain
        from jupyter_ades.packages.cwl_metadata import read_about
        from jupyter_ades.packages.cwl_packing import Source, write_entry
        from jupyter_ades.packages.cwl_resources import read_needs, read_resources
        from jupyter_ades.packages.cwl_source import PackageFetcher, origin_of
        from jupyter_ades.packages.cwl_yaml import check_yaml, decode

        origin = origin_of(package, fetch)
        text = decode(package.data, package.label)
        check_yaml(text, package.label)
        budget = Budget(max_bytes=package.max_bytes)
        budget.add_bytes(package.label, len(package.data))
        fetcher = PackageFetcher(text, origin, fetch, budget)
        document = load_document(fetcher, origin)
        written = choose(document, package.workflow, package.label)
        loaded = load_process(fetcher, origin, identifier(written))
        source = Source(text=text, document=document, origin=origin, fetcher=fetcher)
        entry, workflow = write_entry(source, loaded, folder, fetch)
        about = read_about(written, document)
        described = plain(loaded.tool.tool)
        tools = list(leaves(loaded.tool))
        process = Process(
            id="",
            alias=about.identifier or identifier(written) or _fallback_id(package),
            version=about.version,
            title=about.title,
            description=about.description,
            keywords=about.keywords,
            metadata=about.metadata,
            inputs=_in_order(written, "inputs", _inputs(loaded.tool, described)),
            outputs=_in_order(written, "outputs", _outputs(loaded.tool, described)),
            kind=self.kind,
            runner="cwltool",
            entry=entry,
            resources=read_resources(tools),
            details={
                "workflow": workflow,
                **_containers(tools),
                **({NEEDS: found} if (found := read_needs(tools)) else {}),
                REUSABLE_STEPS: _reusable([loaded.tool, *tools]),
                **({RUNNER: about.runner} if about.runner else {}),
                **({} if about.resume is None else {RESUME: about.resume}),
            },
            media_type=_media_type(package, text),
        )
        return replace(process, warnings=advise(process, written, [_tool(each) for each in tools]))


def _fallback_id(package: Package) -> str:
    stem = slug(package.name.rsplit("/", 1)[-1].partition(".")[0])
    return stem or f"tool-{hashlib.sha256(package.data).hexdigest()[:8]}"


def _media_type(package: Package, text: str) -> str:
    """What the bytes are: as the deploy said, made exact where it did not say."""
    if package.media_type in ("application/cwl", "application/cwl+yaml", "application/cwl+json"):
        return package.media_type
    return "application/cwl+json" if text.lstrip().startswith("{") else "application/cwl+yaml"


def _inputs(tool: CwlProcess, described: Mapping[str, JSON]) -> list[Input]:
    types = TypeReader(named=_named_types(tool))
    secrets = _secrets(tool)
    return [
        read_input(each, types, secret=short(each["id"]) in secrets) for each in described["inputs"]
    ]


def _outputs(tool: CwlProcess, described: Mapping[str, JSON]) -> list[Output]:
    types = TypeReader(named=_named_types(tool), giving=True)
    return [read_output(each, types) for each in described["outputs"]]


def _named_types(tool: CwlProcess) -> dict[str, JSON]:
    """SchemaDefRequirement's types by URI."""
    from jupyter_ades.packages.cwl_loading import plain

    requirement, _ = tool.get_requirement("SchemaDefRequirement")
    return {each["name"]: each for each in plain((requirement or {}).get("types", []))}


def _secrets(tool: CwlProcess) -> set[str]:
    """Inputs that cwltool:Secrets keeps out of logs, and that we keep out of results."""
    requirement, _ = tool.get_requirement(_SECRETS)
    secrets = (requirement or {}).get("secrets", [])
    return {short(each) for each in secrets} if isinstance(secrets, list) else set()


def _tool(tool: CwlProcess) -> Tool:
    from jupyter_ades.packages.cwl_loading import plain

    image, _ = tool.get_requirement("DockerRequirement")
    return Tool(data=plain(tool.tool), image=image)


def _containers(tools: Sequence[CwlProcess]) -> dict[str, JSON]:
    """Whether any tool names an image, and whether it is a requirement, not a hint."""
    found = [tool.get_requirement("DockerRequirement") for tool in tools]
    images = sorted({image_of(image) for image, _ in found if image})
    return {
        "docker": any(image is not None for image, _ in found),
        "docker_required": any(bool(required) for _, required in found),
        **({"images": images} if images else {}),
    }


def _reusable(processes: Sequence[CwlProcess]) -> bool:
    """Whether the package itself says that finished steps may be used again.

    CWL allows that where nothing is said; a tool of an author who did not think of it may well
    read a clock or the web, so only a WorkReuse that is written counts.
    """
    found = (process.get_requirement("WorkReuse")[0] for process in processes)
    return any((each or {}).get("enableReuse") is True for each in found)


def _in_order(written: Mapping[str, JSON], key: str, found: Sequence[T]) -> tuple[T, ...]:
    """As the package's author ordered them: cwltool sorts mappings by name."""
    order = {name: i for i, name in enumerate(_names(written.get(key)))}
    return tuple(sorted(found, key=lambda each: order.get(each.id, len(order))))


def _names(written: JSON) -> Iterable[str]:
    if isinstance(written, Mapping):
        return list(written)
    listed = written if isinstance(written, list) else []
    return [short(str(each.get("id"))) for each in listed if isinstance(each, Mapping)]
