"""What a GeoTIFF says of itself, as STAC 1.1 fields (projection 2.0, raster 2.0).

Why not rio-stac: it writes the fields of STAC 1.0, gives a file without georeference the whole
world as its bbox, a file without valid pixels a mean of 0, does not read the TIFF date format, and
falls back to the time of reading.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from jupyter_ades.model import JSON
from jupyter_ades.worker import gdal
from jupyter_ades.worker.media import COG, GEOTIFF, TIFF

log = logging.getLogger(__name__)

#: Pixels along the longer side that statistics are computed from.
SAMPLE = 1024
#: Points along each edge of a footprint.
POINTS = 8
_DATA_TYPES = {"complex64": "cfloat32", "complex128": "cfloat64", "complex_int16": "cint16"}


@dataclass(frozen=True, kw_only=True)
class Raster:
    """A GeoTIFF's description."""

    media_type: str
    #: West, south, east, north in degrees; None without georeference.
    bbox: tuple[float, float, float, float] | None = None
    #: GeoJSON in degrees.
    footprint: dict[str, JSON] | None = None
    datetime: datetime | None = None
    #: ``proj:*`` and ``bands`` of the asset.
    fields: dict[str, JSON] = field(default_factory=dict)


def read_raster(path: Path) -> Raster | None:
    """Read a file's header and a sample of its pixels; None when that cannot be done."""
    if gdal.rasterio() is None:
        return None
    try:
        with gdal.opened(path, "GTiff") as dataset:
            return _describe(dataset)
    except gdal.rasterio().errors.RasterioError as error:
        log.warning("%s is delivered as a plain file: %s", path.name, error)
        return None


def _describe(dataset: Any) -> Raster:
    bbox = _bbox(dataset)
    return Raster(
        media_type=_media_type(dataset),
        bbox=bbox,
        footprint=_footprint(dataset, bbox) if bbox else None,
        datetime=_datetime(dataset),
        fields={**_projection(dataset), "bands": [_band(dataset, i) for i in dataset.indexes]},
    )


def _media_type(dataset: Any) -> str:
    if dataset.crs is None:
        return TIFF
    layout = dataset.tags(ns="IMAGE_STRUCTURE").get("LAYOUT")
    return COG if layout == "COG" else GEOTIFF


# place


def _bbox(dataset: Any) -> tuple[float, float, float, float] | None:
    """West is greater than east where the dateline is crossed (RFC 7946, 5.2)."""
    if dataset.crs is None or dataset.transform.is_identity:
        return None
    from rasterio.errors import CRSError
    from rasterio.warp import transform_bounds

    try:
        bounds = transform_bounds(dataset.crs, "EPSG:4326", *dataset.bounds, densify_pts=21)
    except (CRSError, ValueError):
        return None
    west, south, east, north = (float(value) for value in bounds)
    if not all(map(math.isfinite, (west, south, east, north))):
        return None
    return max(west, -180.0), max(south, -90.0), min(east, 180.0), min(north, 90.0)


def _footprint(dataset: Any, bbox: tuple[float, float, float, float]) -> dict[str, JSON]:
    west, south, east, north = bbox
    if west > east:
        halves = [_box(west, south, 180.0, north), _box(-180.0, south, east, north)]
        return {"type": "MultiPolygon", "coordinates": [[ring] for ring in halves]}
    from rasterio.warp import transform

    outline = _outline(*dataset.bounds)
    xs, ys = transform(dataset.crs, "EPSG:4326", *zip(*outline, strict=True))
    ring = [[float(x), float(y)] for x, y in zip(xs, ys, strict=True)]
    if not all(math.isfinite(value) for point in ring for value in point):
        ring = _box(*bbox)
    return {"type": "Polygon", "coordinates": [ring]}


def _outline(west: float, south: float, east: float, north: float) -> list[tuple[float, float]]:
    """The edges as points, counter-clockwise and closed: straight ones may be curves in degrees."""
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    points = [
        (x0 + (x1 - x0) * i / POINTS, y0 + (y1 - y0) * i / POINTS)
        for (x0, y0), (x1, y1) in pairwise(corners)
        for i in range(POINTS)
    ]
    return [*points, corners[0]]


def _box(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def _projection(dataset: Any) -> dict[str, JSON]:
    if dataset.crs is None:
        return {}
    authority = dataset.crs.to_authority()
    crs: dict[str, JSON] = (
        {"proj:code": ":".join(authority)} if authority else {"proj:wkt2": dataset.crs.to_wkt()}
    )
    return {
        **crs,
        "proj:bbox": [float(value) for value in dataset.bounds],
        "proj:shape": [dataset.height, dataset.width],
        "proj:transform": [float(value) for value in dataset.transform[:6]],
    }


# time


def _datetime(dataset: Any) -> datetime | None:
    """When it was acquired, as GDAL's imagery domain says, or the TIFF's own time, in UTC."""
    acquired = dataset.tags(ns="IMAGERY").get("ACQUISITIONDATETIME")
    if acquired:
        try:
            found = datetime.fromisoformat(acquired.strip())
        except ValueError:
            return None
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    try:
        written = dataset.tags().get("TIFFTAG_DATETIME", "").strip()
        return datetime.strptime(written, "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


# bands


def _band(dataset: Any, index: int) -> dict[str, JSON]:
    i = index - 1
    kind = dataset.dtypes[i]
    band: dict[str, JSON] = {
        "name": dataset.descriptions[i] or f"b{index}",
        "data_type": _DATA_TYPES.get(kind, kind),
    }
    if dataset.nodatavals[i] is not None:
        band["nodata"] = _number(dataset.nodatavals[i])
    if dataset.units[i]:
        band["unit"] = dataset.units[i]
    band |= _scaling(dataset, i)
    statistics = {} if kind.startswith("complex") else _statistics(dataset, index)
    return {**band, "statistics": statistics} if statistics else band


def _scaling(dataset: Any, i: int) -> dict[str, JSON]:
    found: dict[str, JSON] = {}
    sampling = dataset.tags().get("AREA_OR_POINT", "").lower()
    if sampling in ("area", "point"):
        found["raster:sampling"] = sampling
    if dataset.scales[i] != 1:
        found["raster:scale"] = float(dataset.scales[i])
    if dataset.offsets[i] != 0:
        found["raster:offset"] = float(dataset.offsets[i])
    if dataset.crs is not None and dataset.crs.is_projected:
        metres = dataset.crs.linear_units_factor[1]
        found["raster:spatial_resolution"] = float(abs(dataset.transform.a)) * metres
    return found


def _number(value: float) -> JSON:
    """A number as STAC's nodata has it: JSON knows no NaN and no infinity."""
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return int(value) if float(value).is_integer() and abs(value) < 2**53 else float(value)


def _statistics(dataset: Any, index: int) -> dict[str, JSON]:
    """Of the valid pixels of a sample, an overview where there is one; empty for a huge band."""
    import numpy

    if not gdal.is_quick(dataset):
        return {}
    shape = gdal.sample_shape(dataset.height, dataset.width, SAMPLE)
    pixels = dataset.read(index, out_shape=shape, masked=True)
    values = pixels.compressed().astype("float64")
    values = values[numpy.isfinite(values)]
    share = {"valid_percent": round(100 * values.size / pixels.size, 6)}
    if not values.size:
        return {**share}
    return {
        "minimum": float(values.min()),
        "maximum": float(values.max()),
        "mean": float(values.mean()),
        "stddev": float(values.std()),
        **share,
    }
