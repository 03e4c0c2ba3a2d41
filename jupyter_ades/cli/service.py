"""What commands share: the service that they speak to, and completion in the shell."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from jupyter_ades.client import Client

F = TypeVar("F", bound=Callable[..., Any])


def service_options(function: F) -> F:
    """``--url``, ``--token``, ``--workspace`` and ``--json`` for a command."""
    options = [
        click.option("--url", help="Address of the service or of its Jupyter server."),
        click.option("--token", help="Token of the server or hub; better kept in $ADES_TOKEN."),
        click.option("--workspace", default="", help="Workspace, when it is not your own."),
        click.option("--json", "as_json", is_flag=True, help="Print JSON for programs."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def connect(url: str | None, token: str | None, workspace: str) -> Client:
    """The client that a command's options name."""
    from jupyter_ades.client import Client

    return Client(url, token=token, workspace=workspace)


def with_client(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command a connected client in place of its options about the service."""

    def run(url: str | None, token: str | None, workspace: str, **given: Any) -> None:
        with connect(url, token, workspace) as client:
            function(client, **given)

    run.__doc__ = function.__doc__
    run.__name__ = function.__name__
    run.__dict__.update(function.__dict__)
    return service_options(run)


# completion in the shell: silent when no service is there


def complete_processes(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """Ids of processes."""
    return _complete(context, begun, lambda client: [each.id for each in client.processes()])


def complete_jobs(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """Ids of jobs, newest first."""
    return _complete(context, begun, lambda client: [each.id for each in client.jobs()])


def complete_inputs(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """Names of the process's inputs, each with its ``=``."""
    process_id = context.params.get("process_id") or ""
    return _complete(
        context, begun, lambda client: [f"{name}=" for name in client.process(process_id).inputs]
    )


def _complete(
    context: click.Context, begun: str, names: Callable[[Client], list[str]]
) -> list[str]:
    from jupyter_ades.client.errors import ClientError

    given = context.params
    try:
        with connect(given.get("url"), given.get("token"), given.get("workspace") or "") as client:
            return [name for name in names(client) if name.startswith(begun)]
    except ClientError:
        return []


process_argument = click.argument(
    "process_id", metavar="PROCESS", shell_complete=complete_processes
)
job_argument = click.argument("job_id", metavar="JOB", shell_complete=complete_jobs)
wait_option = click.option("-w", "--wait", is_flag=True, help="Wait until the job has ended.")
timeout_option = click.option(
    "--timeout", type=click.FloatRange(min=0), help="Seconds to wait at most; exit code 5 then."
)
