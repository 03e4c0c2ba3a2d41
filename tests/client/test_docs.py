"""The users' pages name every command, option, method and error that there is."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from jupyter_ades.cli import exits, main
from jupyter_ades.client import Client, Job, Process, errors
from jupyter_ades.client.magic_lines import COMMANDS
from jupyter_ades.client.magics import AdesMagics

USERS = Path(__file__).parent.parent.parent / "docs/users"


def page(name: str) -> str:
    return (USERS / f"{name}.md").read_text()


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_has_its_line(command: str) -> None:
    assert f"| `{command} " in page("cli") or f"| `{command}`" in page("cli")


def test_every_exit_code_has_its_line() -> None:
    codes = {value for name, value in vars(exits).items() if name.isupper() and name != "EPILOG"}
    assert codes == {1, 3, 4, 5, 130}
    assert all(f"| {code} |" in page("cli") for code in {*codes, 0, 2})
    assert all(f"{code} " in exits.EPILOG for code in codes)


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "overview"])
def test_every_magic_has_its_line(name: str) -> None:
    usage = inspect.getdoc(AdesMagics.ades) or ""
    command = COMMANDS[name]
    for text in (page("magics"), usage):
        (line,) = [
            each for each in text.splitlines() if f"%ades {name}" in each and "%%" not in each
        ][:1]
        assert command.word.split("|")[0] in line
    assert all(f"--{option}" in page("magics") for option in (*command.values, *command.flags))


@pytest.mark.parametrize("cls", [Client, Process, Job])
def test_every_method_is_named(cls: type) -> None:
    without = {
        "url",
        "workspace",
        "close",
        "undeploy",
        "execute",
        "record",
        "refresh",
        "process_id",
    }
    without |= {"id", "title", "description", "version", "created", "started", "finished", "token"}
    public = {name for name in dir(cls) if not name.startswith("_")} - without
    assert {name for name in public if f".{name}" not in page("client")} == set()


def test_every_error_is_named() -> None:
    classes = {
        name
        for name, cls in vars(errors).items()
        if inspect.isclass(cls) and issubclass(cls, errors.ClientError)
    }
    assert {name for name in classes if f"`{name}`" not in page("client")} <= {
        "ClientError",
        "ServerError",
    }
