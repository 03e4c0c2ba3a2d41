"""Commands on the folders of workspaces, without a server."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("names", nargs=-1, metavar="[WORKSPACE]...")
@click.option(
    "--workspace-root",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of all workspaces. Default: that of the Jupyter configuration.",
)
@click.option("--config", type=click.Path(dir_okay=False), help="A Jupyter configuration file.")
def reindex(names: tuple[str, ...], workspace_root: Path | None, config: str | None) -> None:
    """Make the store of a workspace anew, from its job directories and packages.

    For a store that is damaged or lost. The server must be stopped; jobs that run go on, and the
    next server takes them over. The old store is put aside, and nothing else is changed. Without a
    name every workspace of the configuration is reindexed.
    """
    from jupyter_ades.core.reindexing import reindex as make_anew

    root, configured = (workspace_root, ()) if workspace_root and names else _configured(config)
    for name in names or configured:
        found = make_anew((workspace_root or root) / name)
        click.echo(
            f"{name}: {found.jobs} jobs from their directories, {found.others} from the old store,"
            f" {found.processes} processes."
        )
        if found.old is not None:
            click.echo(f"{name}: the old store is {found.old}")
        if found.lost:
            click.echo(
                f"{name}: nothing could be read of the old store ({found.lost}): jobs that had not"
                " started, and callbacks that were not delivered, are lost.",
                err=True,
            )
        for problem in found.unread:
            click.echo(f"{name}: left out: {problem}", err=True)


def _configured(config: str | None) -> tuple[Path, tuple[str, ...]]:
    """Where the configuration has the workspaces, and their names."""
    from jupyter_server.serverapp import ServerApp

    from jupyter_ades.app import ADES

    server = ServerApp(**({"config_file": config} if config else {}))
    server.load_config_file()
    ades = ADES()
    ades.load_config_file()
    ades.update_config(server.config)
    if ades.disabled:
        raise click.UsageError(ades.disabled)
    return Path(ades.workspace_root).expanduser().resolve(), tuple(ades.workspaces)
