"""Traits of the queue: how much of the machine jobs share, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from traitlets import Dict, Float, HasTraits, Int, TraitError, default, validate

from jupyter_ades.settings.bounds import above_zero, at_least_one
from jupyter_ades.system.machine import usable_cores, usable_memory

#: Part of the machine's memory that one job may hold, so that the server outlives it.
SHARE = 0.9


class FairnessTraits(HasTraits):
    """Cores, memory and time of jobs; limits of processes and workspaces."""

    max_running_jobs = Int(
        1,
        help="Jobs that run at once, over all workspaces. Default: the smallest of CPU affinity,"
        " cgroup quota and $CPU_LIMIT.",
    ).tag(config=True)
    max_cores = Float(
        1.0,
        help="Cores that all running jobs share: a job waits until the cores are free that its"
        " package asks for (CWL ResourceRequirement, a notebook's metadata.ades.resources; else"
        " 1). Default: the smallest of CPU affinity, cgroup quota and $CPU_LIMIT.",
    ).tag(config=True)
    max_memory_bytes = Int(
        0,
        help="Bytes of memory that all running jobs share: a job waits until the memory is free"
        " that its package asks for. Default: the smallest of physical memory, cgroup limit and"
        " $MEM_LIMIT.",
    ).tag(config=True)
    job_cores = Int(
        1,
        help="Cores that one job may use for its parallel parts. Default: all usable cores.",
    ).tag(config=True)
    job_memory_bytes = Int(
        0,
        min=0,
        help="Bytes of memory at which a job is ended, unless its package says less or"
        " process_limits say otherwise; 0 is no limit. Default: 90 % of max_memory_bytes.",
    ).tag(config=True)
    job_seconds = Float(
        0.0,
        min=0.0,
        help="Seconds after which a job is ended, unless its package says less or process_limits"
        " say otherwise; 0 is no limit. Default: 0.",
    ).tag(config=True)
    process_limits = Dict(
        help="What holds for the jobs of some processes: id, alias or pattern ('snuggs*') to any of"
        " 'running' (at once), 'priority' (added to what requests ask for), 'cores', 'memory',"
        " 'memory_limit' ('4 GiB' or bytes) and 'seconds' ('2 h' or a number); the first that fits"
        " counts. Default: empty.",
    ).tag(config=True)
    workspace_limits = Dict(
        help="What holds for all jobs of a workspace: its name or a pattern to any of 'running' (at"
        " once) and 'open' (accepted and running). Default: empty.",
    ).tag(config=True)

    def rules(self) -> dict[str, Any]:
        """The limits of processes and workspaces, read."""
        from jupyter_ades.resources import ProcessRule, WorkspaceRule, read_rules

        return {
            "process_limits": read_rules(ProcessRule, self.process_limits),
            "workspace_limits": read_rules(WorkspaceRule, self.workspace_limits),
        }

    @default("max_running_jobs")
    def _default_max_running_jobs(self) -> int:
        return usable_cores()

    @default("max_cores")
    def _default_max_cores(self) -> float:
        return float(usable_cores())

    @default("job_cores")
    def _default_job_cores(self) -> int:
        return usable_cores()

    @default("max_memory_bytes")
    def _default_max_memory_bytes(self) -> int:
        return usable_memory()

    @default("job_memory_bytes")
    def _default_job_memory_bytes(self) -> int:
        return int(SHARE * self.max_memory_bytes)

    @validate("max_running_jobs", "job_cores")
    def _validate_counts(self, proposal: Mapping[str, Any]) -> int:
        return at_least_one(proposal)

    @validate("max_cores", "max_memory_bytes")
    def _validate_above_zero(self, proposal: Mapping[str, Any]) -> Any:
        return above_zero(proposal)

    @validate("process_limits")
    def _validate_process_limits(self, proposal: Mapping[str, Any]) -> Any:
        return _checked("ProcessRule", proposal)

    @validate("workspace_limits")
    def _validate_workspace_limits(self, proposal: Mapping[str, Any]) -> Any:
        return _checked("WorkspaceRule", proposal)


def _checked(kind: str, proposal: Mapping[str, Any]) -> Any:
    from jupyter_ades import resources

    try:
        resources.read_rules(getattr(resources, kind), proposal["value"])
    except ValueError as error:
        raise TraitError(f"ADES.{proposal['trait'].name}: {error}") from None
    return proposal["value"]
