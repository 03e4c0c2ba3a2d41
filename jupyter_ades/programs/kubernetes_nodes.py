"""Prints what nodes of Kubernetes have: ``python -m jupyter_ades.programs.kubernetes_nodes``.

A JSON array of ``[cores, memory in MiB]``, one for each node that pods of jobs may go to: what it
gives to pods at the most (``allocatable``), whatever runs there now. Exit code 1, and why on
stderr, when the cluster does not tell; a role that may list nodes is one of the whole cluster.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from jupyter_ades.programs.kubernetes_cluster import TIMEOUT, client_of_this_place, errors, words_of
from jupyter_ades.resources import MEBIBYTE

#: Taints with this before their name keep pods off the control plane.
CONTROL_PLANE = "node-role.kubernetes.io/"


def main() -> int:
    """Print them."""
    from kubernetes.utils.quantity import parse_quantity

    client = client_of_this_place()
    try:
        nodes = client.CoreV1Api().list_node(_request_timeout=TIMEOUT).items
    except errors(client) as error:
        print(words_of(error), file=sys.stderr)
        return 1
    told = [each.status.allocatable for each in nodes if takes_pods(each)]
    sizes = [[parse_quantity(each[name]) for name in ("cpu", "memory")] for each in told]
    print(json.dumps([[float(cores), float(memory) / MEBIBYTE] for cores, memory in sizes]))
    return 0


def takes_pods(node: Any) -> bool:
    """Whether pods of jobs may go to a node: it is not cordoned, and no control plane's own."""
    if node.spec.unschedulable:
        return False
    kept = (
        each.key.startswith(CONTROL_PLANE) and each.effect != "PreferNoSchedule"
        for each in node.spec.taints or []
    )
    return not any(kept)


if __name__ == "__main__":
    sys.exit(main())
