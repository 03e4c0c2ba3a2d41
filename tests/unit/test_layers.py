"""Who may look at whom: the house of docs/architecture.md, walked over all imports."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import jupyter_ades

PACKAGE = Path(jupyter_ades.__file__).parent
ROOT = PACKAGE.parent
#: Room to what it must not import. A name is a module or everything below it.
FORBIDDEN = {
    "model": ["jupyter_ades"],
    "orders": ["jupyter_ades"],
    "errors": ["jupyter_ades"],
    "costs": ["jupyter_ades"],
    "resources": ["jupyter_ades"],
    "jobdir": [
        f"jupyter_ades.{room}" for room in ("api", "app", "client", "core", "runners", "worker")
    ],
    "core": [
        "jupyter_ades.api",
        "jupyter_ades.app",
        "jupyter_ades.client",
        "jupyter_ades.packages",
        "jupyter_ades.worker",
        "jupyter_server",
        "tornado",
        "traitlets",
    ],
    "worker": [
        "jupyter_ades.api",
        "jupyter_ades.app",
        "jupyter_ades.client",
        "jupyter_ades.core",
        "jupyter_server",
        "tornado",
        "traitlets",
    ],
    "packages": [
        "jupyter_ades.api",
        "jupyter_ades.app",
        "jupyter_ades.client",
        "jupyter_ades.core",
        "jupyter_ades.worker",
        "tornado",
    ],
    "runners": [
        "jupyter_ades.api",
        "jupyter_ades.app",
        "jupyter_ades.client",
        "jupyter_ades.core",
        "jupyter_ades.worker",
        "subprocess",
        "tornado",
    ],
    "api": ["jupyter_ades.app", "jupyter_ades.client", "jupyter_ades.worker", "sqlite3"],
    "client": [
        f"jupyter_ades.{room}" for room in ("api", "app", "core", "packages", "runners", "worker")
    ],
    "s3": [
        f"jupyter_ades.{room}" for room in ("api", "app", "client", "core", "runners", "worker")
    ],
    "settings": [
        f"jupyter_ades.{room}" for room in ("api", "app", "client", "core", "runners", "worker")
    ],
    "system": ["jupyter_ades.core", "jupyter_ades.worker", "jupyter_ades.api", "jupyter_ades.app"],
    "programs": [f"jupyter_ades.{room}" for room in ("api", "app", "client", "core", "packages")],
    "api/wps3": ["tornado", "jupyter_server", "jupyter_ades.api.ogc"],
    "api/ogc": ["tornado", "jupyter_server", "jupyter_ades.api.wps3"],
    "api/dialect": ["tornado", "jupyter_server"],
}
#: Of rooms that may import next to nothing, what they may.
ALLOWED = {
    "model": ["jupyter_ades.resources"],
    "orders": ["jupyter_ades.model", "jupyter_ades.resources"],
}
#: Module to the only rooms that may import it.
ONLY_IN = {
    "sqlite3": {
        "core/glance",
        "core/recalling",
        "core/store",
        "core/store_jobs",
        "core/store_keeping",
        "core/store_schema",
        "core/store_tidings",
        "core/store_writing",
    },
    # run_cwl and run_toil hand a dismissal on to their tools.
    # A fork sets its signals as a new process has them.
    "signal": {
        "worker/dismissal",
        "worker/process",
        "worker/forked",
        "core/launcher",
        "core/warm_launcher",
        "programs/run_cwl",
        "programs/run_calrissian",
        "programs/run_toil",
    },
}
#: What a server must not import when it loads the extension: each is slow or belongs to jobs.
HEAVY = ["cwltool", "papermill", "pystac", "rasterio", "numpy", "boto3", "nbclient", "urllib3"]


def modules(folder: Path = PACKAGE) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*.py")):
        yield str(path.relative_to(PACKAGE).with_suffix("")), path


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def within(name: str, room: str) -> bool:
    return name == room or name.startswith((f"{room}.", f"{room}/"))


@pytest.mark.parametrize("room", FORBIDDEN)
def test_a_room_looks_only_where_it_may(room: str) -> None:
    wrong = [
        f"{module} imports {name}"
        for module, path in modules()
        if within(module, room)
        for name in imports(path)
        for forbidden in FORBIDDEN[room]
        if within(name, forbidden) and name != "jupyter_ades"
        if not any(within(name, allowed) for allowed in ALLOWED.get(room, ()))
    ]
    assert wrong == []


@pytest.mark.parametrize("name", ONLY_IN)
def test_some_modules_are_for_few_rooms(name: str) -> None:
    users = {module for module, path in modules() if name in imports(path)}
    assert users <= ONLY_IN[name]


def test_loading_the_extension_imports_nothing_heavy() -> None:
    code = (
        "import sys, jupyter_server.serverapp; before = set(sys.modules);"
        " import jupyter_ades.app; print(*set(sys.modules) - before)"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    loaded = {name.partition(".")[0] for name in out.split()}
    assert loaded & set(HEAVY) == set()
    assert "jupyter_ades" in loaded


def test_no_file_is_too_long_to_be_taken_in() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "*.py", "*.ts", "*.tsx", "*.md", "*.cwl"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    ).stdout.split()
    paths = [ROOT / name for name in listed] or [path for _, path in modules()]
    lengths = {str(path): len(path.read_text().splitlines()) for path in paths if path.exists()}
    assert {path: lines for path, lines in lengths.items() if lines > 400} == {}
