"""How a result came to be, as properties of a STAC item.

Of the `processing extension <https://github.com/stac-extensions/processing>`_ (1.2):

* ``processing:lineage``: a sentence with the process and the job
* ``processing:version``: the process's version, where it has one
* ``processing:datetime``: when the command ended
* ``processing:software``: name to version of this service, its runner and Python

Our own, which no extension has a word for:

* ``ades:process``, ``ades:process_version``, ``ades:package``: process id, version, and sha256 of
  the package as it was deployed
* ``ades:job``: job id
* ``ades:inputs``: the inputs as the user gave them, references as ``{"href": ...}``
* ``ades:accepted``, ``ades:started``, ``ades:finished``: times in UTC

What an item already says of its processing stays, unless an earlier job of ours said it. Nothing
secret is written: credentials and query strings of URLs, inputs that the package declares secret
(``writeOnly``) and those whose name says so are left out; the job's own request keeps them.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from jupyter_ades import __version__
from jupyter_ades.model import JSON, Process
from jupyter_ades.orders import WorkOrder
from jupyter_ades.redaction import shown_inputs

EXTENSION = "https://stac-extensions.github.io/processing/v1.2.0/schema.json"
_ANY_VERSION = "https://stac-extensions.github.io/processing/"


def provenance(order: WorkOrder, started: datetime, finished: datetime) -> dict[str, JSON]:
    """The properties that every item of a job gets."""
    process = order.process
    said: dict[str, JSON] = {
        "processing:lineage": _lineage(process, order.job_id),
        "processing:datetime": utc(finished),
        "processing:software": _software(order.plan.runner),
        "ades:process": process.id,
        "ades:package": process.digest,
        "ades:job": order.job_id,
        "ades:inputs": shown_inputs(process, order.inputs),
        "ades:accepted": utc(order.created),
        "ades:started": utc(started),
        "ades:finished": utc(finished),
    }
    if process.version:
        said |= {"processing:version": process.version, "ades:process_version": process.version}
    return said


def add_provenance(item: Any, said: Mapping[str, JSON]) -> None:
    """Complete a pystac item's properties and its list of extensions."""
    kept = {} if "ades:job" in item.properties else _own(item.properties)
    software = {**said["processing:software"], **kept.pop("processing:software", {})}
    item.properties |= {**said, **kept, "processing:software": software}
    others = [each for each in item.stac_extensions if not each.startswith(_ANY_VERSION)]
    item.stac_extensions = [*others, EXTENSION]


def _own(properties: Mapping[str, JSON]) -> dict[str, JSON]:
    own = {key: value for key, value in properties.items() if key.startswith("processing:")}
    if not isinstance(own.get("processing:software", {}), dict):
        del own["processing:software"]
    return own


def utc(moment: datetime) -> str:
    """An aware UTC time in RFC 3339 with a Z."""
    return moment.isoformat().replace("+00:00", "Z")


def _lineage(process: Process, job_id: str) -> str:
    title = f" ({process.title})" if process.title and process.title != process.id else ""
    return f"Made by the process {process.id}{title} as job {job_id}."


def _software(runner: str) -> dict[str, str]:
    software = {"jupyter_ades": __version__, "Python": platform.python_version()}
    with suppress(PackageNotFoundError, ValueError):
        software[runner] = _version(runner)
    return software


#: Reading it takes milliseconds, which workers that are forked have behind them.
_version = cache(version)


def know_version(runner: str) -> None:
    """Look up the version of a runner's package, if it has one."""
    with suppress(PackageNotFoundError, ValueError):
        _version(runner)
