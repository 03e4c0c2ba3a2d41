"""Runs a job's CWL by Calrissian: ``python -m jupyter_ades.programs.run_calrissian JOB [end]``.

Submits a Kubernetes Job with Calrissian's own image, and tells of its pods until it ends; with
``end`` it only removes what a lost program left in the cluster. Exit code 0 when it succeeded, 1
when not (``failure.json`` says why), 143 when it was ended.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from jupyter_ades.jobdir import JobDir
from jupyter_ades.orders import WorkOrder
from jupyter_ades.programs.kubernetes_bundle import mounted, place_of, script, secret
from jupyter_ades.programs.kubernetes_cluster import Cluster, ClusterFault
from jupyter_ades.programs.kubernetes_job import LABEL, fault_of, manifest, waits_for
from jupyter_ades.programs.kubernetes_logs import Told, ToolLogs, failed_step, results_in
from jupyter_ades.programs.kubernetes_tools import Tools, patience
from jupyter_ades.programs.speaker import Speaker
from jupyter_ades.runners.calrissian import (
    ENVIRONMENT,
    LABELS,
    SETTINGS,
    TOOL_LOGS,
    command,
    is_shared,
)
from jupyter_ades.runners.cwltool import OUTPUTS
from jupyter_ades.runners.exported import document_url, file_url
from jupyter_ades.runners.staged import RESULTS, RESULTS_FILE
from jupyter_ades.runners.steps import write_failure
from jupyter_ades.system.leftovers import forget_pods, has_pods, note_pods, was_submitted

#: Seconds between two looks at the pods, and that the Job has to get its pod.
LOOK = float(os.environ.get("JUPYTER_ADES_LOOK", "2"))
FIRST_POD = float(os.environ.get("JUPYTER_ADES_FIRST_POD", "120"))
LOST = (
    "its Job is gone from the cluster, removed by somebody or after a week: how it ended cannot be"
    " seen any more"
)
GONE = "its pod is gone: it was removed by somebody, or with its node"
#: The main container's name; the tools' pods are Calrissian's.
MAIN = "calrissian"


def main(folder: str, act: str = "") -> int:
    """Run the workflow of a job directory; the exit code."""
    job = JobDir(Path(folder))
    order = job.read_plan()
    if order is None:
        print(f"{folder} is not a job directory: it has no plan.json", file=sys.stderr)
        return 2
    settings = json.loads(order.plan.env[SETTINGS])
    speaker = Speaker(sys.stdout)
    cluster = Cluster(settings["namespace"], order.job_id, speaker.line)
    remove = partial(cluster.remove, secret=not is_shared(settings))
    if act == "end":
        return 0 if remove() else 1
    signal.signal(signal.SIGTERM, partial(_end, remove))
    try:
        failure = None
        if _submit(cluster, job, order, settings):
            failure = Watch(cluster, speaker, job, _count(order, job)).follow()
        else:
            failure = {"errors": [LOST]}
    except ClusterFault as error:
        failure = {"errors": [str(error)]}
    if remove():
        forget_pods(job)
    if failure is None:
        return 0
    write_failure(job, failure)
    return 1


def _submit(cluster: Cluster, job: JobDir, order: WorkOrder, settings: dict[str, Any]) -> bool:
    """Submit the Job, unless an earlier program has; false when it had, and the Job is gone.

    Raises ClusterFault.
    """
    if was_submitted(job):
        return cluster.has_job()
    again = has_pods(job)
    (job.work / LABELS).write_text(json.dumps({LABEL: order.job_id}), encoding="utf-8")
    (job.work / ENVIRONMENT).write_text(json.dumps(order.job_environment), encoding="utf-8")
    note_pods(job)
    cluster.submit(_document(cluster, job, order, settings), again=again)
    note_pods(job, submitted=True)
    return True


def _document(
    cluster: Cluster, job: JobDir, order: WorkOrder, settings: dict[str, Any]
) -> dict[str, Any]:
    """The Job's manifest; what its pod cannot read here goes to the cluster first."""
    document = document_url(order.process, job.package)
    if is_shared(settings):
        return manifest(order.job_id, command(document, job, settings), settings)
    there = place_of(job, settings)
    document = document.replace(file_url(job.package), file_url(there.package), 1)
    words = script(command(document, there, settings), there)
    cluster.give(secret(job, order.job_id))
    return mounted(manifest(order.job_id, words, settings), order.job_id)


