"""A step around a workflow: ``python -m jupyter_ades.programs.stage in|out ORDER [OUTPUTS]``.

``in`` brings what the job's inputs refer to into the working folder and tells CWL of it in
``cwl.output.json``; ``out`` delivers the workflow's outputs, which OUTPUTS tells of, with their
catalog, and leaves ``results.json``. Exit code 0 when all went well, 1 when not: the last line says
why.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from jupyter_ades.errors import AdesError
from jupyter_ades.jobdir import JobDir, read_record, write_record
from jupyter_ades.model import JSON
from jupyter_ades.orders import WorkOrder
from jupyter_ades.runners.cwltool import job_order
from jupyter_ades.runners.staged import ORDER, RESULTS_FILE
from jupyter_ades.worker.stage_in import Tell, stage_in
from jupyter_ades.worker.stage_out import deliver, discard

#: Where CWL looks for a tool's outputs first.
CWL_OUTPUT = "cwl.output.json"


def main(act: str, order_file: str, outputs_file: str = "") -> int:
    """Carry out one of the two steps; the exit code."""
    order = read_record(Path(order_file), WorkOrder)
    if order is None:
        print(f"there is no {order_file}", file=sys.stderr)
        return 1
    try:
        if act == "in":
            _bring(order)
        else:
            _deliver(order, Path(outputs_file))
    except AdesError as error:
        print(error.detail, file=sys.stderr)
        return 1
    return 0


def _bring(order: WorkOrder) -> None:
    inputs = stage_in(order, JobDir(Path.cwd()), _telling("staging in"))
    given = {name: value for name, value in inputs.items() if value is not None}
    Path(CWL_OUTPUT).write_text(json.dumps(job_order(order.process, given)), encoding="utf-8")


def _deliver(order: WorkOrder, outputs_file: Path) -> None:
    outputs = _as_left(json.loads(outputs_file.read_bytes()))
    outputs.pop(ORDER)
    scratch = Path.cwd() / "delivery"
    try:
        results = deliver(
            order,
            outputs,
            started=order.created,
            finished=max(order.created, datetime.now(UTC)),
            tell=_telling("staging out"),
            scratch=scratch,
        )
    except BaseException:
        discard(order, scratch)
        raise
    write_record(Path(RESULTS_FILE), results)


def _as_left(value: JSON) -> JSON:
    """Outputs, each where its tool left it: without a container an engine gives a link to it.

    One link is followed and no more, as a tool's own may lead anywhere.
    """
    if isinstance(value, list):
        return [_as_left(each) for each in value]
    if not isinstance(value, dict):
        return value
    found = {key: _as_left(each) for key, each in value.items()}
    if isinstance(found.get("path"), str) and os.path.islink(found["path"]):
        found["path"] = os.path.join(os.path.dirname(found["path"]), os.readlink(found["path"]))
    return found


def _telling(what: str) -> Tell:
    """Says each file that was moved, where a tool's lines go."""

    def tell(done: int, total: int, label: str) -> None:
        print(f"{what} {done} of {total}: {label}", file=sys.stderr, flush=True)

    return tell


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
