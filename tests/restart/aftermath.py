"""What a storm has left: every promise is looked at, and what is wrong is said."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import datetime
from typing import Any

import psutil

from tests.restart.storm import Storm, Submitted
from tests.restart.weather import JOB, of_jobs

FINAL = ("successful", "failed", "dismissed")
#: Seconds that a worker may take to end after its last word.
SOON = 10.0
#: Reasons for which a job may fail here.
REASONS = (
    "worker was lost",
    "No space left",
    "no space left",
    "disk is full",
    # As the shell says it.
    "printf: I/O error",
    "could not be",
    "killed by signal 9",
)


def report(storm: Storm, seconds: float) -> dict[str, Any]:
    """The figures, and everything that is not as promised."""
    listed = _listed(storm)
    wrong = [
        *_one_job_each(storm, listed),
        *_true_states(storm, listed),
        *_dismissals(storm, listed),
        *_times(listed),
        *_results(storm, listed),
        *_runs(storm, listed),
        *_nothing_runs(storm),
        *_store(storm, listed),
        *_readable(storm),
    ]
    states = Counter(job["status"] for job in listed.values())
    return {
        "seed": storm.seed,
        "jobs": len(storm.jobs),
        "kills of the server": storm.kills,
        "events": dict(sorted(storm.happened.items())),
        "answers": dict(sorted(storm.answers.items())),
        "states": dict(sorted(states.items())),
        "seen on forked workers, on others": [len(storm.seen[True]), len(storm.seen[False])],
        "run again": sum(job.get("resumes", 0) for job in listed.values()),
        "lost": sum(
            len(job.ids & listed.keys()) != 1 for job in storm.jobs if job.told != "removed"
        ),
        "seconds": round(seconds, 1),
        "wrong": wrong,
    }


def _listed(storm: Storm) -> dict[str, dict[str, Any]]:
    found = storm.server.send("GET", "jobs?limit=10000").json()
    assert found["numberTotal"] == len(found["jobs"]), "not all are listed"
    return {each["jobID"]: each for each in found["jobs"]}


def _id(job: Submitted) -> str:
    return next(iter(job.ids), "")


def _one_job_each(storm: Storm, listed: dict[str, Any]) -> Iterator[str]:
    for job in storm.jobs:
        if len(job.ids) != 1:
            yield f"{job.name}: was accepted as {sorted(job.ids)}"
    kept = [job for job in storm.jobs if job.told != "removed"]
    named = {each for job in kept for each in job.ids}
    yield from (f"{each}: was accepted and is no longer there" for each in named - listed.keys())
    yield from (f"{each}: nobody was told of it" for each in listed.keys() - named)


def _true_states(storm: Storm, listed: dict[str, Any]) -> Iterator[str]:
    asked = {_id(job) for job in storm.jobs if job.dismissed}
    for job_id, job in listed.items():
        state, message = job["status"], job["message"]
        if state not in FINAL:
            yield f"{job_id}: is {state}"
        if state == "successful" and (job["progress"], message) != (100, "Done"):
            yield f"{job_id}: is successful with {message!r} at {job['progress']} %"
        if state == "failed" and not any(reason in message for reason in REASONS):
            yield f"{job_id}: failed for no known reason: {message}"
        if state == "dismissed" and job_id not in asked:
            yield f"{job_id}: was dismissed by nobody"


def _dismissals(storm: Storm, listed: dict[str, Any]) -> Iterator[str]:
    """What a client was told to be dismissed, or on its way to be, has come to that."""
    for job in storm.jobs:
        job_id = _id(job)
        state = listed.get(job_id, {}).get("status", "gone")
        if job.told == "removed" and state != "gone":
            yield f"{job_id}: was removed, and is {state}"
        if job.told in ("dismissed", "running") and state != "dismissed":
            yield f"{job_id}: was answered as {job.told} when it was dismissed, and is {state}"
        if state == "dismissed" and (storm.results / f"wf-{job_id}").exists():
            yield f"{job_id}: was dismissed, and has results"


def _times(listed: dict[str, Any]) -> Iterator[str]:
    for job_id, job in listed.items():
        names = [name for name in ("created", "started", "finished") if name in job]
        times = [datetime.fromisoformat(job[name]) for name in names]
        # One that was dismissed before it started may have waited while the clock went back.
        if "started" in names and times != sorted(times):
            yield f"{job_id}: {names} are {times}"


def _results(storm: Storm, listed: dict[str, Any]) -> Iterator[str]:
    for job in storm.jobs:
        job_id = _id(job)
        folder = storm.results / f"wf-{job_id}"
        successful = listed.get(job_id, {}).get("status") == "successful"
        if successful:
            try:
                json.loads((folder / "catalog.json").read_bytes())
                left = next(folder.rglob("out.txt")).read_text()
            except (OSError, ValueError, StopIteration) as error:
                yield f"{job_id}: its results are not whole: {error!r}"
            else:
                if left != f"{job.name}\n":
                    yield f"{job_id}: has another's results: {left!r}"
            answer = storm.server.send("GET", f"jobs/{job_id}/results")
            if answer.status_code != 200:
                yield f"{job_id}: its results are answered with {answer.text}"
    for partial in storm.results.glob(".wf-*"):
        yield f"{partial.name}: was left half-written"
    known = {f"wf-{each}" for each in listed}
    for folder in storm.results.glob("wf-*"):
        if folder.name not in known:
            yield f"{folder.name}: belongs to no job"


def _runs(storm: Storm, listed: dict[str, Any]) -> Iterator[str]:
    """How often each command began and ended, as it marked itself."""
    for job in storm.jobs:
        found = listed.get(_id(job), {})
        began, ended = (_count(storm, job, what) for what in ("began", "ended"))
        times = 1 + found.get("resumes", 0)
        if began > times or ended > times:
            yield f"{_id(job)}: began {began} times, ended {ended}, run {times} times"
        if found.get("status") == "successful" and ended < 1:
            yield f"{_id(job)}: is successful, and its command never ended"


def _count(storm: Storm, job: Submitted, what: str) -> int:
    try:
        return len((storm.marks / f"{job.name}.{what}").read_text().splitlines())
    except FileNotFoundError:
        return 0


def _nothing_runs(storm: Storm) -> Iterator[str]:
    deadline = time.monotonic() + SOON
    while (left := of_jobs(storm.mark)) and time.monotonic() < deadline:
        time.sleep(0.1)
    for process in left:
        with suppress(psutil.Error):
            job_id, words = process.environ()[JOB], process.cmdline()
            yield f"{process.pid} of job {job_id} still runs, below {process.ppid()}: {words}"


def _store(storm: Storm, listed: dict[str, Any]) -> Iterator[str]:
    """The file itself: whole, and its counters right."""
    path = storm.disk.folder / "state" / "terradue" / "ades.sqlite"
    with closing(sqlite3.connect(path)) as db:
        (said,) = db.execute("PRAGMA integrity_check").fetchone()
        if said != "ok":
            yield f"the store is damaged: {said}"
        for table in ("counts", "listed"):
            kept = dict(db.execute(f"SELECT status, sum(jobs) FROM {table} GROUP BY status"))
            counted = Counter(job["status"] for job in listed.values())
            if {name: number for name, number in kept.items() if number} != dict(counted):
                yield f"{table} says {kept}, there are {dict(counted)}"


def _readable(storm: Storm) -> Iterator[str]:
    jobs = storm.disk.folder / "state" / "terradue" / "jobs"
    for path in jobs.glob("*/*.json"):
        try:
            json.loads(path.read_bytes())
        except ValueError as error:
            yield f"{path}: cannot be read: {error}"
