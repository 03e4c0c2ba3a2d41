"""Stands in for ``jupyter_ades.worker.stage_out`` in workers that tests start.

Copies what it is given and notes what it was called with, so that a test of the worker needs no
STAC, no raster library, and sees exactly what was handed over.
"""

from __future__ import annotations

import json
import shutil
import sys
import types
from pathlib import Path
from typing import Any


def _folder(order: Any) -> Path:
    return Path(order.results_folder, f"wf-{order.job_id}")


def _copy(order: Any, outputs: dict[str, Any]) -> dict[str, Any]:
    folder = _folder(order)
    folder.mkdir(parents=True, exist_ok=True)

    def one(value: Any) -> Any:
        if isinstance(value, list):
            return [one(item) for item in value]
        if not isinstance(value, dict) or value.get("class") not in ("File", "Directory"):
            return value
        source = Path(value["path"])
        target = folder / value.get("relative", source.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copy(source, target)
        return {"href": f"{folder.name}/{target.relative_to(folder)}"}

    return {name: one(value) for name, value in outputs.items()}


def deliver(
    order: Any, outputs: Any, *, started: Any, finished: Any, tell: Any, scratch: Any, staged: Any
) -> Any:
    """Copy, and say so."""
    from jupyter_ades.orders import Results

    assert started <= finished
    assert staged.keys() == order.inputs.keys()
    tell(0, 1, "first")
    given = _copy(order, outputs)
    if order.inputs.get("break_delivery"):
        raise OSError("no space")
    (_folder(order) / "catalog.json").write_text(json.dumps({}))
    tell(1, 1, "catalog.json")
    return Results(outputs=given, catalog=f"wf-{order.job_id}/catalog.json")


def deliver_failed(order: Any, outputs: Any, scratch: Any) -> Any:
    """Copy, without a catalog."""
    from jupyter_ades.orders import Results

    return Results(outputs=_copy(order, outputs))


def discard(order: Any, scratch: Any) -> None:
    """Remove."""
    shutil.rmtree(_folder(order), ignore_errors=True)


def _install() -> None:
    module = types.ModuleType("jupyter_ades.worker.stage_out")
    module.deliver, module.deliver_failed, module.discard = deliver, deliver_failed, discard
    sys.modules[module.__name__] = module


_install()
