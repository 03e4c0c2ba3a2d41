"""The processes that Python packages bring, by the entry points ``jupyter_ades.processes``.

They are found and read without importing the packages, so that a server starts as quickly with
them, and a package that cannot be imported fails its jobs and nothing else.
"""

from __future__ import annotations

import hashlib
import logging
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from jupyter_ades.core.service import Service
from jupyter_ades.errors import AdesError
from jupyter_ades.packages.python import Source, read_function

GROUP = "jupyter_ades.processes"
log = logging.getLogger(__name__)


def install(service: Service) -> None:
    """Offer every installed function in a workspace, and none that is installed no more."""
    sources = {source.name: source for source in _sources()}
    for process in service.built_in():
        if process.id not in sources:
            service.withdraw(process)
    for source in sources.values():
        try:
            _offer(service, source)
        except AdesError as error:
            log.warning("The process %s is not offered: %s", source.name, error.detail)


def _offer(service: Service, source: Source) -> None:
    said = f"{source.entry_point}\0{source.version}\0{source.text}"
    digest = hashlib.sha256(said.encode()).hexdigest()
    if not service.has(source.name, digest):
        process = replace(read_function(source), digest=digest)
        service.offer(process, source.text.encode())


def _sources() -> Iterator[Source]:
    for entry in entry_points(group=GROUP):
        path = _file_of(entry.value.partition(":")[0])
        if path is None:
            log.warning("The process %s is not offered: no source of %s", entry.name, entry.value)
            continue
        yield Source(
            name=entry.name,
            entry_point=entry.value,
            version=_version(entry),
            text=path.read_text(encoding="utf-8"),
        )


def _version(entry: EntryPoint) -> str:
    return entry.dist.version if entry.dist else ""


def _file_of(module: str) -> Path | None:
    """A module's source, found without importing what is above it."""
    places: list[str] | None = None
    name = ""
    origin = None
    for step in module.split("."):
        name = f"{name}.{step}" if name else step
        known = getattr(sys.modules.get(name), "__spec__", None)
        spec = known or PathFinder.find_spec(name, places)
        if spec is None:
            return None
        origin = spec.origin
        places = list(spec.submodule_search_locations or ())
    return Path(origin) if origin and origin.endswith(".py") else None
