"""Container images as CWL names them, and what becomes of those that cannot be had."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

#: What cwltool says of an engine that got no image; its first words blame "Docker" or the package.
_PULL = re.compile(
    r"Command '\['([^']*)', 'pull'.*'([^']*)'\]' returned non-zero exit status (\d+)"
)
#: How the last word of an engine on that begins: docker's and podman's, apptainer's.
_ENGINE_SAID = re.compile(r"(?:Error\b|FATAL:)")


def image_of(requirement: Mapping[str, Any] | None) -> str:
    """The image of a DockerRequirement; empty for none, and for one that has yet to be built."""
    said = requirement or {}
    return str(said.get("dockerPull") or said.get("dockerImageId") or "")


def failed_pull(error: str, last_lines: Sequence[str]) -> str:
    """Which image a job did not get, and why; empty when an error of cwltool's is another."""
    found = _PULL.search(error)
    if found is None:
        return ""
    engine, image, code = found.groups()
    said = [line.strip() for line in last_lines if _ENGINE_SAID.match(line)]
    why = said[-1] if said else "the log says why"
    image = image.removeprefix("docker://")
    return f"image {image} cannot be had: {engine} pull failed with exit code {code}: {why}"
