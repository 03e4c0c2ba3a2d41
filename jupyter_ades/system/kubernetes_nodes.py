"""What the nodes of Kubernetes have, asked for now and then by a program of its own.

The official client takes a second to import and tens of megabytes, which a server shall not pay.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys

from jupyter_ades.system.batch import GOOD, Node
from jupyter_ades.system.looking import Look

log = logging.getLogger(__name__)

PROGRAM = (sys.executable, "-P", "-m", "jupyter_ades.programs.kubernetes_nodes")
#: Seconds that it has, on a busy machine as well.
ANSWER = 60.0


def kubernetes_nodes() -> Look[list[Node]]:
    """Every node that pods may go to; empty when the cluster does not tell."""
    return Look(_ask, lambda told: GOOD)


def _ask() -> list[Node]:
    try:
        ended = subprocess.run(
            PROGRAM,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ANSWER,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        _warn(str(error))
        return []
    if ended.returncode:
        _warn((ended.stderr.strip().splitlines() or ["it gave no reason"])[-1])
        return []
    return [Node(cores=cores, memory_mib=memory) for cores, memory in json.loads(ended.stdout)]


def _warn(why: str) -> None:
    log.warning("What nodes of Kubernetes have cannot be asked (ask_kubernetes_nodes): %s", why)
