"""What a job needs and may take, by its package, its operator and the machine."""

from __future__ import annotations

from fnmatch import fnmatchcase

from jupyter_ades.core.limits import Limits
from jupyter_ades.model import Process
from jupyter_ades.resources import ProcessRule, Resources, WorkspaceRule


def needs(process: Process, limits: Limits) -> Resources:
    """What a job of a process reserves, and the bounds that it is ended at.

    One that asks for more than there is gets all that there is: packages ask for what their
    author's cluster had.
    """
    rule, stated = process_rule(process, limits), process.resources
    cores = stated.cores if rule.cores is None else rule.cores
    memory = stated.memory if rule.memory is None else rule.memory
    return Resources(
        cores=min(cores or 1.0, limits.max_cores),
        memory=int(min(memory, limits.max_memory_bytes)),
        memory_limit=int(_bound(rule.memory_limit, stated.memory_limit, limits.job_memory_bytes)),
        seconds=_bound(rule.seconds, stated.seconds, limits.job_seconds),
    )


def _bound(ruled: float | None, stated: float, usual: float) -> float:
    """The operator's own word for the process, else the lesser of package and server; 0 is none."""
    if ruled is not None:
        return ruled
    return min((each for each in (stated, usual) if each), default=0)


def process_rule(process: Process, limits: Limits) -> ProcessRule:
    """What the operator says of a process: the first rule that fits its id or alias."""
    names = (process.id, process.alias)
    rules = limits.process_limits.items()
    fits = (rule for pattern, rule in rules if any(fnmatchcase(each, pattern) for each in names))
    return next(fits, ProcessRule())


def workspace_rule(name: str, limits: Limits) -> WorkspaceRule:
    """What the operator says of a workspace: the first rule that fits its name."""
    rules = limits.workspace_limits.items()
    return next((rule for pattern, rule in rules if fnmatchcase(name, pattern)), WorkspaceRule())
