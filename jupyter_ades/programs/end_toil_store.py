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


def main(folder: str) -> int:
    """Remove it, by the rights that the job had."""
    job = JobDir(Path(folder))
    order = job.read_plan()
    if order is not None:
        os.environ.update(order.job_environment)
    from toil.common import Toil

    Toil.getJobStore(toil_store(job).read_text("utf-8")).destroy()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
