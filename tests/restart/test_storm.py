"""500 jobs, 30 kills: nothing that was accepted is lost, and nothing that is told is untrue."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.restart.aftermath import report
from tests.restart.storm import Storm
from tests.restart.weather import JOB

JOBS, KILLS = 500, 30


@pytest.mark.timeout(900)
def test_nothing_is_lost(tmp_path: Path) -> None:
    seed = int(os.environ.get("STORM_SEED", random.randrange(2**31)))
    try:
        storm = Storm(tmp_path, jobs=JOBS, kills=KILLS, seed=seed)
    except PermissionError as error:
        pytest.skip(str(error))
    try:
        found = report(storm, storm.rage())
        missed = sabotage(storm) if found["wrong"] == [] else []
    except BaseException as error:
        error.add_note(f"again with STORM_SEED={seed}")
        raise
    finally:
        storm.close()
    print(json.dumps(found, indent=2))
    assert found["wrong"] == [], f"again with STORM_SEED={seed}"
    removed = sum(job.told == "removed" for job in storm.jobs)
    assert (found["lost"], sum(found["states"].values()) + removed) == (0, JOBS)
    # The default launcher is what was stormed.
    assert found["seen on forked workers, on others"][0] > 0
    assert missed == []


def sabotage(storm: Storm) -> list[str]:
    """Break promises, one of each kind; those that the report does not notice."""
    listed = storm.server.send("GET", "jobs?status=successful&limit=10").json()["jobs"]
    dismissed = storm.server.send("GET", "jobs?status=dismissed&limit=1").json()["jobs"][0]["jobID"]
    names = {each: job.name for job in storm.jobs for each in job.ids}
    gone, half, others, twice, unread, kept = (each["jobID"] for each in listed[:6])
    next(job for job in storm.jobs if kept in job.ids).told = "dismissed"
    (storm.results / f"wf-{dismissed}").mkdir()
    storm.server.send("DELETE", f"jobs/{gone}")
    (storm.results / f"wf-{half}" / "catalog.json").write_text('{"type": "Cat')
    next((storm.results / f"wf-{others}").rglob("out.txt")).write_text("another\n")
    with open(storm.marks / f"{names[twice]}.ended", "a") as marks:
        marks.write("ended\n" * 200)
    state = storm.disk.folder / "state" / "terradue"
    (state / "jobs" / unread / "status.json").write_text("{")
    with closing(sqlite3.connect(state / "ades.sqlite")) as db:
        db.execute("UPDATE counts SET jobs = jobs + 1 WHERE status = 'successful'")
        db.commit()
    environment = {**os.environ, JOB: gone, "STORM": storm.mark}
    with subprocess.Popen(["sleep", "600"], env=environment) as left:
        said = "\n".join(report(storm, 0.0)["wrong"])
        left.kill()
    expected = {
        gone: "no longer there",
        half: "not whole",
        others: "another's",
        twice: "ended 20",
        unread: "cannot be read",
        kept: "is successful",
        dismissed: "has results",
        "counts": "says",
        str(left.pid): "still runs",
    }
    return [f"{name} {what}" for name, what in expected.items() if not _says(said, name, what)]


def _says(said: str, name: str, what: str) -> bool:
    return any(name in line and what in line for line in said.splitlines())
