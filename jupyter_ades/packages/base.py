"""The seam that CWL, notebooks and every other kind of application package stand behind."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from jupyter_ades.model import FetchPolicy, Process


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
