"""The seam that CWL, notebooks and every other kind of application package stand behind."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from jupyter_ades.model import JSON, FetchPolicy, Process


@dataclass(frozen=True, kw_only=True)
class Package:
    """What was deployed, once it is here."""

    #: The deployed bytes.
    data: bytes
    #: What they are, without parameters; empty when nobody said.
    media_type: str = ""
    #: The file's name (``app.cwl``); empty for the body of a request.
    name: str = ""
    #: Where it came from (URL, or path in the user folder); None for the body of a request.
    href: str | None = None
    #: The workflow that ``#id`` or ``?w=`` picks; empty picks the package's own main one.
    workflow: str = ""
    #: The folder with the files of a zip, or of a folder, that it came in; None when it came alone.
    beside: Path | None = None
    #: When no cell of a notebook is tagged, the first one of plain assignments is its parameters.
    tag_parameters: bool = False
    #: Bytes that it and all that comes with it may have.
    max_bytes: int = 100 * 2**20
    #: What was noticed while it was brought here: ``{"path": ..., "detail": ...}``.
    warnings: tuple[dict[str, JSON], ...] = ()

    @property
    def label(self) -> str:
        """What messages call it."""
        return self.name or "the package"


class Reader(Protocol):
    """Turns an application package of one kind into a process."""

    #: The kind of the processes it makes: ``cwl``, ``notebook``.
    kind: str
    #: Media types that are this kind and no other.
    media_types: tuple[str, ...]
    #: Endings of file names, lower case, with their dot.
    suffixes: tuple[str, ...]

    def recognises(self, data: bytes) -> bool:
        """Whether bytes that nobody named look like this kind."""

    def read(
        self, package: Package, folder: Path, fetch: FetchPolicy, kernels: tuple[str, ...]
    ) -> Process:
        """The process; what its runner needs is written into the empty ``folder``.

        ``Process.id`` and ``digest`` are left to the caller, who knows the request; ``alias`` is
        the bare id. Raises an AdesError that says what is wrong and where.
        """
