"""A tree is durable only when each file and folder in it is."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from jupyter_ades.jobdir import SYNCING, sync_tree


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    for number in range(3 * SYNCING):
        folder = root / f"item {number}" / "inner"
        folder.mkdir(parents=True)
        (folder / "data.txt").write_text("x")
    (root / "gone").symlink_to("nowhere")
    return root


def test_each_file_and_folder_is_synced_once(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = []

    def fsync(handle: int) -> None:
        synced.append(Path(os.readlink(f"/proc/self/fd/{handle}")))

    monkeypatch.setattr(os, "fsync", fsync)
    sync_tree(tree)
    assert sorted(synced) == sorted(
        [tree, *(each for each in tree.rglob("*") if not each.is_symlink())]
    )


def test_files_are_synced_side_by_side(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody gets on before as many have come as may be at it at one time."""
    together = threading.Barrier(SYNCING, timeout=10)
    # The root, and three of each item: a multiple of what goes side by side, and one more.
    first = iter([True])

    def fsync(handle: int) -> None:
        if not next(first, False):
            together.wait()

    monkeypatch.setattr(os, "fsync", fsync)
    sync_tree(tree)
    assert not together.broken


def test_a_file_that_the_disk_refuses_fails_all(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fsync(handle: int) -> None:
        if os.readlink(f"/proc/self/fd/{handle}").endswith("item 5/inner/data.txt"):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="No space left"):
        sync_tree(tree)
