"""One worker for each try of a job, also when a server was killed between its order and its start.

A worker that was ordered may begin late, after the next server has looked whether one had. The lock
of a job directory and ``worker.json`` in it decide between the two: who gets the lock first, and
finds that no worker has begun, has the job.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from jupyter_ades.errors import Overtaken
from jupyter_ades.jobdir import JobDir
from jupyter_ades.system.locks import lock_now


@contextmanager
def without_worker(folder: JobDir) -> Iterator[None]:
    """Hold a job directory on which no worker has begun, and none begins meanwhile.

    Raises Overtaken when one has.
    """
    handle = os.open(folder.lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if lock_now(handle) is False or folder.worker.exists():
            raise Overtaken(f"A worker that was ordered before has begun on {folder.root.name}.")
        yield
    finally:
        os.close(handle)


def give_to_another(folder: JobDir) -> None:
    """Let another worker begin on a job directory whose worker has ended."""
    folder.worker.unlink(missing_ok=True)
