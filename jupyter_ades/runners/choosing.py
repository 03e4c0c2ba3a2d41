"""Which runner carries a job: as the request, the deploy, the site or the package says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jupyter_ades.errors import AdesError, InvalidRequest, Problem, Unavailable
from jupyter_ades.model import RUNNER, Process
from jupyter_ades.runners.base import Runner, Site
from jupyter_ades.runners.registry import names

#: What finds a runner by its name.
Find = Callable[[str], Runner]


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A runner that is installed."""

    name: str
    #: The kinds of processes that it carries.
    kinds: tuple[str, ...]
    #: What it lacks to be used, in words; empty when it can be.
    missing: str = ""


def offers(site: Site, find: Find) -> list[Offer]:
    """Every installed runner, by name. May take seconds: engines are asked whether they answer."""
    return [_offer(name, site, find) for name in names()]


def choose(process: Process, wanted: str, site: Site, find: Find) -> Runner:
    """The runner for a job of a process, ``wanted`` being what the request says of it.

    Raises InvalidRequest when that carries no such process, Unavailable when it cannot be used
    here, and what the runner's own check raises.
    """
    chosen = (
        wanted
        or str(process.details.get(RUNNER) or "")
        or site.default_runners.get(process.kind, "")
        or process.runner
    )
    able = _able(process, find)
    if able and chosen not in able:
        raise _refused(process, chosen, able)
    engine = find(chosen)
    lacks = missing(engine, site)
    if lacks:
        raise Unavailable(f"The runner '{chosen}' cannot be used here: {lacks}")
    check = getattr(engine, "check", None)
    if check is not None:
        check(process, site)
    return engine


def missing(engine: Runner, site: Site) -> str:
    """What a runner lacks to be used, in words; empty when it can be."""
    return str(_asked(engine, "missing", site) or "")


def elsewhere(engine: Runner, site: Site) -> bool:
    """Whether the steps of a runner's jobs run on other machines than the server's."""
    return bool(_asked(engine, "elsewhere", site))


def keeps_anyway(engine: Runner, site: Site) -> bool:
    """Whether what the steps of a runner's jobs made is in their directories anyway."""
    return bool(_asked(engine, "keeps_steps", site))


def _asked(engine: Runner, what: str, site: Site) -> Any:
    """What a runner says to what not every runner is asked; None of one that does not know."""
    ask = getattr(engine, what, None)
    return ask(site) if ask else None


def _able(process: Process, find: Find) -> list[str]:
    """The runners that carry a kind of process; those that cannot be loaded are left out."""
    return [name for name in names() if process.kind in _kinds(name, find)]


def _kinds(name: str, find: Find) -> tuple[str, ...]:
    try:
        return tuple(getattr(find(name), "kinds", ()))
    except (AdesError, ImportError):
        return ()


def _offer(name: str, site: Site, find: Find) -> Offer:
    try:
        engine = find(name)
        lacks = missing(engine, site)
    except (AdesError, ImportError) as error:
        return Offer(name=name, kinds=(), missing=f"it cannot be loaded ({error}).")
    return Offer(name=name, kinds=tuple(getattr(engine, "kinds", ())), missing=lacks)


def _refused(process: Process, chosen: str, able: list[str]) -> InvalidRequest:
    kind = "notebooks" if process.kind == "notebook" else f"{process.kind} packages"
    reason = f"runs no {kind}" if chosen in names() else "is not installed here"
    detail = f"The runner '{chosen[:100]}' {reason}; {process.id} can be run by {', '.join(able)}."
    return InvalidRequest(detail, (Problem(path="runner", detail=detail),))
