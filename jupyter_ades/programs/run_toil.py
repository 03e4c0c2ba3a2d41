"""Runs a job's CWL by Toil: ``python -m jupyter_ades.programs.run_toil JOB ENGINE [OPTION...]``.

ENGINE is that of the containers, or ``none``; the options are toil-cwl-runner's, after ours. Exit
code 0 when it succeeded, 1 when not (``failure.json`` says why), 33 when the package asks for
something that Toil does not do, 143 when it was ended.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from jupyter_ades.jobdir import JobDir
from jupyter_ades.orders import WorkOrder
from jupyter_ades.programs.cwl_containers import container_arguments
from jupyter_ades.programs.speaker import Speaker
from jupyter_ades.programs.toil_log import NOT_FOUND, UNSHARED, Failed, LeaderLog, label
from jupyter_ades.programs.toil_stores import JobStore, find_store
from jupyter_ades.programs.toil_ways import RUN_NOTE, WAYS, Ways
from jupyter_ades.runners.cwltool import JOB_ORDER, OUTPUTS, UNSUPPORTED, environments
from jupyter_ades.runners.exported import document_url, file_url
from jupyter_ades.runners.steps import write_failure
from jupyter_ades.runners.toil import (
    IMAGE,
    KUBERNETES,
    SLURM,
    batch_system,
    in_images,
    in_store,
    is_local,
)
from jupyter_ades.system.batch import note
from jupyter_ades.system.descendants import JOB_VARIABLE
from jupyter_ades.system.leftovers import end_elsewhere, toil_done, toil_run

#: Seconds that Toil has to end what runs when the job is dismissed.
GRACE = 20.0
#: Seconds for which Toil asks a queue again that is full or does not answer; what a queue refuses
#: for good ends the job sooner.
QUEUE_PATIENCE = 2 * 86400
GONE = (
    "what the earlier job kept of its steps is gone: another job went on with it, or it was"
    " removed; rerun it from the start"
)
#: How pods are told of the rights that their service account has on buckets.
RIGHTS = (
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
)
NO_PROGRAMS = "the image of Toil's workers has none of its programs (TOIL_APPLIANCE_SELF)"
NOT_SEEN = (
    "its node does not see {what}, {folder}: that must be in a folder which all nodes of the batch"
    " system share, at the same path ({trait})"
)


def main(folder: str, engine: str, *options: str) -> int:
    """Run the workflow of a job directory; the exit code."""
    job = JobDir(Path(folder))
    order = job.read_plan()
    if order is None:
        print(f"{folder} is not a job directory: it has no plan.json", file=sys.stderr)
        return 2
    speaker = Speaker(sys.stdout)
    try:
        store = find_store(order, job, options)
    except OSError:
        write_failure(job, {"errors": [GONE]})
        return 1
    options = in_store(options, store.locator)
    job.batch.mkdir(exist_ok=True)
    if batch_system(options) == SLURM:
        note(job.batch, order.job_id)
    store.note()
    with open(job.work / OUTPUTS, "wb") as outputs:
        leader = subprocess.Popen(
            _command(order, store, engine, options),
            stdin=subprocess.DEVNULL,
            stdout=outputs,
            stderr=subprocess.PIPE,
            env={
                **os.environ,
                "TOIL_HISTORY": "False",
                RUN_NOTE: str(toil_run(job)),
                **_ways(order, store, engine, options),
            },
        )
    signal.signal(signal.SIGTERM, partial(_end, job, leader))
    log = _follow(leader, _Counting(order, job), speaker, store.done)
    if log.refused:
        # Its thread for the queue tries on, and to be ended gracefully it would wait for that.
        leader.kill()
        end_elsewhere(job)
    code = leader.wait()
    if code == 0:
        # Toil has removed it.
        shutil.rmtree(job.kept_elsewhere, ignore_errors=True)
    else:
        write_failure(job, _failure(log, job, options))
    return code if code in (0, UNSUPPORTED) else 1


def _command(order: WorkOrder, store: JobStore, engine: str, options: Sequence[str]) -> list[str]:
    job = store.job
    own = job.work / "toil"
    own.mkdir()
    program = [sys.executable, "-P", "-m", "jupyter_ades.programs.toil_leader"]
    return [
        *program,
        *(["--moveOutputs", "True"] if store.inside else []),
        *(["--restart"] if store.begun else []),
        *("--workDir", str(own), *_coordination(options)),
        *("--tmpdir-prefix", f"{own}/tmp-", "--tmp-outdir-prefix", f"{own}/out-"),
        *("--outdir", str(job.outputs), "--clean", "onSuccess"),
        *("--writeMessages", str(job.batch / "messages"), "--publishWorkflowMetrics", "no"),
        *("--disableProgress", "--logColors", "False", "--maxLogFileSize", "10MiB"),
        *("--statePollingWait", "1", "--statePollingTimeout", str(QUEUE_PATIENCE)),
        *("--enable-ext", "--no-compute-checksum"),
        *(["--retryCount", "0", "--maxCores", str(order.cores)] if is_local(options) else []),
        *container_arguments("" if engine == "none" else engine, job),
        *options,
        document_url(order.process, job.package),
        file_url(job.work / JOB_ORDER),
    ]


def _coordination(options: Sequence[str]) -> tuple[str, ...]:
    """Where workers of one node find out which of them ends last, and cleans up after all.

    Pods share ``/run/lock``, which Toil mounts and chooses by itself, and no folder of temporary
    files: with that each would take itself for the last.
    """
    if batch_system(options) == KUBERNETES:
        return ()
    return ("--coordinationDir", tempfile.gettempdir())


def _ways(order: WorkOrder, store: JobStore, engine: str, options: Sequence[str]) -> dict[str, str]:
    """What the leader and its workers are told of how tools run; images of others know nothing."""
    pods = in_images(options)
    if pods and IMAGE not in order.plan.env:
        return {}
    ways = Ways(
        expression_seconds=order.expression_seconds,
        expression_bytes=order.expression_bytes,
        variables=(JOB_VARIABLE, *order.job_environment, *(RIGHTS if pods else ())),
        engine=engine,
        containers=str(store.job.containers) if engine != "none" and not pods else "",
        store=f"file:{store.locator}" if store.inside else "",
        environments=environments(order.plan),
    )
    return {WAYS: ways.as_json()}


class _Counting(threading.Thread):
    """Counts the steps that the CWL and its inputs tell of, beside the run."""

    def __init__(self, order: WorkOrder, job: JobDir) -> None:
        super().__init__(daemon=True)
        self._order, self._job = order, job
        self.total = 1
        self.start()

    def run(self) -> None:
        """Count; a package that cannot be read, Toil complains of."""
        from jupyter_ades.programs.toil_counting import count

        with suppress(Exception):
            self.total = count(self._order, self._job)


def _follow(
    leader: subprocess.Popen[bytes], counting: _Counting, speaker: Speaker, kept: Path
) -> LeaderLog:
    """Tell the leader's lines, and how far the steps are, until it ends or is refused for good."""
    log = LeaderLog(kept.read_text("utf-8").split() if kept.exists() else [])
    seen: tuple[int, str] = (0, "")
    assert leader.stderr is not None
    for line in leader.stderr:
        for told in log.read(line.decode(errors="replace").rstrip("\n")):
            speaker.line(told)
        if log.refused:
            break
        now = (len(log.done), log.latest)
        if now != seen and log.latest:
            seen = now
            kept.write_text("\n".join(log.done), encoding="utf-8")
            total = max(counting.total, now[0], 1)
            speaker.step(now[0], total, label(log.latest))
    return log


