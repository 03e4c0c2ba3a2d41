"""The least that a Jupyter server can do of the same: an authenticated handler and one row.

Run as ``python -m tests.benchmarks.bare PORT FOLDER``.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import uuid
from pathlib import Path

from jupyter_server.base.handlers import APIHandler
from jupyter_server.serverapp import ServerApp
from tornado import web


class Row(APIHandler):  # type: ignore[misc]
    """Reads one row by its key."""

    @web.authenticated
    def get(self, key: str) -> None:
        """The row."""
        (record,) = self.settings["bare"].execute("SELECT r FROM t WHERE k = ?", (key,)).fetchone()
        self.finish(record)


class Rows(APIHandler):  # type: ignore[misc]
    """Inserts one row, durably."""

    @web.authenticated
    def post(self) -> None:
        """Insert what was sent."""
        document = json.loads(self.request.body)
        key = str(uuid.uuid4())
        record = json.dumps({"jobID": key, **document})
        self.settings["bare"].execute("INSERT INTO t VALUES (?, ?)", (key, record))
        self.set_status(201)
        self.set_header("Location", f"/bare/{key}")
        self.finish(record)


def main(port: str, folder: str) -> None:
    """Serve."""
    db = sqlite3.connect(Path(folder) / "bare.sqlite", isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE t (k TEXT PRIMARY KEY, r TEXT)")
    app = ServerApp.instance()
    app.initialize(
        [
            *(f"--port={port}", "--ServerApp.port_retries=0", "--ip=127.0.0.1", "--no-browser"),
            *("--allow-root", "--IdentityProvider.token=secret", f"--ServerApp.root_dir={folder}"),
            "--ServerApp.log_level=ERROR",
        ],
        find_extensions=False,
    )
    app.web_app.settings["bare"] = db
    app.web_app.add_handlers(".*$", [(r"/bare", Rows), (r"/bare/(.+)", Row)])
    app.start()


if __name__ == "__main__":
    main(*sys.argv[1:])
