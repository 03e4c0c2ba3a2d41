"""``jupyter ades runners|doctor``: what a service, or this environment, can run jobs on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jupyter_ades.cli.service import with_client

if TYPE_CHECKING:
    from jupyter_ades.client import Client

#: Exit code of a doctor that found something in the way of jobs.
UNWELL = 1


@click.command()
@with_client
def runners(client: Client, as_json: bool) -> None:
    """List the service's runners, and what is missing to use each."""
    from jupyter_ades.client.terminal import columns, json_text

    found = client.landing().get("runners")
    if not isinstance(found, list):
        raise click.ClickException("The service says nothing of its runners.")
    rows = [
        (each["name"], ", ".join(each["kinds"]), each.get("missing") or "ready") for each in found
    ]
    click.echo(
        json_text(found) if as_json else columns(["RUNNER", "CARRIES", "STATE"], rows, whole=True)
    )


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def doctor(as_json: bool) -> None:
    """Look at what jobs need here, without a server: engines, kernels, node, runners, disk.

    Reads the Jupyter server's configuration. Exit code 1 when something is in the way of jobs.
    """
    from dataclasses import asdict

    from jupyter_ades.client.terminal import columns, json_text
    from jupyter_ades.examination import examine

    found = list(examine())
    rows = [(each.what, each.state, each.detail) for each in found]
    told = [asdict(each) for each in found]
    click.echo(
        json_text(told) if as_json else columns(["WHAT", "STATE", "DETAIL"], rows, whole=True)
    )
    if any(each.state == "bad" for each in found):
        raise click.exceptions.Exit(UNWELL)
