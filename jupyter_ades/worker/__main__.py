"""Carries one job: ``python -m jupyter_ades.worker <job directory>``.

Exit code 0 when the job came to a final status, whichever; 2 when the directory holds no plan;
3 when another worker has begun on it.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from pathlib import Path

from jupyter_ades.errors import AdesError
from jupyter_ades.jobdir import JobDir, write_record
from jupyter_ades.model import JobStatus
from jupyter_ades.redaction import Redaction
from jupyter_ades.system.bell import ring
from jupyter_ades.system.descendants import JOB_VARIABLE, adopt_orphans
from jupyter_ades.system.identity import this_worker
from jupyter_ades.system.locks import is_at, lock_now
from jupyter_ades.worker.course import Course
from jupyter_ades.worker.dismissal import Dismissal, Dismissed
from jupyter_ades.worker.log import JobLog, listen
from jupyter_ades.worker.report import Report
from jupyter_ades.worker.understudy import Understudy

#: Tries, 50 ms apart, to take the lock: a server that looks whether it is held holds it meanwhile.
TRIES = 4


def main(folder: str, understudy: Understudy | None = None) -> int:
    """Carry the job of this directory to its end; the exit code.

    ``understudy`` is a process that waits to call the plan's command, in a forked worker.
    """
    job = JobDir(Path(folder).resolve())
    lock = _lock(job.lock) if job.plan.is_file() else None
    # Asked again once nobody replaces the directory any more.
    if not job.plan.is_file():
        print(f"{folder} is not a job directory: it has no plan.json", file=sys.stderr)
        return 2
    if lock is None or job.worker.exists():
        # Two were ordered, one of them late: the first one has the job, also when it has ended.
        print(f"another worker has begun on {folder}", file=sys.stderr)
        return 3
    os.chdir(job.root)
    dismissal = Dismissal()
    dismissal.listen()
    adopt_orphans()
    write_record(job.worker, this_worker(), lasting=False)
    with JobLog(job.log) as log:
        listen(log)
        bell = _carry(job, log, Report(job), dismissal, understudy)
    os.close(lock)
    if bell:
        # Heard before this process has been taken apart.
        ring(Path(bell))
    if understudy is not None:
        understudy.bury()
    return 0


def _lock(path: Path) -> int | None:
    """The lock file, locked for as long as this process lives; None when another holds it.

    None as well when it is no longer the one at that path: a server has replaced the directory.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    for _ in range(TRIES):
        # Where there are no locks, nobody else can have it.
        if lock_now(handle) is not False:
            if is_at(handle, path):
                return handle
            break
        time.sleep(0.05)
    os.close(handle)
    return None


def _carry(
    job: JobDir,
    log: JobLog,
    report: Report,
    dismissal: Dismissal,
    understudy: Understudy | None,
) -> str:
    """Run the job's course; whatever happens, a final status is said. Where to ring then."""
    bell = ""
    try:
        course = _course(job, log, report, dismissal, understudy)
        bell = course.order.bell
        try:
            course.run()
        except Dismissed:
            log.say(dismissal.reason or "dismissed")
            course.clean()
            status = JobStatus.FAILED if dismissal.reason else JobStatus.DISMISSED
            report.end(status, dismissal.reason or "dismissed")
    except AdesError as error:
        log.say(error.detail)
        report.end(JobStatus.FAILED, error.detail)
    except Exception as error:
        report.end(
            JobStatus.FAILED,
            f"The worker failed ({type(error).__name__}: {error}); the log has the details.",
        )
        log.say(traceback.format_exc())
    return bell


def _course(
    job: JobDir,
    log: JobLog,
    report: Report,
    dismissal: Dismissal,
    understudy: Understudy | None,
) -> Course:
    order = job.read_plan()
    if order is None:
        raise FileNotFoundError(job.plan)
    os.environ[JOB_VARIABLE] = order.job_id
    log.redact = report.redact = Redaction(order.process, order.inputs)
    return Course(
        order=order,
        job=job,
        log=log,
        report=report,
        dismissal=dismissal,
        understudy=understudy,
    )


def _leave(code: int) -> None:
    """End, also when a download hangs in a thread: Python would wait for it."""
    sys.stdout.flush()
    sys.stderr.flush()
    if any(not each.daemon for each in threading.enumerate()[1:]):
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    _leave(main(sys.argv[1]))
