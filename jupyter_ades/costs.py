"""What a job cost, part by part. No I/O."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one part of a job cost."""

    #: ``stage in``, ``run`` up to the first step, each step's label, ``stage out``.
    name: str
    wall_seconds: float
    #: Processor seconds of the worker and all that it started.
    cpu_seconds: float
    #: Most bytes of memory that they held at once, as looked at twice a second.
    peak_memory_bytes: int


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """What a job cost, in ``statistics.json``."""

    steps: tuple[Cost, ...] = ()
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory_bytes: int = 0
    bytes_staged_in: int = 0
    bytes_staged_out: int = 0
