"""``jupyter ades processes|describe|deploy|undeploy|validate``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from jupyter_ades.cli.service import process_argument, with_client

if TYPE_CHECKING:
    from jupyter_ades.client import Client


@click.command()
@with_client
def processes(client: Client, as_json: bool) -> None:
    """List the deployed processes."""
    from jupyter_ades.client.terminal import json_text, processes_text

    found = [each.record for each in client.processes()]
    click.echo(json_text([each.document for each in found]) if as_json else processes_text(found))


@click.command()
@process_argument
@with_client
def describe(client: Client, process_id: str, as_json: bool) -> None:
    """Show a process with its inputs and outputs."""
    from jupyter_ades.client.terminal import json_text, process_text

    found = client.process(process_id).record
    click.echo(json_text(found.document) if as_json else process_text(found))


@click.command()
@click.argument("package")
@click.option("--id", "process_id", default="", help="Id of the process, when not the package's.")
@click.option("--replace", is_flag=True, help="Replace a process that has this id.")
@click.option("--runner", default="", help="What carries its jobs; see `jupyter ades runners`.")
@with_client
def deploy(
    client: Client, package: str, process_id: str, replace: bool, runner: str, as_json: bool
) -> None:
    """Deploy PACKAGE: a notebook or CWL file, a path in the server's folder, or an address.

    file.cwl#name picks a workflow.
    """
    from jupyter_ades.client.terminal import json_text

    process = client.deploy(package, process_id=process_id, replace=replace, runner=runner)
    click.echo(json_text(process.record.document) if as_json else process.id)


@click.command()
@process_argument
@click.option("-o", "--output", type=click.File("wb"), default="-", help="File to write to.")
@click.option("--image", default="", help="Container image that a notebook's tool names.")
@with_client
def export(client: Client, process_id: str, output: Any, image: str, as_json: bool) -> None:
    """Write PROCESS, also a notebook, as a CWL application package, for any runner of CWL."""
    output.write(client.process(process_id).export(image=image))


@click.command()
@process_argument
@with_client
def undeploy(client: Client, process_id: str, as_json: bool) -> None:
    """Remove a process; its jobs stay."""
    client.undeploy(process_id)


@click.command()
@click.argument("package")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def validate(package: str, as_json: bool) -> None:
    """Read PACKAGE as a deploy would, without a server, and show the process it makes.

    Warnings, such as what OGC 20-089r1 recommends and the package lacks, go to standard error.
    """
    import msgspec

    from jupyter_ades.client.terminal import json_text, process_text
    from jupyter_ades.client.wire import read_process
    from jupyter_ades.validation import validate as read

    process = msgspec.to_builtins(read(package))
    shown = {key: process[key] for key in ("id", "title", "description", "version", "keywords")}
    for name in ("inputs", "outputs"):
        shown[name] = {
            each["id"]: {
                **{key: each[key] for key in ("title", "description", "schema")},
                "minOccurs": 1 if each.get("required") else 0,
                "metadata": [{"title": "package type", "value": each["package_type"]}],
            }
            for each in process[name]
        }
    shown["warnings"] = process["warnings"]
    click.echo(json_text(shown) if as_json else process_text(read_process(shown)))
    for warning in process["warnings"]:
        click.echo(f"warning: {warning['path']}: {warning['detail']}", err=True)
