"""What Toil's leader tells, as it told it (9.6.0)."""

from __future__ import annotations

import pytest

from jupyter_ades.programs.toil_log import LeaderLog, label

WHEN = "[2026-11-24T01:33:02+0000] [MainThread]"
#: What a job's id is in the two kinds of job stores.
IN_FOLDER, IN_BUCKET = "kind-CWLJob/instance-4avh21tn", "e89926fe-1771-4269-933e-4fcb29118b67"
JOB = f"'CWLJob' main.1.say {IN_FOLDER} v1"
ISSUED = f"{WHEN} [I] [toil.leader] Issued job {JOB} with job batch system ID: 2 and disk: 1.0 Gi"
COMPLETE = (
    f"{WHEN} [I] [toil.statsAndLogging] Got message from job at time 11-24-2026 01:33:03: CWL step"
    " complete: main.1.say"
)
STREAM = f"""{WHEN} [I] [toil.statsAndLogging] main.1.say.stderr follows:
=========>
\tto stderr b
<========="""
FAILED = f"""{WHEN} [W] [toil.leader] Job failed with exit value 1: {JOB}
Exit reason: None
{WHEN} [W] [toil.leader] Log from job "kind-CWLJob/instance-4avh21tn" follows:
=========>
\t{WHEN} [I] [toil.worker] Working on job {JOB}
\t{WHEN} [I] [cwltool] [job main] /tmp/x$ sh
\t{WHEN} [W] [cwltool] [job main] exited with status: 3
\t{WHEN} [E] [toil.cwl.cwltoil] Failed command standard error:
\tno such band
\t
\t{WHEN} [C] [toil.worker] Worker crashed with traceback:
\tTraceback (most recent call last):
\t  File "/usr/lib/toil/worker.py", line 623, in workerScript
<=========
{WHEN} [W] [toil.job] Due to failure we are reducing the remaining try count"""
LOST = f"""{WHEN} [W] [toil.leader] Job failed with exit value <UNAVAILABLE>: {JOB}
Exit reason: LOST"""


RAISED = f"""{WHEN} [W] [toil.leader] Job failed with exit value 1: {JOB}
Exit reason: None
{WHEN} [W] [toil.leader] Log from job "kind-CWLJob/instance-4avh21tn" follows:
=========>
\t{WHEN} [I] [toil.worker] Working on job {JOB}
\t{WHEN} [W] [cwltool] Failed to evaluate expression:
\tExpression evaluation error:
\tit ran for too long
\t{WHEN} [C] [toil.worker] Worker crashed with traceback:
\tTraceback (most recent call last):
\t  File "/usr/lib/toil/worker.py", line 623, in workerScript
\t{{}}
\t
<========="""
NO_DISK = RAISED.replace(
    """[W] [cwltool] Failed to evaluate expression:
\tExpression evaluation error:
\tit ran for too long""",
    "[I] [cwltool] [job main] completed success",
)


def read(*texts: str) -> tuple[LeaderLog, list[str]]:
    log = LeaderLog()
    return log, [told for text in texts for line in text.splitlines() for told in log.read(line)]


@pytest.mark.parametrize(
    ("step", "name"),
    [
        ("main.2.say", "say 3"),
        ("main.count.count", "count"),
        ("main", "main"),
        ("app.cwl", "app"),
        ("staged.cwl.json.stage_in.stage_in", "stage_in"),
        ("app.cwl.2.say", "say 3"),
        ("main.sub.0.tool", "sub 1"),
        ("main.0.sub.11.tool", "sub 1 12"),
    ],
)
def test_steps_are_named_as_people_count(step: str, name: str) -> None:
    assert label(step) == name


def test_steps_begin_print_and_end() -> None:
    log, told = read(ISSUED, STREAM, COMPLETE)
    assert told == ["say 2: to stderr b"]
    assert (log.done, log.latest, log.failed) == (["main.1.say"], "main.1.say", {})


@pytest.mark.parametrize("text", [ISSUED, ISSUED.replace(IN_FOLDER, IN_BUCKET)])
def test_a_step_that_begins_is_the_latest(text: str) -> None:
    assert read(text)[0].latest == "main.1.say"


@pytest.mark.parametrize("text", [FAILED, FAILED.replace(IN_FOLDER, IN_BUCKET)])
def test_a_failure_has_the_tools_own_words_and_code(text: str) -> None:
    log, told = read(ISSUED, text)
    (failed,) = log.failed.values()
    assert (failed.step, failed.exit_code, list(failed.lines)) == (
        "main.1.say",
        3,
        ["no such band"],
    )
    assert failed.errors == []
    assert told == []


