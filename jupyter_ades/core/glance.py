"""Whether a workspace has work for a server that nobody has asked for anything yet.

Such a server need not build its service, which takes longer than all the rest of its start.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from jupyter_ades.core.places import STORE, has_jobs, needs_rollback
from jupyter_ades.core.store_schema import SCHEMA_VERSION

#: Jobs that have not ended, synchronous runs whose files are kept for a while, subscribers that
#: are still to be told.
WORK = """
SELECT EXISTS (SELECT 1 FROM jobs WHERE status IN ('accepted', 'running'))
    OR EXISTS (SELECT 1 FROM jobs WHERE unlisted) OR EXISTS (SELECT 1 FROM tidings)
"""


def has_work(folder: Path, stores: Path, journal: str) -> bool:
    """Whether a server has something to do in a workspace's folder before anyone asks it.

    ``stores`` is the folder of its store. True as well where one glance cannot tell: the store is
    of an earlier version, on a network file system, or damaged.
    """
    store = stores / STORE
    if not store.exists():
        return has_jobs(folder)
    return needs_rollback(stores, journal) or _store_has_work(store)


def _store_has_work(store: Path) -> bool:
    try:
        with closing(sqlite3.connect(store, isolation_level=None)) as db:
            pages, size, version = (
                db.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_count", "page_size", "user_version")
            )
            if version != SCHEMA_VERSION or store.stat().st_size < pages * size:
                return True
            return bool(db.execute(WORK).fetchone()[0])
    except sqlite3.Error:
        return True
