"""Toil's batch system for Kubernetes, with the reasons that pods give for their end.

Toil itself reads their exit codes alone.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from kubernetes.client.exceptions import ApiException
from toil.batchSystems.abstractBatchSystem import EXIT_STATUS_UNAVAILABLE_VALUE, BatchJobExitReason
from toil.batchSystems.kubernetes import KubernetesBatchSystem

from jupyter_ades.jobdir import write_record
from jupyter_ades.programs.toil_log import POD

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
_init, _shutdown = KubernetesBatchSystem.__init__, KubernetesBatchSystem.shutdown
_stuck = KubernetesBatchSystem._isPodStuckOOM
_waits = KubernetesBatchSystem._isPodStuckWaiting
_pod_of = KubernetesBatchSystem._getPodForJob
_updated = KubernetesBatchSystem._getUpdatedBatchJobImmediately


def tell_why() -> None:
    """Let this leader say why pods ended, and do without a cluster's metrics."""
    KubernetesBatchSystem._isPodStuckOOM = _is_stuck
    KubernetesBatchSystem._isPodStuckWaiting = _waits_in_vain
    KubernetesBatchSystem._getPodForJob = _remembered_pod
    KubernetesBatchSystem._getUpdatedBatchJobImmediately = _explained


def note_run(path: Path) -> None:
    """Let this leader note which Jobs are its own, for as long as there may be any."""

    def begin(system: Any, *arguments: Any, **named: Any) -> None:
        _init(system, *arguments, **named)
        write_record(path, {"namespace": system.namespace, "run": system.run_id})

    def end(system: Any) -> None:
        _shutdown(system)
        path.unlink(missing_ok=True)

    KubernetesBatchSystem.__init__, KubernetesBatchSystem.shutdown = begin, end


def _is_stuck(system: Any, pod: Any, *arguments: Any) -> bool:
    """Toil's answer; no where the metrics service has none.

    Toil means so too, and does not know the kinds of ApiException that newer clients raise.
    """
    try:
        return bool(_stuck(system, pod, *arguments))
    except ApiException:
        return False


def _waits_in_vain(
    system: Any, pod: Any, reason: str | None = None, timeout: float | None = None
) -> bool:
    """Toil's answer; of a pod without its image, once it has waited for what pods may wait.

    A registry may be away for a moment.
    """
    if reason == MISSPELT:
        reason, timeout = NO_IMAGE, system.pod_timeout
    return bool(_waits(system, pod, reason, timeout))


def _remembered_pod(system: Any, job: Any) -> Any:
    system.ades_pod = _pod_of(system, job)
    return system.ades_pod


def _explained(system: Any) -> Any:
    """The next job that ended, with the reason that its pod gives."""
    # The pod that Toil looks for last is that of the job which it tells of.
    system.ades_pod = None
    update = _updated(system)
    if update is None or not update.exitStatus or update.exitReason is not None:
        return update
    pod = system.ades_pod
    if pod is not None:
        update.exitReason, why = _reason(pod.status)
    elif update.backing_id and update.exitStatus == EXIT_STATUS_UNAVAILABLE_VALUE:
        update.exitReason, why = _LOST, GONE
    else:
        return update
    if why:
        _log.warning("%s%s", POD, why)
    return update


def _reason(status: Any) -> tuple[BatchJobExitReason | None, str]:
    """Toil's word for why a pod ended, and the pod's own words where it has some."""
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
    return None, ""
