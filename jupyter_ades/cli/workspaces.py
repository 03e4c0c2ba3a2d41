"""Commands on the folders of workspaces, without a server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click


@click.command()
@click.argument("names", nargs=-1, metavar="[WORKSPACE]...")
@click.option(
    "--workspace-root",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of all workspaces. Default: that of the Jupyter configuration.",
)
@click.option(
    "--store-root",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the stores, when it is another one. Default: as configured.",
)
@click.option("--config", type=click.Path(dir_okay=False), help="A Jupyter configuration file.")
def reindex(
    names: tuple[str, ...],
    workspace_root: Path | None,
    store_root: Path | None,
    config: str | None,
) -> None:
    """Make the store of a workspace anew, from its job directories and packages.

    For a store that is damaged or lost. The server must be stopped; jobs that run go on, and the
    next server takes them over. The old store is put aside, and nothing else is changed. Without a
    name every workspace of the configuration is reindexed.
    """
    from jupyter_ades.core.reindexing import reindex as make_anew

    if not (workspace_root and names):
        configured = _configured(config)
        names = names or configured.names
        workspace_root = workspace_root or configured.root
        store_root = store_root or configured.stores
    for name in names:
        found = make_anew(workspace_root / name, store_root / name if store_root else None)
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


@dataclass(frozen=True, kw_only=True)
class Configured:
    """What the configuration says of workspaces."""

    root: Path
    names: tuple[str, ...]
    stores: Path | None


def _configured(config: str | None) -> Configured:
    from jupyter_server.serverapp import ServerApp

    from jupyter_ades.app import ADES

    server = ServerApp(**({"config_file": config} if config else {}))
    server.load_config_file()
    ades = ADES()
    ades.load_config_file()
    ades.update_config(server.config)
    if ades.disabled:
        raise click.UsageError(ades.disabled)
    return Configured(
        root=Path(ades.workspace_root).expanduser().resolve(),
        names=tuple(ades.workspaces),
        stores=Path(ades.store_root).expanduser().resolve() if ades.store_root else None,
    )
