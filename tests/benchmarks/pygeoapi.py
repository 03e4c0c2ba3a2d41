"""pygeoapi with PostgreSQL, in an environment of its own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.benchmarks.http_client import once
from tests.benchmarks.peers import environment
from tests.restart.server import _free_port

EXECUTE = "/processes/hello-world/execution"
BODY = {"inputs": {"name": "hello"}}
PACKAGES = ("pygeoapi", "geoalchemy2", "psycopg2-binary", "gunicorn", "pgserver")
#: The database in a folder, with the table that pygeoapi's manager reads the columns of.
DATABASE = """
import pgserver, sys
database = pgserver.get_server(sys.argv[1])
database.psql('''CREATE TABLE jobs (
  identifier varchar PRIMARY KEY, type varchar, process_id varchar, created timestamp,
  started timestamp, finished timestamp, updated timestamp, status varchar, location varchar,
  mimetype varchar, message varchar, progress integer)''')
print("ready", flush=True)
sys.stdin.read()
"""
#: It cannot be told to accept jobs and start none: its manager starts them by this method.
PAUSED = """
from pygeoapi.process.manager.postgresql import PostgreSQLManager
from pygeoapi.util import JobStatus

class Paused(PostgreSQLManager):
    def _execute_handler_async(self, *arguments, **named):
        return "application/json", None, JobStatus.accepted
"""


@contextmanager
def pygeoapi(folder: Path, *, paused: bool = False) -> Iterator[str]:
    """The address of one that answers; a paused one starts no job that it accepts."""
    commands = environment("pygeoapi", *PACKAGES)
    folder.mkdir()
    (folder / "paused.py").write_text(PAUSED)
    with _database(commands, folder), open(folder / "log", "wb") as log:
        port = _free_port()
        origin = f"http://127.0.0.1:{port}"
        (folder / "config.yml").write_text(json.dumps(_configuration(folder, origin, paused)))
        own = {
            "PYGEOAPI_CONFIG": str(folder / "config.yml"),
            "PYGEOAPI_OPENAPI": str(folder / "openapi.yml"),
            "PYTHONPATH": str(folder),
        }
        described = [str(commands / "pygeoapi"), "openapi", "generate", own["PYGEOAPI_CONFIG"]]
        described += ["--output-file", own["PYGEOAPI_OPENAPI"]]
        subprocess.run(described, env={**os.environ, **own}, check=True, stdout=log, stderr=log)
        serve = [str(commands / "gunicorn"), f"--bind=127.0.0.1:{port}", "--worker-class=gthread"]
        serve += [f"--workers={os.cpu_count()}", "--threads=16", "pygeoapi.flask_app:APP"]
        server = subprocess.Popen(serve, env={**os.environ, **own}, stdout=log, stderr=log)
        try:
            _wait(origin, folder / "log")
            yield origin
        finally:
            server.terminate()
            server.wait(60)


@contextmanager
def _database(commands: Path, folder: Path) -> Iterator[None]:
    """PostgreSQL below the folder, reached by its socket."""
    words = [str(commands / "python"), "-c", DATABASE, str(folder / "data")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(words, text=True, stderr=subprocess.DEVNULL, **pipes) as database:
        assert database.stdout is not None
        assert database.stdin is not None
        assert database.stdout.readline() == "ready\n"
        yield
        # It ends the database when nobody is left that asked for it.
        database.stdin.close()


def _configuration(folder: Path, origin: str, paused: bool) -> dict[str, Any]:
    told = {"title": "peer", "description": "peer", "keywords": ["peer"], "url": origin}
    database = {"host": str(folder / "data"), "port": 5432, "database": "postgres"}
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": 0},
            "url": origin,
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "languages": ["en-US"],
            "limits": {"default_items": 20, "max_items": 50},
            "map": {"url": origin, "attribution": "none"},
            "manager": {
                "name": "paused.Paused" if paused else "PostgreSQL",
                "connection": {**database, "user": "postgres", "password": ""},
            },
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {**told, "keywords_type": "theme", "terms_of_service": "none"},
            "license": {"name": "none", "url": origin},
            "provider": {"name": "peer", "url": origin},
            "contact": {"name": "peer"},
        },
        "resources": {
            "hello-world": {"type": "process", "processor": {"name": "HelloWorld"}},
        },
    }


def _wait(origin: str, log: Path) -> None:
    deadline = time.monotonic() + 90
    while not asyncio.run(_answers(origin)):
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.2)


async def _answers(origin: str) -> bool:
    with suppress(OSError, ValueError, IndexError):
        return (await once(origin, "GET", "/conformance"))[0] == 200
    return False
