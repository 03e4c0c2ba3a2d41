"""The course of one job: stage in, run, collect, stage out, and the last word."""

from __future__ import annotations

import json
import os
import shutil
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from jupyter_ades.errors import AdesError, NothingToDeliver, Unavailable
from jupyter_ades.jobdir import JobDir, write_atomic, write_record
from jupyter_ades.model import JSON, Begin, JobStatus
from jupyter_ades.orders import Ran, WorkOrder
from jupyter_ades.runners.base import Runner
from jupyter_ades.runners.registry import runner
from jupyter_ades.runners.staged import has_stages
from jupyter_ades.system.environment import KEYS, without
from jupyter_ades.system.leftovers import end_elsewhere, has_pods
from jupyter_ades.worker.bounds import Bounds
from jupyter_ades.worker.continuing import take_over
from jupyter_ades.worker.dismissal import Dismissal, Dismissed
from jupyter_ades.worker.elsewhere import check_reachable, delivered
from jupyter_ades.worker.log import JobLog
from jupyter_ades.worker.metering import Meter, size_of
from jupyter_ades.worker.process import run_command
from jupyter_ades.worker.quicklook import draw_quicklook
from jupyter_ades.worker.report import Report
from jupyter_ades.worker.stage_in import stage_in
from jupyter_ades.worker.understudy import Understudy

#: Per cent at which each part ends; 100 is for the last word. Between what was staged in and the
#: first step the command itself starts.
STAGED_IN, STARTED, RAN, STAGED_OUT = 8, 10, 90, 99
#: Lines of the command's output that a runner may explain a failure by.
LAST_LINES = 100
#: Bytes: a disk with fewer is full.
SMALLEST_SPACE = 2**16
AGAIN = f'What was computed is kept: rerun this job from "{Begin.STAGE_OUT}" to deliver it alone.'


