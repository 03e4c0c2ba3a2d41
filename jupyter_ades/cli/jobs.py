"""``jupyter ades execute|jobs|status|log|results|dismiss|rerun``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jupyter_ades.cli.exits import JOB_FAILED
from jupyter_ades.cli.service import (
    complete_inputs,
    job_argument,
    process_argument,
    timeout_option,
    wait_option,
    with_client,
)

if TYPE_CHECKING:
    from jupyter_ades.client import Client, Job


@click.command()
@process_argument
@click.argument("pairs", metavar="[NAME=VALUE]...", nargs=-1, shell_complete=complete_inputs)
@click.option("-i", "--inputs", type=click.File(), help="YAML or JSON file of inputs; - is stdin.")
@click.option("--runner", default="", help="What carries the job; see `jupyter ades runners`.")
@wait_option
@timeout_option
@with_client
def execute(
    client: Client,
    process_id: str,
    pairs: tuple[str, ...],
    inputs: Any,
    runner: str,
    wait: bool,
    timeout: float | None,
    as_json: bool,
) -> None:
    """Execute PROCESS with inputs and print the job's id; with --wait, what became of it.

    A name that is given again makes a list. Values are as in YAML.
    """
    from jupyter_ades.client.given import read_document, read_pairs

    process = client.process(process_id)
    given = read_document(inputs.read()) if inputs is not None else {}
    job = process.execute_by(runner, {**given, **read_pairs(pairs, process.record)})
    finish(job, wait or timeout is not None, timeout, as_json)


def finish(job: Job, wait: bool, timeout: float | None, as_json: bool) -> None:
    """Print a job, after its end when that is waited for; exit code 1 when it failed."""
    from jupyter_ades.client.terminal import job_text, json_text

    if wait:
        job.wait(timeout)
    text = job_text(job.record) if wait else job.id
    click.echo(json_text(job.record.document) if as_json else text)
    if wait and job.record.status in ("failed", "dismissed"):
        raise click.exceptions.Exit(JOB_FAILED)


@click.command()
@click.option("--status", multiple=True, help="Only jobs in this state; may be given again.")
@click.option("--process", default="", help="Only jobs of this process.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1))
@with_client
def jobs(client: Client, status: tuple[str, ...], process: str, limit: int, as_json: bool) -> None:
    """List jobs, newest first."""
    from jupyter_ades.client.terminal import jobs_text, json_text

    try:
        listed = client.jobs(status=status, process=process, limit=limit)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--status") from None
    found = [each.record for each in listed]
    click.echo(json_text([each.document for each in found]) if as_json else jobs_text(found))


@click.command()
@job_argument
@wait_option
@timeout_option
@with_client
def status(client: Client, job_id: str, wait: bool, timeout: float | None, as_json: bool) -> None:
    """Show how a job stands; with --wait, once it has ended."""
    from jupyter_ades.client.terminal import job_text, json_text

    job = client.job(job_id)
    if wait or timeout is not None:
        finish(job, True, timeout, as_json)
    else:
        click.echo(json_text(job.record.document) if as_json else job_text(job.record))


@click.command()
@job_argument
@click.option("-f", "--follow", is_flag=True, help="Go on while the job runs.")
@with_client
def log(client: Client, job_id: str, follow: bool, as_json: bool) -> None:
    """Print a job's log."""
    job = client.job(job_id)
    if follow:
        for line in job.follow():
            click.echo(line)
    else:
        click.echo(str(job.log()), nl=False)


@click.command()
@job_argument
@click.option("--download", type=click.Path(path_type=Path), help="Folder to put the files into.")
@with_client
def results(client: Client, job_id: str, download: Path | None, as_json: bool) -> None:
    """Show what a job gave: its outputs, and where its STAC catalog is."""
    from jupyter_ades.client.terminal import columns, json_text

    job = client.job(job_id)
    outputs = job.outputs
    if as_json:
        click.echo(json_text(outputs))
    else:
        rows = [(name, _shown(value)) for name, value in outputs.items()]
        click.echo(columns(["OUTPUT", "VALUE"], rows))
    if download is not None:
        for path in job.download(download):
            click.echo(path, err=as_json)


def _shown(value: Any) -> str:
    from jupyter_ades.client.terminal import json_text

    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    return value if isinstance(value, str) else " ".join(json_text(value).split())


@click.command()
@job_argument
@click.option("-y", "--yes", is_flag=True, help="Remove a finished job without asking.")
@with_client
def dismiss(client: Client, job_id: str, yes: bool, as_json: bool) -> None:
    """End an open job with everything it started; remove a finished one with its files."""
    from jupyter_ades.client.errors import JobEnded
    from jupyter_ades.client.terminal import json_text

    job = client.job(job_id)
    try:
        job.dismiss()
    except JobEnded:
        if not yes:
            click.confirm(f"{job.record.status}; remove it with its files?", abort=True, err=True)
        job.dismiss(remove=True)
    click.echo(json_text(job.record.document) if as_json else job.record.message)


@click.command()
@job_argument
@click.argument("pairs", metavar="[NAME=VALUE]...", nargs=-1)
@wait_option
@timeout_option
@with_client
def rerun(
    client: Client,
    job_id: str,
    pairs: tuple[str, ...],
    wait: bool,
    timeout: float | None,
    as_json: bool,
) -> None:
    """Execute a job's process again with the same inputs, but for those given here."""
    from jupyter_ades.client.given import read_pairs

    job = client.job(job_id)
    changes = read_pairs(pairs, client.process(job.process_id).record) if pairs else {}
    finish(job.rerun(**changes), wait or timeout is not None, timeout, as_json)
