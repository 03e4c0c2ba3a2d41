"""Runs a notebook as the tool of an exported CWL package, in the tool's own folder.

``python -m jupyter_ades.programs.notebook_step --path:INPUT PATH ...``: where each file of an input
is, the process and the notebook that the package holds among them. ``ades-inputs.json`` has the
inputs' values, and ``cwl.output.json`` gets the outputs'. Exit code 0, or 1 when the notebook
failed, with the reason on standard error.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from jupyter_ades.errors import AdesError
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import JSON, STAGE_IN, STAGED, FetchPolicy, Process
from jupyter_ades.orders import WorkOrder
from jupyter_ades.runners.base import Site
from jupyter_ades.runners.papermill import PapermillRunner

VALUES, OUTPUTS = "ades-inputs.json", "cwl.output.json"
PATH = "--path:"
#: What the file with a secret's own text is called.
SECRET = "ades-secret-"
PROCESS, NOTEBOOK = "ades-process", "ades-notebook"
#: The folder, in the tool's own, that is laid out as a job directory.
JOB = "ades-job"


def main(*words: str) -> int:
    """Run the notebook; the exit code."""
    paths: dict[str, list[str]] = defaultdict(list)
    for name, path in zip(words[::2], words[1::2], strict=True):
        paths[name.removeprefix(PATH)].append(path)
    told = json.loads(Path(paths[PROCESS][0]).read_bytes())
    process = msgspec.convert(told["process"], Process)
    job = JobDir(Path.cwd() / JOB)
    _lay_out(job, process, told["files"], Path(paths[NOTEBOOK][0]))
    runner = PapermillRunner()
    try:
        plan = runner.plan(process, job, Site(kernel_specs=_kernels))
    except AdesError as error:
        print(error.detail, file=sys.stderr)
        return 1
    job.write_plan(
        WorkOrder(
            job_id=job.root.name,
            process=process,
            plan=plan,
            fetch=FetchPolicy(user_folder=str(job.root)),
            results_folder="",
            created=datetime.now(UTC),
        )
    )
    staged = _staged(process, _values(process, Path(VALUES).read_text("utf-8")), paths)
    job.staged.write_text(json.dumps(staged), encoding="utf-8")
    runner.prepare(job, staged, process)
    lines = list(_lines(runner, plan.argv, {**os.environ, **plan.env}, job.work))
    code = int(lines.pop())
    if code != 0:
        print(runner.explain(job, code, lines), file=sys.stderr)
        return 1
    Path(OUTPUTS).write_text(json.dumps(runner.collect(job, process)), encoding="utf-8")
    return 0


def _lay_out(job: JobDir, process: Process, files: dict[str, str], notebook: Path) -> None:
    job.work.mkdir(parents=True)
    for name, text in files.items():
        path = job.package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(text))
    job.package.mkdir(exist_ok=True)
    shutil.copyfile(notebook, job.package / process.entry)


def _lines(
    runner: PapermillRunner, argv: Sequence[str], environment: dict[str, str], folder: Path
) -> Iterator[str]:
    """The program's lines, said as they come, steps in words; its exit code at last."""
    program = subprocess.Popen(
        argv,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    assert program.stdout is not None
    for line in program.stdout:
        step = runner.read_step(line.rstrip("\n"))
        text = f"{step.label}\n" if step else line
        print(text, end="", flush=True)
        yield text
    yield str(program.wait())


def _values(process: Process, text: str) -> dict[str, JSON]:
    """The inputs' values; engines put a secret in as it is, whatever JSON asks of a text."""
    for each in process.inputs:
        path = Path(f"{SECRET}{each.id}")
        if each.schema.get("writeOnly") and path.is_file():
            secret = path.read_text("utf-8")
            text = text.replace(f'"{secret}"', json.dumps(secret))
    values: dict[str, JSON] = json.loads(text)
    return values


def _staged(
    process: Process, values: dict[str, JSON], paths: Mapping[str, list[str]]
) -> dict[str, JSON]:
    """The inputs as a worker stages them in; what CWL has no value for is left out."""
    found = {}
    for each in process.inputs:
        if values.get(each.id) is not None:
            queue = iter(paths.get(each.id, []))
            found[each.id] = _located(values[each.id], each.schema, queue)
    return found


def _located(value: JSON, schema: JSON, paths: Iterator[str]) -> JSON:
    """A value with its files where they are, in their order."""
    if isinstance(value, list):
        return [_located(each, schema, paths) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get("class") not in ("File", "Directory"):
        return {key: _located(each, schema, paths) for key, each in value.items()}
    path = Path(next(paths)).resolve()
    if _is_item(schema):
        return {STAGED: "stac-item", "path": str(_item_in(path))}
    return {STAGED: value["class"].lower(), "path": str(path)}


def _is_item(schema: JSON) -> bool:
    """Whether the references of a schema are STAC items."""
    if isinstance(schema, list):
        return any(map(_is_item, schema))
    if not isinstance(schema, dict):
        return False
    return schema.get(STAGE_IN) == "stac-item" or _is_item(list(schema.values()))


def _item_in(folder: Path) -> Path:
    """The item of a folder with a catalog (OGC 20-089r1); the folder itself when it is none."""
    catalog: dict[str, Any] = json.loads((folder / "catalog.json").read_bytes())
    items = [link["href"] for link in catalog["links"] if link["rel"] == "item"]
    if len(items) != 1:
        raise SystemExit(f"{folder.name}: a catalog with one item is expected, it has {len(items)}")
    return Path(folder, items[0]).resolve()


def _kernels() -> dict[str, dict[str, Any]]:
    """The kernels that are installed where the tool runs."""
    from jupyter_client.kernelspec import KernelSpecManager

    found = KernelSpecManager().get_all_specs()
    return {
        name: {**each["spec"], "resource_dir": each["resource_dir"]} for name, each in found.items()
    }


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
