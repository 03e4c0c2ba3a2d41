"""The panel of ipywidgets: ``jupyter_ades.Panel``."""

from __future__ import annotations

from jupyter_ades.client.panel.panel import Panel

__all__ = ["Panel"]
