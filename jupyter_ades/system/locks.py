"""Locks on files, where the file system keeps them."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

#: What a file system without locks says (NFS without its daemon, Lustre without ``flock``).
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP)


def lock_now(handle: int, kind: int = fcntl.LOCK_EX) -> bool | None:
    """Take a lock: False when another process has it, None where there are no locks."""
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        return None
    return True


def is_at(handle: int, path: Path) -> bool:
    """Whether an open file is still the one at its path."""
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except FileNotFoundError:
        return False
