"""What a ``%ades`` line says: command, words, inputs and options."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import Any

from IPython.core.error import UsageError

from jupyter_ades.client.expansion import Expansion
from jupyter_ades.client.values import suggestion


@dataclass(frozen=True, kw_only=True)
class Command:
    """How one command is written."""

    #: What its one word is called; empty when it takes none.
    word: str = ""
    #: Whether ``name=value`` may follow.
    pairs: bool = False
    #: Whether a cell may give inputs below it.
    body: bool = False
    #: Options with a value.
    values: tuple[str, ...] = ()
    #: Options without one.
    flags: tuple[str, ...] = ()


COMMANDS: dict[str, Command] = {
    "overview": Command(),
    "connect": Command(word="URL", values=("token", "workspace")),
    "processes": Command(),
    "deploy": Command(word="FILE|URL", values=("id",), flags=("replace",)),
    "describe": Command(word="PROCESS"),
    "undeploy": Command(word="PROCESS"),
    "execute": Command(word="PROCESS", pairs=True, body=True, flags=("wait",)),
    "jobs": Command(values=("status", "process", "limit")),
    "status": Command(word="JOB", flags=("wait",)),
    "log": Command(word="JOB"),
    "results": Command(word="JOB"),
    "dismiss": Command(word="JOB", flags=("remove",)),
    "rerun": Command(word="JOB", pairs=True, body=True, flags=("wait",)),
}


@dataclass(kw_only=True)
class Line:
    """A line that was read; values are Python's where a variable stood."""

    name: str
    words: list[Any] = field(default_factory=list)
    pairs: list[tuple[str, Any]] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)


def read_line(text: str, expansion: Expansion) -> Line:
    """Read a line; UsageError says how the command is written."""
    try:
        given = shlex.split(expansion.mark(text))
    except ValueError as error:
        raise UsageError(f"%ades {text}: {error}") from None
    name = given.pop(0) if given else "overview"
    command = COMMANDS.get(name)
    if command is None:
        raise UsageError(f"{name}: {suggestion(name, list(COMMANDS)[1:], '%ades', kind='command')}")
    line = Line(name=name)
    while given:
        _take(given, command, line, expansion)
    wanted = 1 if command.word else 0
    if len(line.words) != wanted:
        raise UsageError(usage(name))
    return line


def _take(given: list[str], command: Command, line: Line, expansion: Expansion) -> None:
    """Take the next word, with the value that belongs to it."""
    word = given.pop(0)
    if word.startswith("--"):
        option, equals, value = word[2:].partition("=")
        if option in command.flags and not equals:
            line.options[option] = True
            return
        if option not in command.values or not (equals or given):
            raise UsageError(usage(line.name))
        line.options[option] = expansion.resolve(value if equals else given.pop(0))
        return
    name, equals, value = word.partition("=")
    if command.pairs and equals and line.words:
        line.pairs.append((name, expansion.resolve(value)))
    else:
        line.words.append(expansion.resolve(word))


def usage(name: str) -> str:
    """How a command is written."""
    command = COMMANDS[name]
    parts = ["%ades", name, *([command.word] if command.word else [])]
    parts += ["[name=value ...]"] if command.pairs else []
    parts += [f"[--{each} {each.upper()}]" for each in command.values]
    parts += [f"[--{each}]" for each in command.flags]
    return f"write: {' '.join(parts)}"
