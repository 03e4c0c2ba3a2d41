"""What jobs need of a machine and may take of it, as packages and operators say. No I/O."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

T = TypeVar("T", bound="ProcessRule | WorkspaceRule")

#: Units of memory in bytes: decimal and binary ones (IEC 80000-13), as Kubernetes spells them too.
UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "p": 10**15} | {
    "ki": 2**10,
    "mi": 2**20,
    "gi": 2**30,
    "ti": 2**40,
    "pi": 2**50,
}
#: CWL counts memory in these (v1.2, ResourceRequirement).
MEBIBYTE = UNITS["mi"]
#: Units of time in seconds.
TIMES = {"": 1, "s": 1, "min": 60, "h": 3600, "d": 86400}
_QUANTITY = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*")


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What one job needs, and the most that it may take; 0 stands for what is not said."""

    #: Cores that it keeps busy.
    cores: float = 0.0
    #: Bytes of memory that must be free for it.
    memory: int = 0
    #: Bytes of memory at which it is ended.
    memory_limit: int = 0
    #: Seconds after which it is ended.
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ProcessRule:
    """What an operator says of the jobs of some processes; None leaves it to the package."""

    #: Jobs that run at once.
    running: int | None = None
    #: Added to what requests ask for; the higher, the sooner.
    priority: int | None = None
    cores: float | None = None
    memory: int | None = None
    memory_limit: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class WorkspaceRule:
    """What an operator says of all jobs of a workspace; None leaves it to the server's bounds."""

    #: Jobs that run at once.
    running: int | None = None
    #: Jobs that are accepted or running.
    open: int | None = None


def read_rules(kind: type[T], said: Mapping[str, Any]) -> dict[str, T]:
    """Rules by name or pattern, as a trait gives them; ValueError in words."""
    return {name: _read_rule(kind, name, rule) for name, rule in said.items()}


def _read_rule(kind: type[T], name: str, said: Any) -> T:
    if not isinstance(said, Mapping):
        raise ValueError(f"'{name}': a dictionary is expected, such as {{'running': 1}}")
    known = [each.name for each in fields(kind)]
    unknown = [word for word in said if word not in known]
    if unknown:
        raise ValueError(f"'{name}': '{unknown[0]}' is not one of {', '.join(known)}")
    try:
        return kind(**{word: _READ[word](value) for word, value in said.items()})
    except ValueError as error:
        raise ValueError(f"'{name}': {error}") from None


def read_bytes(value: Any) -> int:
    """Bytes from a number or a text such as ``4 GiB``, ``512M``; ValueError in words."""
    return int(_quantity(value, UNITS, "bytes, or a text such as '4 GiB', are expected"))


def read_seconds(value: Any) -> float:
    """Seconds from a number or a text such as ``90 min``, ``2 h``; ValueError in words."""
    return _quantity(value, TIMES, "seconds, or a text such as '2 h', are expected")


def read_cores(value: Any) -> float:
    """Cores from a number above 0; ValueError in words."""
    found = _quantity(value, {"": 1}, "a number of cores is expected")
    if not found:
        raise ValueError(f"more than 0 cores are expected, not {value!r}")
    return found


def mebibytes(size: float) -> str:
    """Bytes for people."""
    return f"{size / MEBIBYTE:,.0f} MiB"


def _quantity(value: Any, units: Mapping[str, int], expected: str) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if not math.isfinite(value) or value < 0:
            raise ValueError(f"{expected}, not {value!r}")
        return float(value)
    match = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    unit = match[2].lower() if match else ""
    unit = unit if unit in units else unit.removesuffix("b")
    if match is None or unit not in units:
        raise ValueError(f"{expected}, not {str(value)[:50]!r}")
    return float(match[1]) * units[unit]


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"a whole number is expected, not {value!r}")
    return value


def _count(value: Any) -> int:
    if _whole(value) < 1:
        raise ValueError(f"1 or more is expected, not {value!r}")
    return int(value)


_READ: dict[str, Any] = {
    "running": _count,
    "open": _count,
    "priority": _whole,
    "cores": read_cores,
    "memory": read_bytes,
    "memory_limit": read_bytes,
    "seconds": read_seconds,
}


def read_stated(said: Any) -> Resources:
    """What a notebook's ``metadata.ades.resources`` says; ValueError in words.

    ``{"cores": 2, "memory": "4 GiB", "memory_limit": "6 GiB", "time": "2 h"}``, all optional.
    """
    if not isinstance(said, Mapping):
        raise ValueError("an object is expected, such as {'cores': 2, 'memory': '4 GiB'}")
    readers = {
        "cores": ("cores", read_cores),
        "memory": ("memory", read_bytes),
        "memory_limit": ("memory_limit", read_bytes),
        "time": ("seconds", read_seconds),
    }
    unknown = [word for word in said if word not in readers]
    if unknown:
        raise ValueError(f"'{unknown[0]}' is not one of {', '.join(readers)}")
    found: dict[str, Any] = {}
    for word, value in said.items():
        name, read = readers[word]
        try:
            found[name] = read(value)
        except ValueError as error:
            raise ValueError(f"{word}: {error}") from None
    return Resources(**found)
