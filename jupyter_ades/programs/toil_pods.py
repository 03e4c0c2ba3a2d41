"""Toil's batch system for Kubernetes, which says why pods wait, and why they ended.

Toil itself reads their exit codes alone, and lets a pod wait for a node for ever.
"""
# The names of methods are Toil's.
# ruff: noqa: N802

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import toil
from kubernetes.client.exceptions import ApiException
from toil.batchSystems.abstractBatchSystem import EXIT_STATUS_UNAVAILABLE_VALUE, BatchJobExitReason
from toil.batchSystems.kubernetes import KubernetesBatchSystem
from toil.batchSystems.registry import add_batch_system_factory

from jupyter_ades.jobdir import write_record
from jupyter_ades.programs.kubernetes_job import unplaced
from jupyter_ades.programs.kubernetes_tools import patience
from jupyter_ades.programs.toil_log import POD, WAITS
from jupyter_ades.runners.toil import KUBERNETES

#: Toil's own: it silences the loggers of others.
_log = logging.getLogger("toil.batchSystems.kubernetes")
_LOST = BatchJobExitReason.LOST
#: What Kubernetes calls the end of a pod, or of its container, to what Toil calls it.
REASONS = {
    "OOMKilled": BatchJobExitReason.MEMLIMIT,
    "DeadlineExceeded": BatchJobExitReason.TIMELIMIT,
    **dict.fromkeys(("Evicted", "NodeLost", "NodeShutdown", "Preempting", "Terminated"), _LOST),
}
GONE = "lost its pod, which was removed"
#: How a cluster says that an image cannot be had, and how Toil 9.6 spells it, for ever in vain.
NO_IMAGE, MISSPELT = "ImagePullBackOff", "ImagePullBackoff"


def use(note: Path) -> None:
    """Let Toil take this batch system for Kubernetes, and note there which Jobs are its own."""
    TellingBatchSystem.note = note
    toil.checkDockerImageExists = _believed
    add_batch_system_factory(KUBERNETES, lambda: TellingBatchSystem)


def _believed(appliance: str) -> str:
    """The image, whether it exists or not: a pod says when it is not to be had.

    Toil asks its registry, without the rights that nodes have there, and may not reach it.
    """
    return appliance


class TellingBatchSystem(KubernetesBatchSystem):  # type: ignore[misc]  # Toil is not typed
    """Toil's, with the words of pods, and without need of a cluster's metrics."""

    #: The file that says which Jobs are this leader's, for as long as there may be any.
    note: Path

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        #: The pod that was looked for last.
        self._pod: Any = None
        #: The names of steps by those of their Jobs.
        self._steps: dict[str, str] = {}
        #: Jobs whose wait for a node has been told.
        self._told: set[str] = set()
        write_record(self.note, {"namespace": self.namespace, "run": self.run_id})

    def shutdown(self) -> None:
        """End what runs; then there are no Jobs."""
        super().shutdown()
        self.note.unlink(missing_ok=True)

    def issueBatchJob(self, command: str, job_desc: Any, *more: Any, **named: Any) -> int:
        """Submit a job, and remember of which step it is."""
        number: int = super().issueBatchJob(command, job_desc, *more, **named)
        self._steps[f"{self.job_prefix}{number}"] = job_desc.unitName or job_desc.jobName
        return number

    def _isPodStuckOOM(self, pod: Any, *arguments: Any) -> bool:
        """Toil's answer; no where the metrics service has none.

        Toil means so too, and does not know the kinds of ApiException that newer clients raise.
        """
        try:
            return bool(super()._isPodStuckOOM(pod, *arguments))
        except ApiException:
            return False

    def _isPodStuckWaiting(
        self, pod: Any, reason: str | None = None, timeout: float | None = None
    ) -> bool:
        """Toil's answer; of a pod without its image, once it has waited for what pods may wait.

        A registry may be away for a moment. This is what Toil asks first of a pod that may be
        stuck, so it also says whether one waits in vain for a node.
        """
        if reason == MISSPELT:
            if self._lacks_a_node(pod):
                return True
            reason, timeout = NO_IMAGE, self.pod_timeout
        return bool(super()._isPodStuckWaiting(pod, reason, timeout))

    def _lacks_a_node(self, pod: Any) -> bool:
        """Whether a pod has waited for a node as long as pods may; that it waits is told once."""
        why = _unplaced(pod)
        job = (pod.metadata.labels or {}).get("job-name", "")
        if why and job not in self._told:
            self._told.add(job)
            _log.warning("%s%s: %s", WAITS, self._steps.get(job, job), why)
        age = datetime.now(UTC) - pod.metadata.creation_timestamp
        return bool(why) and age.total_seconds() >= patience("node")

    def _getPodForJob(self, job: Any) -> Any:
        self._pod = super()._getPodForJob(job)
        return self._pod

    def _getUpdatedBatchJobImmediately(self) -> Any:
        """The next job that ended, with the reason that its pod gives."""
        # The pod that Toil looks for last is that of the job which it tells of.
        self._pod = None
        update = super()._getUpdatedBatchJobImmediately()
        if update is None or not update.exitStatus or update.exitReason is not None:
            return update
        if self._pod is not None:
            update.exitReason, why = _reason(self._pod)
        elif update.backing_id and update.exitStatus == EXIT_STATUS_UNAVAILABLE_VALUE:
            update.exitReason, why = _LOST, GONE
        else:
            return update
        if why:
            _log.warning("%s%s", POD, why)
        return update


def _unplaced(pod: Any) -> str:
    """Why the scheduler finds no node for a pod; empty unless it says so."""
    return unplaced({"status": pod.status.to_dict()})


def _reason(pod: Any) -> tuple[BatchJobExitReason | None, str]:
    """Toil's word for why a pod ended, and the pod's own words where it has some."""
    status = pod.status
    reason = REASONS.get(status.reason)
    if reason is not None:
        said = f": {status.message}" if status.message else ""
        return reason, f"was ended by Kubernetes, {status.reason}{said}"
    for each in status.container_statuses or ():
        ended = each.state.terminated
        if ended is not None and ended.reason in REASONS:
            return REASONS[ended.reason], ""
        waits = each.state.waiting
        if waits is not None:
            said = f"{waits.reason}: {waits.message}" if waits.message else waits.reason
            return BatchJobExitReason.ERROR, f"waited in vain for its container, {said}"
    if why := _unplaced(pod):
        return BatchJobExitReason.ERROR, f"waited in vain for a node: {why}"
    return None, ""
