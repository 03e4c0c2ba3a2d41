"""How the store writes: each change by itself, or those of many requests in one commit.

Either way durability is SQLite's, with ``synchronous=FULL``: what was committed survives a power
loss. A commit costs a wait for the disk, whatever is in it.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from jupyter_ades.errors import DAMAGED, NO_SPACE, StorageFull, StoreDamaged, Unavailable

log = logging.getLogger(__name__)

#: SQLite's primary result codes that say what is wrong outside of this program.
TROUBLE = {
    sqlite3.SQLITE_BUSY: "another server writes to it for too long",
    sqlite3.SQLITE_IOERR: "its disk does not answer as it should",
    sqlite3.SQLITE_READONLY: "it may not be written to",
    sqlite3.SQLITE_CANTOPEN: "its file cannot be opened",
}
DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Writing:
    """The part of the store that runs statements and commits them."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        #: Whether the commit waits for the end of the group.
        self._grouped = False
        #: Whether the group has begun its transaction.
        self._begun = False
        #: Whether the part of the group that is being made has written something.
        self._written = False
        #: Whether SQLite gave up what earlier parts had written.
        self._lost = False
        #: What is to be done once it is certain.
        self._after: list[Callable[[], None]] = []

    def _run(self, statement: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Execute a statement; StorageFull when there is no space for what it writes."""
        try:
            return self._db.execute(statement, parameters)
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in DAMAGE:
                raise StoreDamaged(DAMAGED.format(reason=error)) from error
            if code == sqlite3.SQLITE_FULL:
                raise StorageFull(NO_SPACE) from error
            if code in TROUBLE:
                raise Unavailable(
                    f"The service's store cannot be used: {TROUBLE[code]}."
                ) from error
            raise

    def _write(self, statement: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Execute a statement that changes something."""
        if self._grouped:
            self._begin()
            if not self._written:
                self._run("SAVEPOINT part")
                self._written = True
        return self._run(statement, parameters)

    def _begin(self) -> None:
        """Begin the group's transaction, unless it has begun."""
        self._see_loss()
        if not self._db.in_transaction:
            # What the part had written before is gone with its savepoint.
            self._written = False
            self._run("BEGIN IMMEDIATE")
            self._begun = True

    def _see_loss(self) -> None:
        """Note when SQLite gave up the group's transaction.

        It does that by itself when the disk is full, or fails, at a bad moment: also below a call
        that only reads, for which pages that others have written must leave the cache.
        """
        self._lost |= self._begun and not self._db.in_transaction

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """What is written inside is written whole or not at all."""
        if self._grouped:
            yield
            return
        self._run("BEGIN IMMEDIATE")
        try:
            yield
            self._run("COMMIT")
        except BaseException:
            self._roll_back()
            raise

    @contextmanager
    def group(self) -> Iterator[None]:
        """One commit for all that is written inside, at its end.

        StorageFull or Unavailable when that failed: then nothing of it was written.
        """
        self._grouped = True
        try:
            yield
            self._see_loss()
            if self._lost:
                raise StorageFull(NO_SPACE)
            if self._db.in_transaction:
                self._run("COMMIT")
        except BaseException:
            self._roll_back()
            self._after.clear()
            raise
        finally:
            self._grouped = self._begun = self._lost = False
        self._follow()

    def begin_part(self) -> None:
        """Begin what one request does within a group."""
        self._written = False
        self._marked = len(self._after)

    def end_part(self, *, failed: bool) -> bool:
        """Keep what the request wrote, or nothing of it when it failed; whether it wrote."""
        if failed:
            del self._after[self._marked :]
        self._see_loss()
        if self._written and self._db.in_transaction:
            if failed:
                self._run("ROLLBACK TO part")
            self._run("RELEASE part")
        wrote, self._written = self._written, False
        return wrote

    def afterwards(self, function: Callable[[], None]) -> None:
        """Call when what was written so far is certain; at once outside of a group."""
        if self._grouped:
            self._after.append(function)
        else:
            function()

    def _follow(self) -> None:
        following, self._after = self._after, []
        for function in following:
            try:
                function()
            except Exception:
                log.exception("What follows a change could not be done")

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
