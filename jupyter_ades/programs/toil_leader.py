"""toil-cwl-runner, its outputs kept apart: ``python -m jupyter_ades.programs.toil_leader ...``.

Toil puts outputs of one name over each other, and scattered steps mostly give theirs the same.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Any

from toil.bus import JobUpdatedMessage
from toil.cwl import cwltoil
from toil.leader import Leader

from jupyter_ades.programs.cwl_outputs import keep_apart
from jupyter_ades.programs.toil_tools import lead_so
from jupyter_ades.programs.toil_ways import RUN_NOTE, WAYS, read_ways
from jupyter_ades.runners.toil import KUBERNETES, batch_system, own_store

_stage = cwltoil.toilStageFiles
_begin = Leader.__init__


def _stage_apart(toil: Any, outputs: Any, *arguments: Any, **named: Any) -> None:
    keep_apart(outputs)
    _stage(toil, outputs, *arguments, **named)


def _begin_without_waits(leader: Leader, *arguments: Any, **named: Any) -> None:
    """Make a leader that waits for jobs of the batch system only when it has nothing else to do.

    Toil's own waits for two seconds each time that steps alone which run nothing, such as a
    scatter's gathering, are left.
    """
    _begin(leader, *arguments, **named)
    ask = leader.batchSystem.getUpdatedBatchJob

    def updated(maxWait: int) -> Any:  # noqa: N803
        idle = leader.getNumberOfJobsIssued() and not leader._messages.count(JobUpdatedMessage)
        return ask(maxWait=maxWait if idle else 0)

    leader.batchSystem.getUpdatedBatchJob = updated


def main(arguments: list[str]) -> int:
    """Run a workflow as toil-cwl-runner does; its exit code."""
    # Of options it says only that a path is long, as those of jobs are, and how to change that.
    logging.getLogger("toil.options").setLevel(logging.ERROR)
    cwltoil.toilStageFiles = _stage_apart
    Leader.__init__ = _begin_without_waits
    if batch_system(arguments) == KUBERNETES:
        from jupyter_ades.programs import toil_pods

        toil_pods.use(Path(os.environ[RUN_NOTE]))
    if own_store(arguments).startswith("aws:"):
        from jupyter_ades.programs import toil_buckets

        toil_buckets.use()
    if WAYS in os.environ:
        lead_so(read_ways(os.environ[WAYS]))
    return int(cwltoil.main(arguments) or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
