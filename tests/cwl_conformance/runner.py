#!/usr/bin/env python3
"""Runs one CWL test through a Jupyter server with the extension, over HTTP, for ``cwltest``.

``runner.py --outdir=DIR --quiet TOOL[#id] [JOB]`` deploys TOOL by its path, executes it with JOB's
inputs, fetches the outputs into DIR and prints the CWL output object. Exit code 0, 1 when something
failed, 33 for what is not supported. ``ADES_CWL_URL`` is the address of a workspace in the wps3
dialect, ``ADES_CWL_TOKEN`` the server's token; the server's root folder holds TOOL and JOB. Without
them a server is started for this one test.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from schema_salad.utils import yaml_no_ts

URL, TOKEN = "ADES_CWL_URL", "ADES_CWL_TOKEN"
UNSUPPORTED = 33
#: Words of the service for what it does not do, here or at all.
_UNSUPPORTED = re.compile(r"unsupported|requires a container", re.IGNORECASE)
#: Keys of a job order that are about the job and no inputs.
_OF_THE_JOB = ("cwl:requirements",)
#: Seconds between two looks at a job.
_LOOK = 0.1


class Failed(Exception):
    """The service refused a request, or a job failed."""


class Service:
    """A workspace of the server."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url, token

    def run(self, tool: str, job: Path | None, outdir: Path) -> Any:
        """The output object of a tool with a job order."""
        process = f"cwl-{uuid.uuid4()}"
        unit = {"href": tool, "type": "application/cwl"}
        name = {"process": {"id": process}}
        self.send("POST", "processes", {"executionUnit": unit, "processDescription": name})
        try:
            known = self.send("GET", f"processes/{process}")["inputs"]
            inputs = read_inputs(job, set(known)) if job else {}
            job_id = self.send("POST", f"processes/{process}/jobs", {"inputs": inputs})["jobID"]
        finally:
            self.send("DELETE", f"processes/{process}")
        self.wait(job_id)
        outputs = self.send("GET", f"jobs/{job_id}/outputs")
        return Outdir(outdir, self).fetch(outputs)

    def wait(self, job_id: str) -> None:
        """Wait for the job's end; raises Failed with its message."""
        while (status := self.send("GET", f"jobs/{job_id}"))["status"] in ("accepted", "running"):
            time.sleep(_LOOK)
        if status["status"] != "successful":
            raise Failed(status["message"])

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON that a request is answered with; raises Failed with a refusal's reason."""
        data = None if body is None else json.dumps(body).encode()
        try:
            with self.open(f"{self._url}/{path}", method, data) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            document = error.read().decode(errors="replace")
            raise Failed(_detail(document) or f"{error.code}: {document}") from error
        return json.loads(text) if text else None

    def open(self, url: str, method: str = "GET", data: bytes | None = None) -> Any:
        """An answer to be read."""
        headers = {"Authorization": f"token {self._token}", "Content-Type": "application/json"}
        return urllib.request.urlopen(
            urllib.request.Request(url, data, headers, method=method), timeout=600
        )


def _detail(document: str) -> str:
    try:
        return str(json.loads(document)["detail"])
    except (ValueError, KeyError, TypeError):
        return ""


def read_inputs(job: Path, known: set[str]) -> dict[str, Any]:
    """A job order as a request; keys that the process does not have are left out, as CWL does."""
    order = yaml_no_ts().load(job.read_text(encoding="utf-8")) or {}
    kept = {key: value for key, value in order.items() if key in known or key in _OF_THE_JOB}
    left = sorted(set(order) - set(kept))
    if left:
        print(f"not an input: {', '.join(left)}", file=sys.stderr)
    inputs: dict[str, Any] = absolute(kept, job.resolve().parent)
    return inputs


def absolute(value: Any, folder: Path) -> Any:
    """A value with the place of each file and folder in it as an absolute path, or on the web."""
    if isinstance(value, list):
        return [absolute(each, folder) for each in value]
    if not isinstance(value, dict):
        return value
    found = {key: absolute(each, folder) for key, each in value.items()}
    if value.get("class") in ("File", "Directory"):
        place = found.pop("location", None) or found.pop("path", None)
        if place:
            found["location"] = _place(str(place), folder)
    return found


def _place(location: str, folder: Path) -> str:
    parts = urlsplit(location)
    if parts.scheme in ("http", "https"):
        return location
    path = unquote(parts.path if parts.scheme == "file" else location)
    return str(folder / path)


class Outdir:
    """The folder that outputs are fetched into, under their own names."""

    def __init__(self, folder: Path, service: Service) -> None:
        self._folder, self._service = folder, service

    def fetch(self, outputs: dict[str, Any]) -> dict[str, Any]:
        """The outputs with local paths."""
        return {name: self._take(value, self._folder) for name, value in outputs.items()}

    def _take(self, value: Any, folder: Path) -> Any:
        if isinstance(value, list):
            return [self._take(each, folder) for each in value]
        if not isinstance(value, dict):
            return value
        if value.get("class") in ("File", "Directory"):
            return self._entry(value, _free(folder, value["basename"]))
        return {key: self._take(each, folder) for key, each in value.items()}

    def _entry(self, value: dict[str, Any], path: Path) -> dict[str, Any]:
        path.parent.mkdir(parents=True, exist_ok=True)
        found = {**value, "path": str(path), "location": path.as_uri()}
        if value["class"] == "Directory":
            path.mkdir()
            found["listing"] = [self._take(each, path) for each in value["listing"]]
            return found
        with self._service.open(value["location"]) as answer, open(path, "wb") as file:
            shutil.copyfileobj(answer, file)
        if "secondaryFiles" in value:
            found["secondaryFiles"] = self._take(value["secondaryFiles"], path.parent)
        return found


def _free(folder: Path, name: str) -> Path:
    """A place for a file of this name: in a folder of its own when there is one already."""
    path, number = folder / name, 1
    while path.exists():
        number += 1
        path = folder / str(number) / name
    return path


def main(arguments: list[str]) -> int:
    """Run one test; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outdir", type=Path, default=Path("."))
    parser.add_argument("--quiet", action="store_true", help="Accepted; nothing more is said.")
    parser.add_argument("tool", help="A CWL document, with #id for one process of it.")
    parser.add_argument("job", type=Path, nargs="?", help="The job order, YAML or JSON.")
    given = parser.parse_args(arguments)
    try:
        outputs = _run(_tool(given.tool), given.job, given.outdir.resolve())
    except Failed as error:
        print(error, file=sys.stderr)
        return UNSUPPORTED if _UNSUPPORTED.search(str(error)) else 1
    json.dump(outputs, sys.stdout, indent=4)
    return 0


def _tool(text: str) -> str:
    path, sharp, name = text.partition("#")
    return text if "://" in path else f"{Path(path).resolve()}{sharp}{name}"


def _run(tool: str, job: Path | None, outdir: Path) -> Any:
    if URL in os.environ:
        return Service(os.environ[URL], os.environ.get(TOKEN, "")).run(tool, job, outdir)
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from tests.cwl_conformance.serving import serving

    above = [str(each) for each in (Path(tool.partition("#")[0]).parent, job and job.resolve())]
    with serving(Path(os.path.commonpath([each for each in above if each != "None"]))) as variables:
        return Service(variables[URL], variables[TOKEN]).run(tool, job, outdir)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
