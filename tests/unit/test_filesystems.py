"""File systems are told apart as the kernel lists them, and the store is opened to fit."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from jupyter_ades.core.store import Store
from jupyter_ades.core.store_jobs import JobFilter
from jupyter_ades.core.workspace import Workspace
from jupyter_ades.errors import Unavailable
from jupyter_ades.system import filesystems
from jupyter_ades.system.filesystems import is_network, type_of
from tests.unit.test_store import PROCESS, add, make_job

MOUNTS = r"""
21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 21 0:30 / /home rw,relatime shared:2 - nfs4 server:/export/home rw,vers=4.2
31 21 0:31 / /home/ann/local\040disk rw shared:3 - xfs /dev/sdb1 rw
32 21 0:32 / /data rw - fuse.sshfs ann@host:/data rw
33 21 0:33 / /data rw - lustre mds@tcp:/fs rw
34 21 0:34 / /homes rw - tmpfs tmpfs rw
""".lstrip()


@pytest.fixture
def mounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "mountinfo"
    file.write_text(MOUNTS)
    monkeypatch.setattr(filesystems, "MOUNTS", file)
    return file


@pytest.mark.usefixtures("mounts")
@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/", "ext4"),
        ("/var/lib", "ext4"),
        ("/home/ann/ades", "nfs4"),
        ("/home", "nfs4"),
        ("/home/ann/local disk/ades", "xfs"),
        ("/data/x", "lustre"),
        ("/homes/ann", "tmpfs"),
    ],
)
def test_the_nearest_mount_counts(folder: str, kind: str) -> None:
    assert type_of(Path(folder)) == kind


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "lustre", "gpfs", "ceph", "beegfs", "9p"])
def test_these_are_network_file_systems(kind: str) -> None:
    assert is_network(kind)


@pytest.mark.parametrize("kind", ["fuse.sshfs", "fuse.rclone", "fuse.juicefs"])
def test_so_are_those_in_user_space(kind: str) -> None:
    assert is_network(kind)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "overlay", "tmpfs", "zfs", "", "fuseblk"])
def test_these_are_not(kind: str) -> None:
    assert not is_network(kind)


def test_this_machine_is_read() -> None:
    assert type_of(Path("/proc")) == "proc"


def journal_of(path: Path) -> str:
    """As it stands in the file: byte 18 is 2 for WAL."""
    return "wal" if path.read_bytes()[18] == 2 else "rollback"


def test_a_store_on_a_network_file_system_has_the_rollback_journal(
    tmp_path: Path, mounts: Path
) -> None:
    """And jobs that were accepted before, with the other journal, stay."""
    state, results = tmp_path / "state", tmp_path / "results"
    local = Workspace("ws", state, results)
    assert (local.file_system, local.journal) == ("ext4", "wal")
    local.store.add_process(PROCESS)
    add(local.store, make_job(1))
    local.close()
    path = state / "ws" / "ades.sqlite"
    assert journal_of(path) == "wal"

    with mounts.open("a") as file:
        file.write(f"40 21 0:40 / {state} rw - nfs4 server:/state rw\n")
    shared = Workspace("ws", state, results)
    assert (shared.file_system, shared.journal) == ("nfs4", "rollback")
    add(shared.store, make_job(2))
    assert not path.with_name("ades.sqlite-shm").exists()
    assert shared.store.count_jobs(JobFilter()) == 2
    with pytest.raises(Unavailable, match="another server"):
        Workspace("ws", state, results)
    shared.close()
    assert journal_of(path) == "rollback"

    by_trait = Workspace("ws", state, results, journal="wal")
    assert by_trait.journal == "wal"
    by_trait.close()
    assert journal_of(path) == "wal"


def test_a_store_with_the_rollback_journal_survives_being_cut_off(tmp_path: Path) -> None:
    """What was committed is there; what was not is undone by who opens it next."""
    path = tmp_path / "ades.sqlite"
    with closing(Store(path, rollback=True)) as store:
        store.add_process(PROCESS)
        add(store, make_job(1))
        store._db.execute("PRAGMA cache_size = 1")
        store._db.execute("PRAGMA cache_spill = 1")
        store._db.execute("BEGIN")
        for number in range(2, 300):
            add(store, make_job(number))
        # As a power loss in the middle of a commit leaves it: a hot journal, pages overwritten.
        cut = tmp_path / "cut.sqlite"
        cut.write_bytes(path.read_bytes())
        Path(f"{cut}-journal").write_bytes(Path(f"{path}-journal").read_bytes())
        store._db.execute("ROLLBACK")
    with closing(Store(cut, rollback=True)) as opened:
        assert [job.id for _, job in opened.jobs(JobFilter(), limit=10)] == ["job-1"]


def test_the_store_may_lie_elsewhere(tmp_path: Path) -> None:
    stores = tmp_path / "stores"
    workspace = Workspace("ws", tmp_path / "state", tmp_path / "results", store_root=stores)
    workspace.store.add_process(PROCESS)
    workspace.close()
    with closing(sqlite3.connect(stores / "ws" / "ades.sqlite")) as db:
        assert db.execute("SELECT id FROM processes").fetchall() == [(PROCESS.id,)]
    assert not (tmp_path / "state" / "ws" / "ades.sqlite").exists()
