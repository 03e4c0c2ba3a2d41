"""Removes what a run of Toil's left outside its job: ``python -m ...end_toil_store FOLDER``.

FOLDER is the job's directory, in which the run's leader noted its job store. Exit code 0 when there
is none left.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from jupyter_ades.jobdir import JobDir
from jupyter_ades.system.leftovers import toil_store
from jupyter_ades.system.locks import is_at, lock


def main(folder: str) -> int:
    """Remove it, by the rights that the job had, and the note."""
    job = JobDir(Path(folder))
    note = toil_store(job)
    try:
        with open(note, encoding="utf-8") as file:
            # Two at once would take the next run's store for this one's.
            lock(file.fileno())
            if is_at(file.fileno(), note):
                _remove(file.read(), job)
                note.unlink()
    except FileNotFoundError:
        pass
    return 0


def _remove(store: str, job: JobDir) -> None:
    order = job.read_plan()
    if order is not None:
        os.environ.update(order.job_environment)
    from toil.common import Toil

    Toil.getJobStore(store).destroy()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
