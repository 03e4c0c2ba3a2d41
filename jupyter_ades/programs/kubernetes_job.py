"""What a job is to Kubernetes: its manifest, and what the states of its pods mean. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Document = dict[str, Any]
#: The label of all pods of a job, those that Calrissian makes too.
LABEL = "jupyter-ades/job"
#: Seconds that a Job is kept that has ended: for whoever takes it up after its worker was lost.
KEPT = 7 * 86400
#: Reasons for which a container waits that do not pass by themselves.
_HOPELESS = {
    "ErrImagePull": "could not be pulled",
    "ImagePullBackOff": "could not be pulled",
    "InvalidImageName": "has a name that is none",
    "ErrImageNeverPull": "is not on the node, and may not be pulled",
    "CreateContainerConfigError": "could not be given its configuration",
    "CreateContainerError": "could not be started",
    "RunContainerError": "could not be started",
}
#: Reasons of a pod that it ended by another's hand.
_ENDED = {
    "Evicted": "was evicted from its node",
    "NodeLost": "was lost with its node",
    "NodeAffinity": "does not fit its node any more",
    "Shutdown": "ended with its node",
    "Terminated": "ended with its node",
    "Preempting": "gave way to a more important pod",
    "UnexpectedAdmissionError": "was refused by its node",
    "DeadlineExceeded": "took longer than it may",
}


def name_of(job_id: str) -> str:
    """The name of a job's objects in the cluster."""
    return f"ades-{job_id}"


def manifest(job_id: str, command: Sequence[str], settings: Mapping[str, Any]) -> Document:
    """The Job of ``batch/v1`` that runs Calrissian, with the job directories' claim mounted.

    ``settings`` are those of ``c.ADES.kubernetes``.
    """
    name, labels = name_of(job_id), {"app": "jupyter-ades", LABEL: job_id}
    container = {
        "name": "calrissian",
        "image": settings["image"],
        "command": list(command),
        "env": [
            {
                "name": "CALRISSIAN_POD_NAME",
                "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}},
            }
        ],
        "resources": {"requests": {"cpu": "250m", "memory": "512Mi"}},
        "volumeMounts": [{"name": "jobs", "mountPath": settings["mount"]}],
    }
    pod = {
        "restartPolicy": "Never",
        "serviceAccountName": settings.get("service_account") or "default",
        "containers": [container],
        "volumes": [{"name": "jobs", "persistentVolumeClaim": {"claimName": settings["claim"]}}],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            # Calrissian does not go on with what an earlier one began.
            "backoffLimit": 0,
            "ttlSecondsAfterFinished": KEPT,
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def waits_for(pod: Mapping[str, Any]) -> str:
    """What a pod waits for, for people; empty when it does not wait."""
    status = pod.get("status") or {}
    if status.get("phase") != "Pending":
        return ""
    why = unplaced(pod)
    if why:
        return f"waits for a node: {why}"
    for each in status.get("containerStatuses") or []:
        reason = ((each.get("state") or {}).get("waiting") or {}).get("reason")
        if reason:
            return f"waits for its container ({reason}): image {each.get('image')}"
    return "waits for a node"


def unplaced(pod: Mapping[str, Any]) -> str:
    """Why the scheduler finds no node for a pod, in its words; empty unless it says so."""
    status = pod.get("status") or {}
    for each in status.get("conditions") or []:
        if each.get("type") == "PodScheduled" and each.get("status") == "False":
            return str(each.get("message") or each.get("reason") or "no reason is given")
    return ""


def ended_by_cluster(pod: Mapping[str, Any]) -> bool:
    """Whether the cluster itself ended a pod, or lost it: no container says how it ended."""
    status = pod.get("status") or {}
    return status.get("reason") in _ENDED or status.get("phase") == "Unknown"


def fault_of(pod: Mapping[str, Any]) -> str:
    """Why a pod failed, or never will run; empty when it does well or may yet."""
    status = pod.get("status") or {}
    if status.get("reason") in _ENDED:
        said = f": {status['message']}" if status.get("message") else ""
        return f"the pod {_ENDED[status['reason']]}{said}"
    for each in status.get("containerStatuses") or []:
        fault = _fault_of_container(each)
        if fault:
            return fault
    if status.get("phase") == "Unknown":
        return "the pod was lost with its node"
    if status.get("phase") == "Failed":
        return f"the pod failed: {status.get('message') or 'no reason is given'}"
    return ""


def code_of(pod: Mapping[str, Any]) -> int:
    """The exit code of a pod whose command failed by itself; 0 of any other."""
    for each in (pod.get("status") or {}).get("containerStatuses") or []:
        ended = (each.get("state") or {}).get("terminated") or {}
        if ended.get("exitCode") and ended.get("reason") != "OOMKilled":
            return int(ended["exitCode"])
    return 0


def _fault_of_container(each: Mapping[str, Any]) -> str:
    state = each.get("state") or {}
    waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
    if waiting.get("reason") in _HOPELESS:
        said = f": {waiting['message']}" if waiting.get("message") else ""
        return f"the image {each.get('image')} {_HOPELESS[waiting['reason']]}{said}"
    if ended.get("reason") == "OOMKilled":
        return (
            "the container was killed for want of memory: it needed more than it asked for"
            " (ResourceRequirement, ramMin)"
        )
    if ended.get("exitCode"):
        return f"the container failed with exit code {ended['exitCode']}"
    return ""