def _count(order: WorkOrder, job: JobDir) -> int:
    """The steps; 1 for a package that cannot be read, which Calrissian will say."""
    from jupyter_ades.programs.toil_counting import count

    with suppress(Exception):
        return count(order, job)
    return 1


class Watch:
    """Tells of a job's pods until the main one ends, or never can."""

    def __init__(self, cluster: Cluster, speaker: Speaker, job: JobDir, total: int) -> None:
        self._cluster, self._speaker, self._total = cluster, speaker, total
        self._job = job
        #: Characters of the main pod's log that were told, and the tools' files.
        self._told = Told(job.batch / "told.json", speaker.line)
        self._logs = ToolLogs(job.work / TOOL_LOGS, self._told)
        self._said: set[str] = set()
        #: The first tool that failed, as the cluster names it.
        self._failed = ""
        self._tools = Tools(self._once)
        self._done = -1
        self._stuck: float | None = None

    def follow(self) -> dict[str, Any] | None:
        """Why it failed, or None when it ended well."""
        fault = self._follow()
        self._logs.look(whole=True)
        if fault is None:
            return None
        step = self._failed
        if not step or step not in self._logs.last:
            return {"errors": [fault]}
        trouble = self._tools.trouble_of(step)
        return {
            "step": self._logs.labels[step],
            "exit_code": self._tools.code_of(step),
            "errors": [trouble] if trouble else [],
            "lines": list(self._logs.last[step]),
        }

    def _follow(self) -> str | None:
        seen, began = False, time.monotonic()
        while True:
            pods = {each["metadata"]["name"]: each for each in self._cluster.pods()}
            mains = [name for name in pods if name.startswith(self._cluster.name)]
            hopeless = self._tools.look({n: pod for n, pod in pods.items() if n not in mains})
            self._logs.look()
            self._tell_progress()
            seen = seen or bool(mains)
            if not mains and (seen or time.monotonic() - began > FIRST_POD):
                return GONE if seen else self._why_no_pod()
            for name in mains:
                end = self._end_of(pods[name])
                self._tell_log(name, whole=end is not None)
                if end is not None:
                    return end or None
            if hopeless:
                return hopeless
            time.sleep(LOOK)

    def _why_no_pod(self) -> str:
        said = self._cluster.events() or "no event says why; see the namespace's quotas"
        return f"Kubernetes has made no pod for it within {FIRST_POD:g} seconds: {said}"

    def _end_of(self, pod: dict[str, Any]) -> str | None:
        """None while the main pod is on its way; empty when it ended well, else why it failed."""
        if pod["status"].get("phase") == "Succeeded":
            return ""
        waits = waits_for(pod)
        if waits:
            self._once(waits)
        fault = fault_of(pod)
        if fault and pod["status"].get("phase") == "Pending" and self._may_mend():
            return None
        if not fault:
            self._stuck = None
            return None
        # A tool's pod says more than that Calrissian failed.
        return self._tools.faults or fault

    def _may_mend(self) -> bool:
        """A registry that does not answer may answer soon."""
        self._stuck = self._stuck or time.monotonic()
        return time.monotonic() - self._stuck < patience("image")

    def _tell_progress(self) -> None:
        done = max(self._tools.done, self._logs.ended)
        if (self._tools.seen or done) and done > self._done:
            self._done = done
            self._speaker.step(min(done, self._total), max(self._total, done, 1), "pods")

    def _tell_log(self, pod: str, *, whole: bool) -> None:
        """The lines that a pod's log has more than at the last look; its last one when it ended."""
        text = self._cluster.log(pod)
        if text is None:
            return
        told = self._told[pod]
        if whole:
            self._take_results(text)
        end = max(told, len(text) if whole else text.rfind("\n") + 1)
        lines = text[told:end].splitlines()
        self._failed = self._failed or next(filter(None, map(failed_step, lines)), "")
        told_of = [said for said in map(self._logs.from_pod, lines) if said is not None]
        self._told.tell(pod, end, told_of)

    def _take_results(self, log: str) -> None:
        """Write down the results that a pod without a shared folder tells."""
        results = results_in(log)
        if results:
            path = self._job.work / RESULTS_FILE
            path.write_text(results, encoding="utf-8")
            outputs = {RESULTS: {"class": "File", "path": str(path)}}
            (self._job.work / OUTPUTS).write_text(json.dumps(outputs), encoding="utf-8")

    def _once(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._speaker.line(text)


def _end(remove: Callable[[], bool], number: int, frame: object) -> None:
    remove()
    os._exit(128 + number)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
