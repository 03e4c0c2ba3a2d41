"""What was asked of a workspace's records, for as long as nothing has changed since.

Clients ask again and again how a job stands, and make jobs of the same process. Whether anything
was committed since, by this server or another one, SQLite says to a connection of its own, on the
event loop: a hop to the core's thread and back takes longer than all else that such a question
needs.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Hashable
from contextlib import closing
from pathlib import Path
from typing import Any

from jupyter_ades.core.store_keeping import DEPLOYMENTS

#: Answers that are remembered at the most.
REMEMBERED = 256


class Recall:
    """The answers of one workspace. Used from the event loop."""

    def __init__(self, store: Path | None) -> None:
        """``store`` is None where no second connection can look: nothing is remembered then."""
        self._store = store
        self._db: sqlite3.Connection | None = None
        #: What was asked, to the mark that stood before, and the answer.
        self._known: dict[Hashable, tuple[Hashable, Any]] = {}

    def commits(self) -> Hashable:
        """What is another with each commit to the store; None when it cannot be told."""
        return self._look("PRAGMA data_version")

    def deployments(self, name: str) -> Hashable:
        """What is another with each change of a process, by its id or alias; None likewise."""
        return self._look(DEPLOYMENTS, (name,))

    def _look(self, query: str, parameters: tuple[str, ...] = ()) -> Hashable:
        if self._store is None:
            return None
        try:
            if self._db is None:
                # Only to read, so that no file is made; and never to wait, as the loop would.
                address = f"{self._store.absolute().as_uri()}?mode=ro"
                self._db = sqlite3.connect(address, uri=True, isolation_level=None, timeout=0)
            with closing(self._db.execute(query, parameters)) as found:
                return tuple(found.fetchall())
        except sqlite3.Error:
            # Who asks the store itself is told what is wrong.
            return None

    def find(self, asked: Hashable, mark: Hashable) -> Any:
        """The answer that was given when things stood at the same mark; None when none was."""
        known = self._known.get(asked)
        return known[1] if known is not None and known[0] == mark else None

    def keep(self, asked: Hashable, mark: Hashable, answer: Any) -> None:
        """Remember an answer; the mark is of before it was asked for."""
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[asked] = (mark, answer)

    def close(self) -> None:
        """Look no longer."""
        self._known.clear()
        if self._db is not None:
            self._db.close()
        self._db = self._store = None
