"""The command ``jupyter ades``: a service from a terminal, for people and for scripts."""

from __future__ import annotations

import click

from jupyter_ades import __version__
from jupyter_ades.cli import jobs, processes, site, workspaces
from jupyter_ades.cli.exits import EPILOG, Commands


@click.group(cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="jupyter ades")
def main() -> None:
    """Deploy notebooks and CWL as processes, execute them as jobs, get their results."""


for command in (
    processes.deploy,
    processes.processes,
    processes.describe,
    processes.export,
    processes.undeploy,
    processes.validate,
    jobs.execute,
    jobs.jobs,
    jobs.status,
    jobs.log,
    jobs.results,
    jobs.dismiss,
    jobs.rerun,
    workspaces.reindex,
    site.runners,
    site.doctor,
):
    main.add_command(command)


@main.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that completes jupyter-ades in a shell."""
    from click.shell_completion import get_completion_class

    cls = get_completion_class(shell)
    assert cls is not None
    click.echo(cls(main, {}, "jupyter-ades", "_JUPYTER_ADES_COMPLETE").source())