def _failure(log: LeaderLog, job: JobDir, options: Sequence[str]) -> dict[str, Any]:
    """Why it failed: the first step that did, else what Toil first complained of."""
    if log.refused:
        return {"errors": [f"the queue refuses the job's steps: {log.refusal}"]}
    if not log.failed:
        return {"errors": log.errors}
    first: Failed = next(iter(log.failed.values()))
    unseen = _unseen(first.worker_code, job, options) if first.exit_code is None else ""
    return {"step": label(first.step), "errors": [unseen]} if unseen else first.told()


def _unseen(worker_code: int | None, job: JobDir, options: Sequence[str]) -> str:
    """What a node lacks whose worker of a step ended so before it began; empty for nothing."""
    if worker_code in UNSHARED:
        traits = "c.ADES.workspace_root, c.ADES.scratch_root"
        return NOT_SEEN.format(what="the job's folder", folder=job.scratch, trait=traits)
    if worker_code == NOT_FOUND and in_images(options):
        return NO_PROGRAMS
    if worker_code == NOT_FOUND:
        trait = "the environment of this server"
        return NOT_SEEN.format(what="Toil's programs", folder=sys.prefix, trait=trait)
    return ""


def _end(job: JobDir, leader: subprocess.Popen[bytes], number: int, frame: object) -> None:
    """Let Toil end its steps, then see that nothing of it is left in a queue or a container."""
    # Nobody goes on with what was dismissed.
    toil_done(job).unlink(missing_ok=True)
    leader.terminate()
    # Who reads its words is held up by this handler, and with a full pipe it would not end.
    threading.Thread(target=_drain, args=(leader,), daemon=True).start()
    try:
        leader.wait(GRACE)
    except subprocess.TimeoutExpired:
        leader.kill()
    end_elsewhere(job)
    os._exit(128 + number)


def _drain(leader: subprocess.Popen[bytes]) -> None:
    """Read what a program still says, to no end."""
    assert leader.stderr is not None
    with suppress(OSError):
        # Not by the file's own buffer, which who was interrupted holds.
        while os.read(leader.stderr.fileno(), 2**16):
            continue


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
