"""Results in a folder: put together in a hidden one beside their place, renamed when durable."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_ades.errors import Unavailable
from jupyter_ades.jobdir import sync_folder, sync_tree
from jupyter_ades.orders import WorkOrder
from jupyter_ades.worker.delivery import Tell
from jupyter_ades.worker.own_catalog import CATALOG


class FolderTarget:
    """``wf-<job id>`` in the results folder."""

    location = ""

    def __init__(self, order: WorkOrder) -> None:
        self._parent = Path(order.results_folder)
        self._name = f"wf-{order.job_id}"
        self._final = self._parent / self._name
        #: Files in all, the catalog included, as last told.
        self._total = 1

    @contextmanager
    def put_together(self, tell: Tell) -> Iterator[Path]:
        """An empty hidden folder that takes its place when all went well, and else is removed."""
        partial = self._beside("partial")
        try:
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            yield partial
            tell(self._total, self._total, CATALOG)
            sync_tree(partial)
            self._replace(partial)
        except OSError as error:
            named = f" ({Path(error.filename).name})" if isinstance(error.filename, str) else ""
            raise Unavailable(
                f"The results could not be delivered to {self._parent}{named}: "
                f"{error.strerror or error}."
            ) from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def carrying(self, tell: Tell) -> Tell:
        """Whoever is told: a file in the hidden folder is as good as delivered."""

        def carried(done: int, total: int, label: str) -> None:
            self._total = total
            tell(done, total, label)

        return carried

    def discard(self) -> None:
        """Remove whatever was delivered, whole or half."""
        for folder in (self._final, self._beside("partial"), self._beside("old")):
            shutil.rmtree(folder, ignore_errors=True)

    def _beside(self, what: str) -> Path:
        return self._parent / f".{self._name}.{what}"

    def _replace(self, partial: Path) -> None:
        """Put the new folder in place; one of an earlier delivery is gone only then."""
        old = self._beside("old")
        if self._final.exists():
            os.rename(self._final, old)
        os.rename(partial, self._final)
        sync_folder(self._parent)
        shutil.rmtree(old, ignore_errors=True)
