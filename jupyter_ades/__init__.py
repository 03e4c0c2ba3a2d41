"""An ADES (OGC API - Processes) inside a Jupyter server."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    # Imported here: a kernel that imports this package has no use for the server half.
    from jupyter_ades.app import ADES

    return [{"module": "jupyter_ades", "app": ADES}]
