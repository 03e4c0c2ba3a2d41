"""What tests of staging in share: jobs to stage for, and documents."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from jupyter_ades.jobdir import JobDir
from jupyter_ades.orders import WorkOrder
from jupyter_ades.worker.stage_in import stage_in
from tests.worker.faulty_server import Site
from tests.worker.support import Bench

Staged = dict[str, Any]


def staged(order: WorkOrder, bench: Bench, job: str = "job", **inputs: Any) -> Staged:
    folder = bench.root / job
    folder.mkdir(exist_ok=True)
    return stage_in(replace(order, inputs=inputs), JobDir(folder), lambda *_: None)


def ref(kind: str, href: str, **more: Any) -> dict[str, Any]:
    return {"$stage-in": kind, "href": href, **more}


def item(name: str = "scene", **assets: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": name,
        "geometry": None,
        "properties": {"datetime": "2020-01-01T00:00:00Z"},
        "links": [],
        "assets": {
            key: asset if isinstance(asset, dict) else {"href": asset}
            for key, asset in assets.items()
        },
    }


def put(site: Site, path: str, document: Any) -> str:
    return site.put(path, json.dumps(document).encode())


def files(folder: str | Path) -> dict[str, bytes]:
    root = Path(folder)
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


def multihash(data: bytes) -> str:
    """SHA-256, of 32 bytes."""
    return f"1220{hashlib.sha256(data).hexdigest()}"
