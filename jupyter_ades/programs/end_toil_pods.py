"""Removes the Jobs of a run of Toil's: ``python -m jupyter_ades.programs.end_toil_pods NOTE``.

NOTE is the file that the run's leader wrote. Exit code 0 when the cluster has none of them left.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from jupyter_ades.programs.kubernetes_cluster import TIMEOUT


def main(note: str) -> int:
    """Remove them, with their pods."""
    from kubernetes import client, config

    told = json.loads(Path(note).read_text("utf-8"))
    # As Toil looks for the cluster, in this order.
    try:
        config.load_kube_config()
    except config.ConfigException:
        config.load_incluster_config()
    client.BatchV1Api().delete_collection_namespaced_job(
        told["namespace"],
        label_selector=f"toil_run={told['run']}",
        propagation_policy="Background",
        _request_timeout=TIMEOUT,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