@dataclass(kw_only=True)
class Course:
    """One job on its way, with what its parts share."""

    order: WorkOrder
    job: JobDir
    log: JobLog
    report: Report
    dismissal: Dismissal
    #: A process that waits to call the command; None where a new one is started for it.
    understudy: Understudy | None = None
    #: The inputs as staged in.
    _staged: dict[str, JSON] = field(default_factory=dict)
    _meter: Meter = field(default_factory=Meter)

    def __post_init__(self) -> None:
        self._bounds = Bounds(self.order.resources, self.dismissal)

    @property
    def _by_steps(self) -> bool:
        """Whether steps of the workflow move the data."""
        return has_stages(self.order)

    def run(self) -> None:
        """Carry the job to its end; raises Dismissed, and what makes a worker fail."""
        self._bounds.begin()
        try:
            self._run()
        finally:
            self._bounds.end()

    def _run(self) -> None:
        engine = runner(self.order.plan.runner)
        if self.order.resumes:
            self.log.say(f"run again, as the worker before was lost ({self.order.resumes})")
        if self.order.begin is Begin.STAGE_OUT:
            self._stage_out_again(engine)
            return
        if has_pods(self.job):
            self._take_up()
        else:
            with self.dismissal.interrupting():
                self._stage_in(engine)
        last_lines: deque[str] = deque(maxlen=LAST_LINES)
        code = self._command(engine, last_lines)
        if self.dismissal.asked and not self.dismissal.reason:
            raise Dismissed
        if code == 0 and not self.dismissal.asked:
            self._succeed(engine)
        else:
            self._fail(engine, self._why(engine, code, list(last_lines)))

    def _stage_out_again(self, engine: Runner) -> None:
        """Deliver what an earlier worker's command left."""
        ran = self.job.read_ran()
        if ran is None:
            raise NothingToDeliver("What the job computed is gone; rerun it from the start.")
        self._staged = json.loads(self.job.staged.read_bytes())
        self._stage_out(engine, ran)

    def _take_up(self) -> None:
        """Go on with a command that runs in a cluster since before the worker was lost."""
        self.log.say("taken up again: it runs on in the cluster, as the worker before was lost")
        self._staged = json.loads(self.job.staged.read_bytes())

    def _stage_in(self, engine: Runner) -> None:
        self._say("staging in", 0)
        self._meter.begin("stage in")
        staged = None
        if self._by_steps:
            check_reachable(self.order)
            # The steps read the references themselves.
            staged = self.order.inputs
        if self.order.begin is Begin.UNFINISHED_STEPS:
            # This very job was interrupted: what its command left half-done is of no use.
            for folder in (self.job.work, self.job.outputs):
                shutil.rmtree(folder, ignore_errors=True)
        if self.order.continues and staged is None:
            staged = take_over(JobDir(Path(self.order.continues)), self.job)
        if staged is None:
            staged = stage_in(self.order, self.job, self._telling("staging in", 0, STAGED_IN))
        self._staged = staged
        write_atomic(self.job.staged, json.dumps(self._staged).encode(), lasting=False)
        self.job.work.mkdir(exist_ok=True)
        engine.prepare(self.job, self._staged, self.order.process)

    def _command(self, engine: Runner, last_lines: deque[str]) -> int:
        self._say("starting", STAGED_IN)
        self._meter.begin("run")

        def on_line(line: str) -> None:
            step = engine.read_step(line)
            if step is not None:
                self._meter.begin(step.label)
                self._progress(step.label, STARTED, RAN, step.done, step.total)
            else:
                last_lines.append(line)
                self.log.line(line)

        try:
            return run_command(
                self.order.plan,
                self.job.work,
                self.order.job_id,
                on_line=on_line,
                dismissal=self.dismissal,
                environment=self._environment(),
                understudy=self.understudy,
            )
        finally:
            # A container is no descendant of the command, which may have been killed.
            end_elsewhere(self.job)

    def _environment(self) -> dict[str, str]:
        """The worker's less what is the worker's alone, and what the operator says."""
        kept = without(os.environ, (*KEYS, *self.order.drop_environment))
        return {**kept, **self.order.job_environment}

    def _succeed(self, engine: Runner) -> None:
        # A clock that was set back must not make it end before it began.
        started = self.report.started
        ran = Ran(started=started, finished=max(started, datetime.now(UTC)))
        with suppress(OSError):
            # On a full disk: delivering may still be possible, only not for a second time.
            self.job.write_ran(ran)
        self._stage_out(engine, ran)

    def _stage_out(self, engine: Runner, ran: Ran) -> None:
        with self.dismissal.interrupting():
            self._say("staging out", RAN)
            self._meter.begin("stage out")
            outputs = engine.collect(self.job, self.order.process)
            if self._by_steps:
                self.job.write_results(delivered(outputs))
            else:
                self._deliver(outputs, ran)
                draw_quicklook(outputs, self.job.quicklook)
        self._account()
        self.clean()
        self.log.say("Done")
        self.report.end(JobStatus.SUCCESSFUL, "Done")

    def _deliver(self, outputs: dict[str, JSON], ran: Ran) -> None:
        from jupyter_ades.worker.stage_out import deliver, discard

        try:
            results = deliver(
                self.order,
                outputs,
                started=ran.started,
                finished=ran.finished,
                tell=self._telling("staging out", RAN, STAGED_OUT),
                scratch=self.job.delivery,
                staged=self._staged,
            )
            self.job.write_results(results)
        except BaseException as error:
            discard(self.order, self.job.delivery)
            if isinstance(error, OSError):
                why = error.strerror or error
                error = Unavailable(f"The results could not be recorded: {why}.")
            if isinstance(error, AdesError):
                raise type(error)(f"{error.detail} {AGAIN}", error.problems) from error
            raise

    def _why(self, engine: Runner, code: int, last_lines: list[str]) -> str:
        """Why the command failed: what ended it, else what it says."""
        if self.dismissal.reason:
            return self.dismissal.reason
        explained = engine.explain(self.job, code, last_lines)
        return explained + self._no_space() + self._bounds.why_killed()

    def _fail(self, engine: Runner, message: str) -> None:
        self.log.say(message)
        try:
            self._keep(engine)
            self._account()
        finally:
            # Said also when nothing could be kept: why the job failed matters more.
            self.report.end(JobStatus.FAILED, message)

    def _no_space(self) -> str:
        """What else to know of a failure, which few programs tell well."""
        full = shutil.disk_usage(self.job.root).free < SMALLEST_SPACE
        return "\nNo space is left on the workspace's disk." if full else ""

    def _keep(self, engine: Runner) -> None:
        """Deliver what a failed command left, such as the notebook with its failing cell."""
        from jupyter_ades.worker.stage_out import deliver_failed, discard

        if self._by_steps:
            # A step may have delivered a part.
            discard(self.order, self.job.delivery)
            return
        outputs = engine.collect(self.job, self.order.process)
        kept = {name: value for name, value in outputs.items() if value is not None}
        self.job.write_results(deliver_failed(self.order, kept, self.job.delivery))

    def _account(self) -> None:
        """Write down what the job cost; for want of that no job fails."""
        with suppress(OSError):
            results = self.job.read_results()
            found = self._meter.finish(
                staged_in=size_of(self.job.inputs), staged_out=results.bytes if results else 0
            )
            write_record(self.job.statistics, found, lasting=False)

    def clean(self) -> None:
        """Remove what only the command needed."""
        if not self.order.keep_scratch:
            self.job.remove_scratch()

    def _say(self, message: str, progress: int) -> None:
        self.log.say(message)
        self.report.say(message, progress)

    def _telling(self, what: str, start: int, end: int) -> Callable[[int, int, str], None]:
        def tell(done: int, total: int, label: str) -> None:
            message = f"{what} {done} of {total}: {label}"
            self.log.say(message)
            self._progress(message, start, end, done, total)

        return tell

    def _progress(self, message: str, start: int, end: int, done: int, total: int) -> None:
        self.report.say(message, start + (end - start) * done / max(total, 1))
