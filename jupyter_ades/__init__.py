"""An ADES (OGC API - Processes) inside a Jupyter server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_ades.client import AsyncClient as AsyncClient
    from jupyter_ades.client import Client as Client
    from jupyter_ades.client.panel import Panel as Panel
    from jupyter_ades.giving import give_outputs as give_outputs

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """``Client``, ``AsyncClient``, ``Panel`` and ``give_outputs``, imported when asked for."""
    if name in ("Client", "AsyncClient"):
        from jupyter_ades import client

        return getattr(client, name)
    if name == "Panel":
        from jupyter_ades.client import panel

        return panel.Panel
    if name == "give_outputs":
        from jupyter_ades import giving

        return giving.give_outputs
    raise AttributeError(f"module 'jupyter_ades' has no attribute {name!r}")


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext jupyter_ades``: the ``%ades`` magics."""
    from jupyter_ades.client.magics import load

    load(shell)


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    # Imported here: a kernel that imports this package has no use for the server half.
    from jupyter_ades.app import ADES

    return [{"module": "jupyter_ades", "app": ADES}]
