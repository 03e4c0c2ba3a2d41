"""In which order the system is asked to write: what a power loss leaves can always be read.

The calls are recorded by strace, in a process of its own.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CALLS = "openat,write,fsync,fdatasync,rename,renameat,renameat2,close,pwrite64"
OPENED = re.compile(r'openat\(\w+, "([^"]+)".*= (\d+)$')
BY_NUMBER = re.compile(r"(fsync|fdatasync|write|pwrite64)\((\d+)[,)]")
RENAMED = re.compile(r'rename(?:at2?)?\((?:\w+, )?"([^"]+)", (?:\w+, )?"([^"]+)"')


@pytest.fixture(scope="module", autouse=True)
def _strace() -> None:
    if (
        not shutil.which("strace")
        or subprocess.run(["strace", "-o", "/dev/null", "true"]).returncode
    ):
        pytest.skip("needs: strace, and leave to trace (apt-get install strace)")


def calls(folder: Path, *lines: str) -> list[tuple[str, str]]:
    """What a program does to a folder: ``write``, ``sync`` and ``rename``, each with its name."""
    trace = folder.parent / "trace"
    program = "\n".join(("from pathlib import Path", f"here = Path({str(folder)!r})", *lines))
    # A file for each thread: in a common one, calls at the same time are cut into halves.
    command = ["strace", "-ff", "-ttt", "-e", f"trace={CALLS}", "-o", str(trace)]
    subprocess.run([*command, sys.executable, "-c", program], check=True, timeout=60)
    names: dict[str, str] = {}
    found: list[tuple[str, str]] = []
    for thread, line in _in_order(trace):
        if opened := OPENED.search(line):
            names[opened[2]] = names[f"{thread} {opened[2]}"] = opened[1]
        elif renamed := RENAMED.search(line):
            found.append(("rename", renamed[2]))
        elif done := BY_NUMBER.search(line):
            name = names.get(f"{thread} {done[2]}") or names.get(done[2], "")
            found.append(("sync" if "sync" in done[1] else "write", name))
    inside = [(what, name) for what, name in found if name.startswith(str(folder))]
    return [(what, name.removeprefix(str(folder)).lstrip("/")) for what, name in inside]


def _in_order(trace: Path) -> list[tuple[str, str]]:
    """The calls as they began, each with its thread."""
    lines = (
        (*line.split(" ", 1), path.suffix)
        for path in trace.parent.glob(f"{trace.name}.*")
        for line in path.read_text().splitlines()
    )
    return [(thread, line) for _, line, thread in sorted(lines, key=lambda each: float(each[0]))]


def test_a_record_is_written_synced_renamed_and_its_folder_synced(tmp_path: Path) -> None:
    folder = tmp_path / "job"
    folder.mkdir()
    found = calls(
        folder,
        "from jupyter_ades.jobdir import write_record",
        "write_record(here / 'status.json', {'status': 'running'})",
    )
    (_, partial), *_ = found
    assert re.fullmatch(r"\.status\.json\.\d+\.partial", partial)
    assert found == [
        ("write", partial),
        ("sync", partial),
        ("rename", "status.json"),
        ("sync", ""),
    ]


def test_the_name_of_a_passing_state_waits_for_that_of_a_final_one(tmp_path: Path) -> None:
    folder = tmp_path / "job"
    folder.mkdir()
    found = calls(
        folder,
        "from datetime import UTC, datetime",
        "from jupyter_ades.jobdir import JobDir",
        "from jupyter_ades.model import JobStatus",
        "from jupyter_ades.orders import WorkerStatus",
        "for each in (JobStatus.RUNNING, JobStatus.SUCCESSFUL):",
        "    now = datetime.now(UTC)",
        "    said = WorkerStatus(status=each, message='', updated=now, started=now)",
        "    JobDir(here).write_status(said)",
    )
    (_, partial), *_ = found
    once = [("write", partial), ("sync", partial), ("rename", "status.json")]
    assert found == [*once, *once, ("sync", "")]


def test_a_removal_is_durable_before_its_record_goes(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    found = calls(
        folder,
        "from jupyter_ades.core.workspace import Workspace",
        "workspace = Workspace('ws', here, here / 'results')",
        "made = workspace.make_job_dir('one')",
        "workspace.hide(made.root)",
        "workspace.store.remove_job('one')",
    )
    (hidden,) = (
        place
        for place, (call, path) in enumerate(found)
        if path.startswith("ws/jobs/.removed-one.")
    )
    assert found[hidden][0] == "rename"
    assert found[hidden + 1] == ("sync", "ws/jobs")


def test_a_commit_is_synced_before_it_is_told(tmp_path: Path) -> None:
    """The store's log is written and synced once for two calls, before either is answered."""
    folder = tmp_path / "state"
    folder.mkdir()
    found = calls(
        folder,
        "from jupyter_ades.core.committing import carry",
        "from jupyter_ades.core.store import Store",
        "from jupyter_ades.model import Process",
        "store = Store(here / 'ades.sqlite')",
        "add = lambda name: lambda: store.add_process(Process(id=name, digest=name))",
        "carry([add('first')], [store])",
        "(here / 'begin').write_text('x')",
        "carry([add('a'), add('b')], [store])",
        "(here / 'told').write_text('x')",
    )
    begin, told = found.index(("write", "begin")), found.index(("write", "told"))
    kinds = [what for what, name in found[begin:told] if name == "ades.sqlite-wal"]
    assert kinds.count("sync") == 1
    assert kinds[-1] == "sync"
    assert "write" in kinds


def test_results_are_durable_before_they_take_their_place(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    folder.mkdir()
    found = calls(
        folder,
        "from types import SimpleNamespace",
        "from jupyter_ades.worker.folder_target import FolderTarget",
        "target = FolderTarget(SimpleNamespace(results_folder=str(here), job_id='1'))",
        "with target.put_together(lambda *told: None) as partial:",
        "    (partial / 'catalog.json').write_text('{}')",
    )
    write, *side_by_side, rename, last = found
    assert write == ("write", ".wf-1.partial/catalog.json")
    assert sorted(side_by_side) == [
        ("sync", ".wf-1.partial"),
        ("sync", ".wf-1.partial/catalog.json"),
    ]
    assert (rename, last) == (("rename", "wf-1"), ("sync", ""))
