"""Copies a folder of the user folder into a job directory.

A copy and no link: through a link, hard or symbolic, a tool that writes into its input (a GDAL
``.aux.xml``, a file opened for update) would change the user's own data.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from jupyter_ades.errors import RefusedReference
from jupyter_ades.model import FetchPolicy
from jupyter_ades.references import shown, user_path


@dataclass(frozen=True, kw_only=True)
class FolderCopy:
    """One folder to copy; call it to do so."""

    href: str
    source: Path
    target: Path
    policy: FetchPolicy

    def __call__(self) -> None:
        """Copy regular files, to a bound; raises RefusedReference for links that lead out."""
        if self.target.is_relative_to(self.source):
            raise RefusedReference(f"{shown(self.href)} holds this very job; name a folder in it.")
        size = 0
        for root, folders, names in os.walk(self.source):
            here = self.target / Path(root).relative_to(self.source)
            here.mkdir(parents=True, exist_ok=True)
            for name in folders:
                self._refuse_link(Path(root, name))
            for name in names:
                path = user_path(str(Path(root, name)), self.policy)
                if path.is_file():
                    size += path.stat().st_size
                    self._refuse_large(size)
                    shutil.copy2(path, here / name)

    def _refuse_link(self, path: Path) -> None:
        if path.is_symlink():
            raise RefusedReference(
                f"{shown(self.href)} holds a link to a folder ({path.name}), which is not followed."
            )

    def _refuse_large(self, size: int) -> None:
        if self.policy.max_bytes and size > self.policy.max_bytes:
            raise RefusedReference(
                f"{shown(self.href)} is larger than the {self.policy.max_bytes} bytes that it may"
                " have."
            )
