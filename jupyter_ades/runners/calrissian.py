"""Runs CWL on Kubernetes by Calrissian, each job a Kubernetes Job with Calrissian's own image."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import PurePath
from typing import Any

from jupyter_ades.errors import Unavailable
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import Process
from jupyter_ades.orders import Plan
from jupyter_ades.resources import MEBIBYTE, read_bytes, read_cores
from jupyter_ades.runners.base import Site
from jupyter_ades.runners.cwltool import JOB_ORDER, OUTPUTS, CwltoolRunner, environment
from jupyter_ades.runners.needs import needs_of, refuse_without_node
from jupyter_ades.runners.staged import stages

#: In the plan's environment: ``c.ADES.kubernetes`` as JSON.
SETTINGS = "JUPYTER_ADES_KUBERNETES"
#: What ``c.ADES.kubernetes`` must say.
NEEDED = ("namespace", "claim", "mount", "image")
#: What the tools of a job may have together where it does not say ``max_cores``, ``max_ram``.
MAX_CORES, MAX_RAM = 4, "8G"
#: In the command's working folder: what tools said, a file for each that has ended.
TOOL_LOGS = "logs"
#: Likewise: the labels of tools' pods, and the variables that tools get.
LABELS, ENVIRONMENT = "labels.yml", "environment.yml"


class CalrissianRunner(CwltoolRunner):
    """Carries what cwltool carries, each tool in a pod of its own."""

    name = "calrissian"

    def missing(self, site: Site) -> str:
        """The Python client, or settings of the cluster."""
        try:
            version("kubernetes")
        except PackageNotFoundError:
            return "there is no client: pip install 'jupyter_ades[kubernetes]'."
        lacking = [name for name in NEEDED if not site.kubernetes.get(name)]
        if lacking:
            return f"c.ADES.kubernetes does not say {', '.join(lacking)}."
        try:
            _most(site.kubernetes)
        except ValueError as error:
            return f"c.ADES.kubernetes, max_cores or max_ram: {error}."
        return ""

    def elsewhere(self, site: Site) -> bool:
        """Whether steps run on other machines: all do, each in a pod."""
        return True

    def check(self, process: Process, site: Site) -> None:
        """Raise Unavailable for tools without an image, or that ask for more than a job may have.

        Calrissian itself would say the latter once its pod runs.
        """
        if self.name in site.stage_steps and not site.stage_image:
            raise Unavailable("Stage steps in pods need an image: c.ADES.stage_image names none.")
        docker = process.details.get("docker")
        if process.kind == "notebook" and not site.notebook_image:
            raise Unavailable("Notebooks in pods need an image: c.ADES.notebook_image names none.")
        if process.kind != "notebook" and not docker:
            raise Unavailable(
                f"{process.id} names no image (DockerRequirement), and on Kubernetes each tool runs"
                " in one."
            )
        cores, megabytes = _most(site.kubernetes)
        for need in needs_of(process):
            # Calrissian takes a tool's mebibytes for megabytes.
            if need.cores > cores or need.memory / MEBIBYTE > megabytes:
                raise Unavailable(
                    f"{need.of(process)}; the tools of a job have {cores:g} cores and"
                    f" {megabytes:,.0f} MB (c.ADES.kubernetes, 'max_cores' and 'max_ram')."
                )
        refuse_without_node(process, site.pod_nodes())

    def plan(self, process: Process, job: JobDir, site: Site) -> Plan:
        """The command for a job; raises Unavailable for a directory that pods would not see."""
        mount = str(site.kubernetes.get("mount"))
        if not is_shared(site.kubernetes):
            if self.name not in site.stage_steps:
                raise Unavailable(
                    "Pods share no folder with the server (c.ADES.kubernetes, 'shared'), so data"
                    f" must be moved by steps: let c.ADES.stage_steps name {self.name}."
                )
        elif not PurePath(job.scratch).is_relative_to(mount):
            raise Unavailable(
                f"The job's folder {job.scratch} is not in {mount}, which pods mount"
                " (c.ADES.kubernetes): put c.ADES.workspace_root, or c.ADES.scratch_root, there."
            )
        program = (sys.executable, "-P", "-m", "jupyter_ades.programs.run_calrissian")
        return Plan(
            runner=self.name,
            argv=(*program, str(job.root)),
            env={
                **environment(site),
                SETTINGS: json.dumps(dict(site.kubernetes)),
                **stages(self.name, site),
            },
            stop_signal="SIGTERM",
            grace=20.0,
        )


def _most(settings: Mapping[str, Any]) -> tuple[float, float]:
    """The cores and megabytes that the tools of a job may have together; ValueError in words."""
    said = str(settings.get("max_cores") or MAX_CORES)
    # As Kubernetes writes thousandths.
    cores = read_cores(said[:-1]) / 1000 if said.endswith("m") else read_cores(said)
    return cores, read_bytes(settings.get("max_ram") or MAX_RAM) / 10**6


def is_shared(settings: Mapping[str, Any]) -> bool:
    """Whether pods mount the folder that the server's job directories are in."""
    return settings.get("shared") is not False


def command(document: str, job: JobDir, settings: Mapping[str, Any]) -> list[str]:
    """Calrissian's command for a document's URL; paths are those in its pod."""
    account = settings.get("service_account")
    return [
        "calrissian",
        *("--max-cores", str(settings.get("max_cores") or MAX_CORES)),
        *("--max-ram", str(settings.get("max_ram") or MAX_RAM)),
        *("--pod-labels", str(job.work / LABELS)),
        *("--pod-env-vars", str(job.work / ENVIRONMENT)),
        *(("--pod-serviceaccount", str(account)) if account else ()),
        *("--tmpdir-prefix", f"{job.work}/tmp-", "--tmp-outdir-prefix", f"{job.work}/out-"),
        *("--outdir", str(job.outputs), "--stdout", str(job.work / OUTPUTS)),
        *("--tool-logs-basepath", str(job.work / TOOL_LOGS)),
        "--relax-path-checks",
        document,
        str(job.work / JOB_ORDER),
    ]
