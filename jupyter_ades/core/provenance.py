"""How a job's results came to be, as W3C PROV-JSON by the ``prov`` library.

The job is an activity; it used its inputs and its package, generated its outputs, and was carried
out by this service for its user.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from jupyter_ades import __version__
from jupyter_ades.model import JSON, REFERENCE, Job, Process, plain_inputs
from jupyter_ades.orders import Results
from jupyter_ades.redaction import HIDDEN, is_hidden, without_secrets

#: Our own words: no document on the web stands behind them.
NAMESPACE = "https://schema.jupyter-ades.org/prov#"
#: Characters of a literal that is told as it is.
LONGEST = 1_000


def prov_json(
    job: Job,
    results: Results | None,
    address: Callable[[str], str],
    environments: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, JSON]:
    """The document; ``address`` makes one of a delivered file's path.

    ``environments`` are those that stood in for images, by image.
    """
    # Here, as it loads rdflib and more.
    from prov.model import ProvDocument

    document = ProvDocument()
    document.add_namespace("ades", NAMESPACE)
    activity = document.activity(
        f"ades:job-{job.id}",
        job.started,
        job.finished,
        [
            ("prov:label", f"Job {job.id}"),
            ("ades:status", str(job.status)),
            *([("ades:runner", job.request.runner)] if job.request.runner else []),
            *(
                ("ades:imageEnvironment", f"{image} -> {environments[image]}")
                for image in environments
            ),
        ],
    )
    process = job.process
    package = document.entity(
        f"ades:package-{process.digest[:16] or process.id}",
        {
            "prov:type": "prov:Plan",
            "prov:label": process.title or process.id,
            "ades:process": process.id,
            "ades:version": process.version or "0",
            "ades:sha256": process.digest,
        },
    )
    service = document.agent(
        "ades:jupyter_ades",
        {"prov:type": "prov:SoftwareAgent", "ades:version": __version__},
    )
    document.wasAssociatedWith(activity, service, package)
    document.used(activity, package)
    for name, said in _given(process, job.request.inputs):
        document.used(activity, document.entity(f"ades:input-{name}", said))
    for name, said in _left(results.outputs if results else {}, address):
        document.wasGeneratedBy(document.entity(f"ades:output-{name}", said), activity)
    text = document.serialize(format="json")
    parsed: dict[str, JSON] = json.loads(text)
    return parsed


def _given(process: Process, inputs: Mapping[str, JSON]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each input; a reference is where it was, a literal its value, a secret that it is one."""
    for name, value in inputs.items():
        if is_hidden(name, process):
            yield name, {"prov:label": name, "prov:value": HIDDEN}
            continue
        for suffix, each in _each(value):
            said = {"prov:label": name}
            if isinstance(each, dict) and REFERENCE in each and "href" in each:
                yield f"{name}{suffix}", {**said, "prov:location": without_secrets(each["href"])}
            else:
                shown = without_secrets(plain_inputs(each))
                yield f"{name}{suffix}", {**said, "prov:value": _text(shown)}


def _left(
    outputs: Mapping[str, JSON], address: Callable[[str], str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, value in outputs.items():
        for suffix, each in _each(value):
            said = {"prov:label": name}
            if isinstance(each, dict) and isinstance(each.get("href"), str):
                kind = {"ades:mediaType": each["type"]} if each.get("type") else {}
                yield f"{name}{suffix}", {**said, **kind, "prov:location": address(each["href"])}
            else:
                yield f"{name}{suffix}", {**said, "prov:value": _text(each)}


def _each(value: JSON) -> Iterator[tuple[str, JSON]]:
    """The items of a list of files, each on its own; anything else as it is."""
    if isinstance(value, list) and any(isinstance(each, dict) for each in value):
        yield from ((f"-{n}", each) for n, each in enumerate(value, start=1))
    else:
        yield "", value


def _text(value: JSON) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
