"""Inputs that name another job's results: ``ades:job/<id>[#output]``, or that job's own address.

All spellings become the first one when a request is checked; what it leads to is looked up when the
job is started, and told to the worker, which takes it from where it lies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from jupyter_ades.core.workspace import Workspace
from jupyter_ades.errors import AdesError, NoSuchFile, NoSuchJob, Problem, ResultNotReady
from jupyter_ades.model import JSON, REFERENCE, JobStatus
from jupyter_ades.orders import Chained

SCHEME = "ades:job/"
_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_HREF = re.compile(rf"{SCHEME}({_ID})(?:#(.*))?")
_ADDRESS = re.compile(rf"/jobs/({_ID})/results?/?(?:([^/?#]+)|#(.+))?")


@dataclass(frozen=True, kw_only=True)
class OwnJobs:
    """How a client spells the jobs of this workspace."""

    #: Addresses of the workspace's dialects, absolute and path-absolute.
    roots: tuple[str, ...] = ()

    def canonical(self, value: JSON) -> JSON:
        """Checked inputs with every reference to a job of this workspace in its one spelling."""
        if isinstance(value, list):
            return [self.canonical(each) for each in value]
        if not isinstance(value, dict):
            return value
        if REFERENCE in value and isinstance(value.get("href"), str):
            return {**value, "href": self._href(value["href"])}
        return {key: self.canonical(each) for key, each in value.items()}

    def _href(self, href: str) -> str:
        for root in self.roots:
            found = _ADDRESS.fullmatch(href[len(root) :]) if href.startswith(root) else None
            if found:
                output = unquote(found[2] or "") or found[3]
                return f"{SCHEME}{found[1]}" + (f"#{output}" if output else "")
        return href


def is_chained(href: str) -> bool:
    """Whether an href names a job's results."""
    return href.startswith(SCHEME)


def problems_of(value: JSON, workspace: Workspace, path: str = "inputs") -> Iterator[Problem]:
    """What is wrong with the references to jobs in checked inputs, each with its path."""
    for where, reference in _references(value, path):
        try:
            look_up(reference, workspace)
        except AdesError as error:
            yield Problem(path=where, detail=error.detail)


def chained(value: JSON, workspace: Workspace) -> dict[str, Chained]:
    """What the references to jobs in checked inputs lead to, by href; raises as look_up does."""
    return {
        reference["href"]: look_up(reference, workspace)
        for _, reference in _references(value, "inputs")
    }


def _references(value: JSON, path: str) -> Iterator[tuple[str, Mapping[str, JSON]]]:
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from _references(each, f"{path}[{number}]")
    elif isinstance(value, dict):
        if REFERENCE in value and is_chained(str(value.get("href"))):
            yield path, value
        for key, each in value.items():
            yield from _references(each, f"{path}.{key}")


def look_up(reference: Mapping[str, JSON], workspace: Workspace) -> Chained:
    """Where the results are that a reference names.

    Raises NoSuchJob, ResultNotReady for a job that is not successful, and NoSuchFile for an output
    that is not there or is no file.
    """
    href, kind = str(reference["href"]), reference[REFERENCE]
    found = _HREF.fullmatch(href)
    if found is None:
        raise NoSuchJob(f"'{href[:200]}' names no job; ades:job/<job id>#<output> is expected.")
    job = workspace.store.job(found[1])
    results = workspace.job_dir(job.id).read_results()
    if job.status is not JobStatus.SUCCESSFUL or results is None:
        raise ResultNotReady(
            f"Job {job.id} is {job.status}; only a successful job's results can be an input."
        )
    folder = f"wf-{job.id}"
    location = results.location or str(workspace.delivered(job.id, known=True).parent)
    links = _links(results.outputs, found[2], kind, href)
    return Chained(
        place=f"{location}/{folder}",
        hrefs=tuple(dict.fromkeys(each.removeprefix(f"{folder}/") for each in links)),
    )


def _links(outputs: Mapping[str, JSON], output: str | None, kind: str, href: str) -> list[str]:
    """The hrefs of an output, or of all, that may be a value of this kind."""
    if not output and kind != "file":
        return ["" if kind == "directory" else "catalog.json"]
    if output and output not in outputs:
        raise NoSuchFile(f"{href}: that job's outputs are {', '.join(outputs) or 'none'}.")
    links = list(_hrefs(outputs[output] if output else list(outputs.values())))
    files = [each for each in links if kind != "file" or not each.endswith("/")]
    if not files:
        raise NoSuchFile(f"{href}: that is no {'file' if kind == 'file' else 'file or folder'}.")
    return files


def _hrefs(value: JSON) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _hrefs(each)
    elif isinstance(value, dict):
        if isinstance(value.get("href"), str):
            yield value["href"]
        else:
            yield from _hrefs(list(value.values()))
