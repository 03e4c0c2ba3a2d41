"""The pods of a job's tools in Kubernetes: how many are done, and whether one can never be.

They are Calrissian's, which waits for each of them for ever, and removes those that ended.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from jupyter_ades.programs.kubernetes_job import (
    code_of,
    ended_by_cluster,
    fault_of,
    unplaced,
    waits_for,
)

#: Seconds that an image has to be pulled after a first failure: a registry may answer soon.
PULL = 60.0
#: Seconds that a pod may wait for a node that fits it: an autoscaler adds one within minutes.
NODE = 900.0


def patience(kind: str) -> float:
    """Seconds that a trouble of a pod may last."""
    name, seconds = {
        "image": ("JUPYTER_ADES_PULL", PULL),
        "node": ("JUPYTER_ADES_NODE", NODE),
    }[kind]
    return float(os.environ.get(name, seconds))


class Tools:
    """What is known of them, look by look."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        #: Whether each has ended well, as far as that can be told.
        self._done: dict[str, bool] = {}
        #: Why each that is in trouble is, and since when (monotonic).
        self._faults: dict[str, str] = {}
        #: With what each failed that failed by itself.
        self._codes: dict[str, int] = {}
        self._since: dict[tuple[str, str], float] = {}

    @property
    def seen(self) -> int:
        """How many there were."""
        return len(self._done)

    @property
    def done(self) -> int:
        """How many have ended; one that was removed has, unless it was in trouble."""
        return sum(self._done.values())

    @property
    def faults(self) -> str:
        """Why tools failed, or do not run; empty when none did."""
        return "; ".join(self._faults.values())

    def code_of(self, step: str) -> int:
        """The exit code of a step's pod (named as the cluster does); 0 when it was not seen."""
        return next((code for name, code in self._codes.items() if _is_of(name, step)), 0)

    def trouble_of(self, step: str) -> str:
        """What the cluster did to a step's pod; empty when its tool failed by itself."""
        found = [fault for name, fault in self._faults.items() if _is_of(name, step)]
        return "" if self.code_of(step) or not found else found[0]

    def look(self, pods: Mapping[str, Mapping[str, Any]]) -> str:
        """Take notice of the pods as they stand; why the job can never end, if it cannot."""
        hopeless = ""
        for name, pod in pods.items():
            phase = pod["status"].get("phase")
            self._done[name] = phase == "Succeeded"
            waits, fault = waits_for(pod), fault_of(pod)
            for text in filter(None, (waits, fault)):
                self._say(f"{name}: {text}")
            self._note(name, fault)
            if code_of(pod):
                self._codes[name] = code_of(pod)
            trouble = self._lasting(name, pod, waits, fault)
            hopeless = hopeless or (f"{name}: {trouble}" if trouble else "")
        for name in self._done.keys() - pods.keys():
            self._done[name] = name not in self._faults
        return hopeless

    def _note(self, name: str, fault: str) -> None:
        if fault:
            self._faults[name] = f"{name}: {fault}"
        else:
            # It has recovered, so it is no reason for anything.
            self._faults.pop(name, None)

    def _lasting(self, name: str, pod: Mapping[str, Any], waits: str, fault: str) -> str:
        """Why a pod will never run to its end, once that is certain; Calrissian sees the rest."""
        if ended_by_cluster(pod):
            return fault
        pending = pod["status"].get("phase") == "Pending"
        if self._lasts(name, "image", pending and bool(fault)):
            return fault
        if self._lasts(name, "node", pending and not fault and bool(unplaced(pod))):
            return f"{waits} (for {patience('node'):g} seconds, the most that a pod may)"
        return ""

    def _lasts(self, name: str, kind: str, in_trouble: bool) -> bool:
        if not in_trouble:
            self._since.pop((name, kind), None)
            return False
        began = self._since.setdefault((name, kind), time.monotonic())
        return time.monotonic() - began >= patience(kind)


def _is_of(pod: str, step: str) -> bool:
    """Whether a pod is a step's: Calrissian adds eight letters of its own."""
    return pod.startswith(f"{step}-pod-")
