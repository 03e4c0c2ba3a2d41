"""A world map in the notebook that needs no tiles and no network."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import anywidget
from traitlets import Bool, Float, List, TraitError, Unicode, validate

_HERE = files("jupyter_ades.client.panel")
_LAND = (_HERE / "land.svgpath").read_text("utf-8").strip()


class Map(anywidget.AnyWidget):  # type: ignore[misc]
    """Shows footprints; when it is editable, an area of interest is drawn by dragging."""

    _esm = (_HERE / "map.js").read_text("utf-8").replace("__LAND__", _LAND)
    _css = (_HERE / "map.css").read_text("utf-8")

    #: West, south, east, north in degrees; empty when nothing is drawn.
    bbox = List(Float()).tag(sync=True)
    #: GeoJSON geometries in degrees: points, polygons and multipolygons are shown.
    shapes: List[Any] = List().tag(sync=True)
    editable = Bool(False).tag(sync=True)
    #: What a screen reader says.
    label = Unicode("World map").tag(sync=True)

    @validate("bbox")
    def _validate_bbox(self, proposal: Any) -> list[float]:
        value: list[float] = proposal["value"]
        if value and len(value) != 4:
            raise TraitError("bbox: west, south, east and north are expected")
        return value
