"""A storm over a server: ``python -m tests.restart.storm --jobs 5000 --kills 200 --seed 7``.

Clients submit with idempotency keys, dismiss and ask; meanwhile the server is killed with POSTs in
flight, workers are killed, at times every process at once, the disk fills up, the clock jumps, a
second server comes to the workspace and is killed. Then it calms down, and what is left is checked
(:mod:`tests.restart.aftermath`). Workers are forked, as by default; ``--cold`` starts each anew.
The seed fixes what happens in which order and after which pauses.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import requests
import yaml

from tests.conftest import notebook
from tests.restart.server import Server
from tests.restart.weather import JOB, Clock, Disk, kill, of_jobs

#: Clients that submit side by side.
CLIENTS = 6
#: Bytes of the disk that holds the state, for each job and in all.
JOB_BYTES, LEAST_BYTES = 120_000, 128 * 2**20
#: What happens besides the server being killed, and how often.
EVENTS = {
    "server": 10,
    "server and workers": 3,
    "worker": 5,
    "disk": 3,
    "disk and server": 2,
    "clock": 4,
    "second": 3,
}
#: How often the next of these waits for a forked worker.
LULLS = 0.25
#: Seconds by which the clock jumps.
JUMPS = (-86_400, -3_600, -30, 30, 3_600, 86_400)
#: Seconds until everything has come to its end after the storm.
CALM = 300.0

#: It fails where the disk has no room for its result.
COMMAND = (
    'set -e; echo began >> "$0/$1.began"; sleep "$2"; printf "%s\\n" "$1" > out.txt;'
    ' echo ended >> "$0/$1.ended"'
)
CELLS = (
    "import pathlib, time",
    "open(f'{marks}/{name}.began', 'a').write('began\\n')",
    "time.sleep(float(seconds)); pathlib.Path('out.txt').write_text(name + '\\n')",
    "open(f'{marks}/{name}.ended', 'a').write('ended\\n')",
)


def tool(identifier: str, *, resume: bool) -> bytes:
    """A command that leaves a mark when it begins and one when it ends."""
    names = ("marks", "name", "seconds")
    document = {
        "cwlVersion": "v1.2",
        "$namespaces": {"ades": "https://schema.jupyter-ades.org/cwl#"},
        "class": "CommandLineTool",
        "id": identifier,
        "ades:resume": resume,
        "baseCommand": ["sh", "-c", COMMAND],
        "arguments": [f"$(inputs.{name})" for name in names],
        "inputs": dict.fromkeys(names, "string"),
        "outputs": {"out": {"type": "File", "outputBinding": {"glob": "out.txt"}}},
    }
    return yaml.safe_dump(document).encode()


@dataclass
class Submitted:
    """One job that a client asked for."""

    name: str
    process: str
    key: str
    seconds: str
    #: Ids that 201s named for it: one, however often it was asked.
    ids: set[str] = field(default_factory=set)
    #: Whether a client asked to dismiss it.
    dismissed: bool = False
    #: What was answered to that, if anything was.
    told: str = ""


class Storm:
    """One storm from its beginning to its end."""

    def __init__(
        self, folder: Path, *, jobs: int, kills: int, seed: int, warm: bool = True
    ) -> None:
        self.seed = seed
        self.kills = kills
        self.random = random.Random(seed)
        self.mark = f"storm-{uuid.uuid4()}"
        self.clock = Clock(folder)
        self.disk = Disk(folder / "disk", max(jobs * JOB_BYTES, LEAST_BYTES))
        self.marks = folder / "marks"
        self.marks.mkdir()
        self.warm = warm
        self.server = self._a_server(folder)
        (folder / "second").mkdir()
        #: It is there at times; clients do not ask it.
        self.second = self._a_server(folder / "second", results=folder / "results")
        self.results = folder / "results"
        self.jobs = [self._job(number) for number in range(jobs)]
        self.happened: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        #: Ids of jobs that were seen on a worker that was forked, and on one that was not.
        self.seen: dict[bool, set[str]] = {True: set(), False: set()}
        #: How many jobs may have been asked for by now.
        self._released = 0
        self._next = iter(self.jobs)
        self._lock = threading.Lock()
        self._over = threading.Event()

    def _a_server(self, folder: Path, results: Path | None = None) -> Server:
        return Server(
            folder,
            traits={
                "workspace_root": self.disk.folder / "state",
                "results_url": results or folder / "results",
                "min_free_bytes": 0,
                "max_running_jobs": 4,
                "max_cores": 16,
                "max_resumes": 100,
                "warm_workers": self.warm,
            },
            environment={**self.clock.environment, "STORM": self.mark},
        )

    def _job(self, number: int) -> Submitted:
        kind = self.random.choices(("plain", "again", "book"), (80, 18, 2))[0]
        return Submitted(
            name=f"job-{number}",
            process=kind,
            key=f"{self.mark}-{number}",
            seconds=f"{self.random.choice((0, 0, 0, 0.1, 0.3, 1.0)):.1f}",
            dismissed=self.random.random() < 0.04,
        )

    def rage(self) -> float:
        """All of it; how many seconds it took."""
        begun = time.monotonic()
        self.server.start()
        self._deploy()
        clients = [threading.Thread(target=self._submit, daemon=True) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        self._break_things()
        self._released = len(self.jobs)
        for client in clients:
            client.join(CALM)
        assert not any(client.is_alive() for client in clients), "a client was never answered"
        self._calm_down()
        return time.monotonic() - begun

    def close(self) -> None:
        """Leave nothing running."""
        self._over.set()
        for server in (self.server, self.second):
            if server.alive:
                server.end()
        kill(of_jobs(self.mark))
        self.disk.close()

    def _deploy(self) -> None:
        parameters = 'marks: str = ""\nname: str = ""\nseconds: str = "0"'
        cwl, book = "application/cwl+yaml", "application/x-ipynb+json"
        for package, kind in (
            (tool("plain", resume=False), cwl),
            (tool("again", resume=True), cwl),
            (notebook(parameters, CELLS, id="book", resume=True, version=""), book),
        ):
            headers = {"Content-Type": kind}
            answer = self.server.send("POST", "processes", data=package, headers=headers)
            assert answer.status_code == 201, answer.text

    # clients

    def _submit(self) -> None:
        while not self._over.is_set():
            with self._lock:
                job = next(self._next, None)
            if job is None:
                return
            while int(job.name.removeprefix("job-")) >= self._released:
                time.sleep(0.01)
            self._until_accepted(job)
            if len(job.name) % 2:
                # As a client does that has lost the answer.
                self._until_accepted(job)
            if job.dismissed:
                self._dismiss(job)

    def _until_accepted(self, job: Submitted) -> None:
        inputs = {"marks": str(self.marks), "name": job.name, "seconds": job.seconds}
        while not self._over.is_set():
            answer = self._ask(
                "POST",
                f"processes/{job.process}/jobs",
                json={"inputs": inputs},
                headers={"Idempotency-Key": job.key},
            )
            if answer is not None and answer.status_code == 201:
                job.ids.add(answer.json()["jobID"])
                return
            if answer is not None:
                assert answer.status_code in (503, 507), answer.text
            time.sleep(0.2)

    def _dismiss(self, job: Submitted) -> None:
        answer = self._ask("DELETE", f"jobs/{next(iter(job.ids))}")
        if answer is not None and answer.status_code == 200:
            told = answer.json()
            # One that had ended was removed.
            job.told = "removed" if told["message"] == "removed" else told["status"]

    def _ask(self, method: str, path: str, **options: Any) -> requests.Response | None:
        """An answer; None when the server went away before it was given."""
        try:
            answer = self.server.send(method, path, **options)
        except requests.RequestException:
            self.answers["none"] += 1
            return None
        self.answers[f"{method} {answer.status_code}"] += 1
        return answer

    # what happens to them

    def _break_things(self) -> None:
        names, weights = list(EVENTS), list(EVENTS.values())
        killed = 0
        while killed < self.kills:
            event = self.random.choices(names, weights)[0]
            self._released = max(self._released, len(self.jobs) * (killed + 1) // self.kills)
            time.sleep(self.random.uniform(0.0, 1.2))
            if self.random.random() < LULLS and self.warm:
                self._wait_for_forked()
            self.happened[event] += 1
            self._see_workers()
            getattr(self, f"_{event.replace(' ', '_')}")()
            killed += event.partition(" ")[0] == "server" or event.endswith("server")

    def _wait_for_forked(self) -> None:
        """Let jobs in until one is seen on a forked worker, or none is left.

        A fork server takes seconds to be of use, a storm kills the server more often than that.
        """
        deadline = time.monotonic() + CALM
        before = len(self.seen[True])
        while len(self.seen[True]) == before and self._released < len(self.jobs):
            assert time.monotonic() < deadline, "no worker was forked"
            self._see_workers()
            if not of_jobs(self.mark):
                self._released += 1
            time.sleep(0.05)

    def _see_workers(self) -> None:
        for process in of_jobs(self.mark):
            with suppress(psutil.Error):
                words = process.cmdline()
                if any(each.startswith("jupyter_ades.worker") for each in words):
                    forked = "jupyter_ades.worker.warm" in words
                    self.seen[forked].add(process.environ()[JOB])

    def _server(self) -> None:
        self.server.kill()
        self.server.start()

    def _server_and_workers(self) -> None:
        self.server.kill()
        kill(of_jobs(self.mark))
        self.server.start()

    def _worker(self) -> None:
        workers = of_jobs(self.mark)
        if workers:
            kill([self.random.choice(workers)])

    def _disk(self) -> None:
        self.disk.fill()
        time.sleep(self.random.uniform(0.1, 1.0))
        self.disk.free()

    def _disk_and_server(self) -> None:
        self.disk.fill()
        time.sleep(self.random.uniform(0.0, 0.5))
        self.server.kill()
        self.disk.free()
        self.server.start()

    def _second(self) -> None:
        """A second server comes, or goes without a word; meanwhile it takes over what it can."""
        if self.second.alive:
            self.second.kill()
        else:
            self.second.start()

    def _clock(self) -> None:
        self.clock.set(self.random.choice(JUMPS))

    # afterwards

    def _calm_down(self) -> None:
        """Wait until every job has come to its end, with the one server that clients ask."""
        if self.second.alive:
            self.second.kill()
        deadline = time.monotonic() + CALM
        while self.open_jobs():
            assert time.monotonic() < deadline, f"{self.open_jobs()} never ended"
            time.sleep(0.2)

    def open_jobs(self) -> list[str]:
        """Ids of the jobs that wait or run."""
        query = "jobs?status=accepted,running&limit=10000"
        return [each["jobID"] for each in self.server.send("GET", query).json()["jobs"]]


def main(arguments: list[str] | None = None) -> int:
    """Let it rage, check what is left, and print the report."""
    from tests.restart.aftermath import report

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=500)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=random.randrange(2**31))
    parser.add_argument("--cold", action="store_true", help="start each worker anew")
    parser.add_argument("--report", type=Path, help="a file for the report as JSON")
    parser.add_argument("--keep", action="store_true", help="keep the folder when all is well")
    chosen = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="storm-"))
    print(f"seed {chosen.seed}, in {folder}", flush=True)
    storm = Storm(
        folder, jobs=chosen.jobs, kills=chosen.kills, seed=chosen.seed, warm=not chosen.cold
    )
    try:
        seconds = storm.rage()
        found = report(storm, seconds)
    finally:
        storm.close()
    print(json.dumps(found, indent=2))
    if chosen.report:
        chosen.report.write_text(json.dumps(found, indent=2) + "\n")
    if found["wrong"] == [] and not chosen.keep:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
