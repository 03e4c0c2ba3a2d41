"""The locks of a workspace's folder, also where there are none."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest

from jupyter_ades.core.places import DISPATCH_LOCK, hold_alone, open_lock, share, try_lock
from jupyter_ades.errors import Unavailable


def test_one_holds_what_others_share(tmp_path: Path) -> None:
    first, second = share(tmp_path), share(tmp_path)
    with pytest.raises(Unavailable, match="stop it"), hold_alone(tmp_path):
        pass
    os.close(first)
    os.close(second)
    with hold_alone(tmp_path), pytest.raises(Unavailable, match="being reindexed"):
        share(tmp_path)
    os.close(share(tmp_path))


def test_one_dispatches(tmp_path: Path) -> None:
    first, second = (open_lock(tmp_path, DISPATCH_LOCK) for _ in range(2))
    assert [try_lock(each, fcntl.LOCK_EX) for each in (first, second)] == [True, False]
    os.close(first)
    assert try_lock(second, fcntl.LOCK_EX)
    os.close(second)


@pytest.mark.parametrize("reason", [errno.ENOLCK, errno.ENOSYS])
def test_a_file_system_without_locks_is_said(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    reason: int,
) -> None:
    def refuse(handle: int, kind: int) -> None:
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr(fcntl, "flock", refuse)
    os.close(share(tmp_path))
    assert "keeps no locks" in caplog.text
