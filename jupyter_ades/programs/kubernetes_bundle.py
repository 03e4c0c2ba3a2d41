"""A job for pods that share no folder with the server: there in a Secret, back by a pod's log.

Calrissian's pod unpacks it below the claim's mount, and removes that in the end. Pure but for the
files that it packs.
"""

from __future__ import annotations

import io
import shlex
import tarfile
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jupyter_ades.jobdir import JobDir
from jupyter_ades.programs.kubernetes_cluster import ClusterFault
from jupyter_ades.programs.kubernetes_job import LABEL, Document, name_of
from jupyter_ades.programs.kubernetes_logs import RESULTS, TOOL
from jupyter_ades.runners.calrissian import ENVIRONMENT, LABELS, TOOL_LOGS
from jupyter_ades.runners.cwltool import JOB_ORDER
from jupyter_ades.runners.staged import RESULTS_FILE

#: Bytes that a Secret may have.
MOST = 2**20
#: Where Calrissian's pod finds it.
PLACE, ARCHIVE = "/etc/jupyter-ades", "job.tar.gz"
#: Bytes of each tool's lines in that log.
TAIL = 2**16
_SCRIPT = """set -e
mkdir -p {root}; cd {root}; tar xzf {place}/{archive}; mkdir -p outputs
set +e; {command}; code=$?
for each in work/{logs}/*.log; do
  if [ -f "$each" ]; then echo "{tool}$each"; tail -c {tail} "$each"; fi
done
if [ -f outputs/{results_file} ]; then echo; echo "{results}$(cat outputs/{results_file})"; fi
cd /; rm -rf {root}; exit $code
"""


def place_of(job: JobDir, settings: Mapping[str, Any]) -> JobDir:
    """A job's folder in the pods."""
    return JobDir(Path(str(settings["mount"]), job.root.name))


def script(command: Sequence[str], there: JobDir) -> list[str]:
    """What Calrissian's pod runs in the place of Calrissian's own command."""
    text = _SCRIPT.format(
        root=shlex.quote(str(there.root)),
        place=PLACE,
        archive=ARCHIVE,
        command=shlex.join(command),
        logs=TOOL_LOGS,
        tool=TOOL,
        tail=TAIL,
        results_file=RESULTS_FILE,
        results=RESULTS,
    )
    return ["/bin/sh", "-c", text]


def secret(job: JobDir, job_id: str) -> Document:
    """The Secret with a job's package and what it is to do; ClusterFault when it is too large."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(job.package, "package")
        for name in (JOB_ORDER, LABELS, ENVIRONMENT):
            if (job.work / name).is_file():
                archive.add(job.work / name, f"work/{name}")
    data = b64encode(packed.getvalue()).decode()
    if len(packed.getvalue()) > MOST:
        raise ClusterFault(
            f"the package has {len(packed.getvalue())} bytes when it is packed, and pods that share"
            f" no folder with the server are given {MOST} at the most"
        )
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name_of(job_id), "labels": {LABEL: job_id}},
        "data": {ARCHIVE: data},
    }


def mounted(document: Document, job_id: str) -> Document:
    """The manifest of a Job whose pod has the Secret besides."""
    pod = document["spec"]["template"]["spec"]
    pod["volumes"].append({"name": "job", "secret": {"secretName": name_of(job_id)}})
    (container,) = pod["containers"]
    container["volumeMounts"].append({"name": "job", "mountPath": PLACE, "readOnly": True})
    return document