def test_a_failure_that_is_tried_again_well_is_none() -> None:
    log, _ = read(ISSUED, FAILED, ISSUED, COMPLETE)
    assert log.failed == {}


def test_a_lost_node_is_said_so() -> None:
    log, told = read(ISSUED, LOST)
    (failed,) = log.failed.values()
    assert (failed.exit_code, failed.errors) == (None, ["was lost with its node"])
    assert told == ["say 2 was lost with its node"]


def test_a_pods_own_words_take_the_place_of_toils() -> None:
    pod = f"{WHEN} [W] [toil.batchSystems.kubernetes] Pod: {{'api_version': 'v1',\n 'spec': None}}"
    its = f"{WHEN} [W] [toil.batchSystems.kubernetes] Its pod: was ended by Kubernetes, Evicted"
    log, told = read(ISSUED, pod, its, LOST)
    (failed,) = log.failed.values()
    assert failed.errors == ["was ended by Kubernetes, Evicted"]
    assert told == ["say 2 was ended by Kubernetes, Evicted"]


def test_what_the_leader_complains_of_is_kept() -> None:
    log, told = read(f"{WHEN} [E] [toil.leader] The queue is shut", "Usage: toil-cwl-runner")
    assert log.errors == ["The queue is shut"]
    assert told == ["The queue is shut", "Usage: toil-cwl-runner"]


def test_a_queue_that_refuses_is_counted_unless_that_passes() -> None:
    text = f"{WHEN} [E] [toil.lib.retry] Errored operation submitJob, code 1: sbatch: error: "
    log, _ = read(f"{text}invalid partition specified: nowhere", f"{text}invalid partition: x")
    assert (log.refusals, log.refusal) == (2, "invalid partition: x")
    log, _ = read(f"{text}invalid partition: x", f"{text}AssocMaxSubmitJobLimit")
    assert (log.refusals, log.refusal) == (1, "invalid partition: x")


@pytest.mark.parametrize(
    ("why", "stays"),
    [
        ("Requested time limit is invalid (missing or exceeds some limit)", True),
        ("Requested node configuration is not available", True),
        ("Memory specification can not be satisfied", True),
        ("Invalid qos specification", True),
        ("Zero Bytes were transmitted or received", False),
        ("Unable to contact slurm controller (connect failure)", False),
        ("Socket timed out on send/recv operation", False),
        ("Resource temporarily unavailable", False),
        (
            "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
            False,
        ),
        ("QOSMaxSubmitJobPerUserLimit", False),
        ("AssocGrpSubmitJobsLimit", False),
    ],
)
def test_which_refusals_stay(why: str, stays: bool) -> None:
    """As Slurm 22 words them (slurm_errno)."""
    text = f"{WHEN} [E] [toil.lib.retry] Errored operation submitJob, code 1: sbatch: error: "
    log, _ = read(f"{text}Batch job submission failed: {why}")
    assert log.refusals == (1 if stays else 0)


def test_a_submission_that_is_taken_ends_the_refusals() -> None:
    text = f"{WHEN} [E] [toil.lib.retry] Errored operation submitJob, code 1: sbatch: error: no"
    queued = "[toil.batchSystems.abstractGridEngineBatchSystem] Job CWLJob with batch system ID 2"
    log, _ = read(text, text, f"{WHEN} [I] {queued} queued as job 17", text)
    assert log.refusals == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            RAISED.format("cwl_utils.errors.WorkflowException: permanentFail"),
            "Expression evaluation error:\nit ran for too long",
        ),
        (NO_DISK.format("OSError: [Errno 28] No space left"), "[Errno 28] No space left"),
    ],
)
def test_what_a_worker_raised_is_the_reason_where_no_tool_ended(text: str, why: str) -> None:
    log, told = read(ISSUED, text)
    assert log.failed["main.1.say"].told() == {
        "step": "say 2",
        "exit_code": None,
        "lines": [],
        "errors": [why],
    }
    assert told == []


def test_what_a_leader_raised_as_it_broke_down_is_kept() -> None:
    log, told = read(
        """Traceback (most recent call last):
  File "/usr/lib/botocore/auth.py", line 432, in add_auth
    raise NoCredentialsError()
botocore.exceptions.NoCredentialsError: Unable to locate credentials
in any place"""
    )
    assert log.errors == ["Unable to locate credentials\nin any place"]
    assert len(told) == 5
