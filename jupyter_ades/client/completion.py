"""Tab for ``%ades``: commands, options, ids of processes and jobs, names of inputs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

from IPython.core.completer import CompletionContext, SimpleCompletion, context_matcher
from IPython.core.interactiveshell import InteractiveShell

from jupyter_ades.client.client import Client
from jupyter_ades.client.errors import ClientError
from jupyter_ades.client.magic_lines import COMMANDS

#: Seconds for which a service's answers are good.
FRESH = 5.0
#: What the matcher is found again by.
NAME = "jupyter_ades"


class Lookup(Protocol):
    """What a service knows the names of."""

    def processes(self) -> list[str]: ...

    def inputs(self, process_id: str) -> list[str]: ...

    def jobs(self) -> list[str]: ...


class ClientLookup:
    """Asks through a client, and remembers for a few seconds; knows nothing when it fails."""

    def __init__(self, client: Callable[[], Client]) -> None:
        self._client = client
        self._known: dict[str, tuple[float, list[str]]] = {}

    def processes(self) -> list[str]:
        """Ids of processes."""
        return self._ask("processes", lambda client: [each.id for each in client.processes()])

    def inputs(self, process_id: str) -> list[str]:
        """Names of a process's inputs."""
        return self._ask(
            f"inputs {process_id}", lambda client: [*client.process(process_id).inputs]
        )

    def jobs(self) -> list[str]:
        """Ids of jobs, newest first."""
        return self._ask("jobs", lambda client: [each.id for each in client.jobs()])

    def _ask(self, key: str, names: Callable[[Client], list[str]]) -> list[str]:
        asked, found = self._known.get(key, (0.0, []))
        if not asked or time.monotonic() - asked > FRESH:
            try:
                found = names(self._client())
            except ClientError:
                found = []
            self._known[key] = (time.monotonic(), found)
        return found


def candidates(cell: str, line: str, lookup: Lookup) -> list[str]:
    """What may stand at the end of ``line`` (up to the cursor), the cursor's line in ``cell``."""
    first = cell.lstrip().partition("\n")[0]
    if first.startswith("%%ades") and not line.lstrip().startswith("%%ades"):
        return _body(first.split(), line, lookup)
    _, magic, rest = line.partition("%ades")
    if not magic or (rest and not rest[0].isspace()):
        return []
    words = rest.split()
    begun = "" if not rest or rest[-1].isspace() else words.pop()
    if not words:
        return [name for name in COMMANDS if name != "overview"]
    return _arguments(words, begun, lookup)


def _arguments(words: list[str], begun: str, lookup: Lookup) -> list[str]:
    command = COMMANDS.get(words[0])
    if command is None or words[-1].startswith("--status"):
        return ["accepted", "running", "successful", "failed", "dismissed"] if command else []
    if begun.startswith("-"):
        return [f"--{name}" for name in (*command.values, *command.flags)]
    if words[-1] == "--process" or (len(words) == 1 and command.word == "PROCESS"):
        return lookup.processes()
    if len(words) == 1 and command.word == "JOB":
        return lookup.jobs()
    if words[0] == "execute" and "=" not in begun:
        return [f"{name}=" for name in lookup.inputs(words[1])]
    return []


def _body(first: list[str], line: str, lookup: Lookup) -> list[str]:
    """Names of inputs at the beginning of a line of YAML."""
    if first[1:2] != ["execute"] or len(first) < 3 or ":" in line or line.startswith((" ", "-")):
        return []
    return [f"{name}: " for name in lookup.inputs(first[2])]


def install(shell: InteractiveShell, client: Callable[[], Client]) -> None:
    """Add the completions to a shell, in place of those of an earlier ``%load_ext``."""
    lookup = ClientLookup(client)

    def matcher(context: CompletionContext) -> dict[str, Any]:
        found = candidates(context.full_text, context.text_until_cursor, lookup)
        fitting = [name for name in found if name.startswith(context.token)]
        return {
            "completions": [SimpleCompletion(text=name, type="ades") for name in fitting],
            "suppress": bool(fitting),
            "ordered": True,
        }

    named: Any = context_matcher(identifier=NAME)(matcher)
    completer: Any = shell.Completer
    completer.custom_matchers = [
        *(each for each in completer.custom_matchers if _identifier(each) != NAME),
        named,
    ]


def _identifier(matcher: Any) -> str:
    return getattr(matcher, "matcher_identifier", "")
