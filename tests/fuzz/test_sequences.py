"""Any sequence of requests in both dialects, restarts and ``kill -9`` leaves what it should.

A model of the service is kept beside it; after every step both tell the same. ``ADES_FUZZ``
multiplies the number of sequences.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from tests.conftest import notebook
from tests.fuzz.test_fuzz import NOTEBOOK, bounded
from tests.restart.server import PATIENCE, Server

FINAL = {"successful", "failed", "dismissed"}
#: What a job comes to that is not interfered with, by what it is asked for.
ENDS = {"successful": "successful", "failed": "failed", "lost": "failed", "hold": "running"}
OUTCOMES = st.sampled_from(sorted(ENDS))
VERSIONS = ("0.1.0", "0.2.0")
FIRST = "p-0_1_0"
#: Where each dialect makes jobs; all else is the same in both.
EXECUTE = {"wps3": "jobs", "ogc-api": "execution"}
DIALECTS = st.sampled_from(sorted(EXECUTE))
#: A start takes seconds: most of them in one sequence.
RESTARTS = 1
#: Steps draw alike whatever the time: who would give nothing gives the id of no job.
NOBODY = "00000000-0000-0000-0000-000000000000"


@dataclass
class Expected:
    """What the model knows of a job."""

    process: str
    outcome: str
    #: The states that it may be in.
    states: set[str]
    pinned: bool = False


class Service(RuleBasedStateMachine):
    """The service beside its model."""

    server: ClassVar[Server]
    processes = Bundle("processes")
    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self.deployed: set[str] = set()
        self.restarts = 0
        self.known: dict[str, Expected] = {}
        for job in self.listed():
            self.send("DELETE", f"jobs/{job}")
        self.until(lambda: not self.open(), "jobs of the last sequence do not end")
        for job in self.listed():
            assert self.send("DELETE", f"jobs/{job}").status_code == 200
        # A deploy takes a second: what each sequence begins with stays.
        self.deployed |= self.offered() & {FIRST}
        for process in self.offered() - {FIRST}:
            assert self.send("DELETE", f"processes/{process}").status_code in (200, 204)

    # the service

    def send(self, method: str, path: str, dialect: str = "wps3", **options: Any) -> Any:
        """A request; whatever comes, it is no fault of the server's."""
        answer = self.server.send(method, f"../{dialect}/{path}", **options)
        assert answer.status_code < 500, answer.text
        assert "Traceback" not in answer.text
        return answer

    def listed(self) -> dict[str, dict[str, Any]]:
        """Jobs by id, as the list tells them."""
        document = self.send("GET", "jobs?limit=1000").json()
        assert document["numberTotal"] == len(document["jobs"])
        return {each["jobID"]: each for each in document["jobs"]}

    def open(self) -> list[str]:
        """Ids of the jobs that have not ended."""
        return [name for name, job in self.listed().items() if job["status"] not in FINAL]

    def offered(self) -> set[str]:
        """Ids of the deployed processes."""
        listed = self.send("GET", "processes?limit=1000").json()["processes"]
        return {each["id"] for each in listed if each["mutable"]}

    def until(self, holds: Any, otherwise: str) -> None:
        """Look until something holds."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, f"{otherwise}: {self.listed()}"
            time.sleep(0.02)

    # what clients do

    @initialize(target=processes)
    def begin(self) -> Any:
        """With something to execute."""
        return FIRST if FIRST in self.deployed else self.deploy(VERSIONS[0], False, "wps3")

    @initialize(target=jobs, process=processes)
    def begin_with_jobs(self, process: str) -> Any:
        """One of each kind, so that what is about jobs has some from the first."""
        return multiple(*(self.execute(process, each, False, "wps3") for each in sorted(ENDS)))

    @rule(
        target=processes,
        version=st.sampled_from(VERSIONS),
        replace=st.booleans(),
        dialect=DIALECTS,
    )
    def deploy(self, version: str, replace: bool, dialect: str) -> Any:
        """Deploy, perhaps what is deployed, or replace it."""
        name = f"p-{version.replace('.', '_')}"
        source = 'outcome: str = "successful"\ncount: int = 1'
        body, headers = notebook(source, id="p", version=version), {"Content-Type": NOTEBOOK}
        path = f"processes/{name}" if replace else "processes"
        method = "PUT" if replace else "POST"
        code = self.send(method, path, dialect, data=body, headers=headers).status_code
        if replace:
            assert code in ((200, 204) if name in self.deployed else (404,))
        else:
            assert code == (409 if name in self.deployed else 201)
            self.deployed.add(name)
        return name

    @rule(process=processes, dialect=DIALECTS, chance=st.integers(0, 3))
    def undeploy(self, process: str, dialect: str, chance: int) -> None:
        """Jobs that were accepted stay, and run. Seldom, as little can be done without any."""
        if chance < 3:
            return
        code = self.send("DELETE", f"processes/{process}", dialect).status_code
        assert code in ((200, 204) if process in self.deployed else (404,))
        self.deployed.discard(process)

    @rule(target=jobs, process=processes, outcome=OUTCOMES, again=st.booleans(), dialect=DIALECTS)
    def execute(self, process: str, outcome: str, again: bool, dialect: str) -> Any:
        """Once, or once more with the same idempotency key as after a lost answer."""
        key = {"Idempotency-Key": str(uuid.uuid4())}
        body = {"inputs": {"outcome": outcome}}
        path = f"processes/{process}/{EXECUTE[dialect]}"
        answers = [
            self.send("POST", path, dialect, json=body, headers=key) for _ in range(1 + again)
        ]
        if process not in self.deployed:
            assert {each.status_code for each in answers} == {404}
            return multiple()
        assert {each.status_code for each in answers} == {201}
        (job,) = {each.json()["jobID"] for each in answers}
        self.known[job] = Expected(process, outcome, {"accepted", "running", ENDS[outcome]})
        return job

    @rule(job=jobs, dialect=DIALECTS)
    def dismiss_or_remove(self, job: str, dialect: str) -> None:
        """DELETE ends an open job, and removes one that has ended."""
        before = self.send("GET", f"jobs/{job}", dialect)
        answer = self.send("DELETE", f"jobs/{job}", dialect)
        if job not in self.known:
            assert (before.status_code, answer.status_code) == (404, 404)
            return
        assert answer.status_code == 200
        removed = answer.json()["message"] == "removed"
        if removed:
            del self.known[job]
        else:
            assert before.json()["status"] not in FINAL
            self.known[job].states |= {"dismissed"}

    @rule(job=jobs, pinned=st.booleans(), dialect=DIALECTS)
    def pin(self, job: str, pinned: bool, dialect: str) -> None:
        """A job is kept from clean-ups, or no longer; twice is once."""
        answer = self.send("PATCH", f"jobs/{job}", dialect, json={"pinned": pinned})
        if job not in self.known:
            assert answer.status_code == 404
            return
        assert answer.status_code == 200
        self.known[job].pinned = pinned

    @rule(target=jobs, job=jobs, outcome=st.none() | OUTCOMES, dialect=DIALECTS)
    def run_again(self, job: str, outcome: str | None, dialect: str) -> Any:
        """A new job, of the process as it is now, perhaps with another input."""
        changes = {"inputs": {"outcome": outcome}} if outcome else {}
        answer = self.send("POST", f"jobs/{job}/rerun", dialect, json=changes)
        earlier = self.known.get(job)
        if earlier is None or earlier.process not in self.deployed:
            assert answer.status_code == 404
            return NOBODY
        assert answer.status_code == 201
        outcome, new = outcome or earlier.outcome, answer.json()["jobID"]
        states = {"accepted", "running", ENDS[outcome]}
        self.known[new] = Expected(earlier.process, outcome, states)
        return new

    @rule(job=jobs, dialect=DIALECTS)
    def look_at_the_results(self, job: str, dialect: str) -> None:
        """They are there when the job is successful, and never else."""
        answer = self.server.send("GET", f"../{dialect}/jobs/{job}/results")
        if job not in self.known:
            assert answer.status_code == 404
        elif answer.status_code == 200:
            assert self.send("GET", f"jobs/{job}").json()["status"] == "successful"
            assert self.known[job].outcome == "successful"
        elif answer.status_code == 500:
            # So a failed job's results are answered (OGC 18-062r2, 7.11.4), with its reason.
            said = self.send("GET", f"jobs/{job}").json()
            assert (said["status"], said["message"]) == ("failed", answer.json()["detail"])
        else:
            assert answer.status_code in (404, 410)

    @rule(chance=st.booleans(), abruptly=st.booleans())
    def restart(self, chance: bool, abruptly: bool) -> None:
        """``kill -9`` or an end in good order, and a new start: what the old one held is lost."""
        if not chance or self.restarts >= RESTARTS:
            return
        self.restarts += 1
        if abruptly:
            self.server.kill()
        else:
            self.server.end()
        self.server.start()
        for job in self.known.values():
            if job.outcome == "hold":
                job.states |= {"failed"}

    # what must hold

    @invariant()
    def lists_tell_what_there_is(self) -> None:
        """Nothing is lost, nothing comes back, and no job is in a state that it cannot be in."""
        listed = self.listed()
        assert set(listed) == set(self.known)
        assert self.offered() == self.deployed
        for name, job in listed.items():
            expected = self.known[name]
            assert job["status"] in expected.states, (job, expected)
            assert job.get("pinned", False) is expected.pinned
            if job["status"] in FINAL:
                # For good.
                expected.states = {job["status"]}

    @invariant()
    def both_dialects_tell_the_same(self) -> None:
        """Of the jobs that have ended, as others go on meanwhile."""
        told = self.send("GET", "jobs?limit=1000", "ogc-api").json()["jobs"]
        other = {each["jobID"]: each["status"] for each in told}
        ended = {name: job["status"] for name, job in self.listed().items()}
        assert other.keys() == ended.keys()
        assert all(ended[name] == status for name, status in other.items() if status in FINAL)

    def teardown(self) -> None:
        """In the end everything ends, each job as it should."""
        for name, job in list(self.known.items()):
            if job.outcome == "hold" and not job.states <= FINAL:
                answer = self.send("DELETE", f"jobs/{name}")
                job.states = {"dismissed", *(job.states & FINAL)}
                if answer.json()["message"] == "removed":
                    # Lost with the server that held it, and recorded since we looked.
                    assert "failed" in job.states
                    del self.known[name]
        self.until(lambda: not self.open(), "some jobs never end")
        self.lists_tell_what_there_is()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    traits = {"launcher_class": "jupyter_ades.testing.InlineLauncher", "max_running_jobs": 3}
    started = Server(tmp_path_factory.mktemp("sequences"), traits=traits)
    started.start()
    yield started
    started.stop()


@pytest.mark.timeout(900)
def test_sequences(server: Server) -> None:
    Service.server = server
    # Many short ones: each is given a few of the rules alone.
    run_state_machine_as_test(Service, settings=settings(bounded(14), stateful_step_count=12))
