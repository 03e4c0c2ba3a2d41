"""Locks on files, where the file system keeps them."""

from __future__ import annotations

import errno
import fcntl

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
