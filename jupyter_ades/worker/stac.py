"""The STAC catalog of a job: one item per item of the package's own, one for all other files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pystac

from jupyter_ades.model import JSON
from jupyter_ades.orders import WorkOrder
from jupyter_ades.worker.delivery import Placed
from jupyter_ades.worker.media import GEOTIFF, roles
from jupyter_ades.worker.own_catalog import CATALOG
from jupyter_ades.worker.provenance import add_provenance
from jupyter_ades.worker.raster import Raster, read_raster

PROJECTION = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"
RASTER = "https://stac-extensions.github.io/raster/v2.0.0/schema.json"
_TIFFS = (GEOTIFF, "image/tiff")

Bbox = tuple[float, float, float, float]


@dataclass(kw_only=True)
class OwnItem:
    """An item of the package's own catalog, and where it goes."""

    item: pystac.Item
    #: Path of its JSON in the delivered folder.
    target: str
    #: Asset key to its file; assets elsewhere are not in here.
    files: dict[str, Placed] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class About:
    """What items are told that files do not say."""

    order: WorkOrder
    #: Properties that each item gets.
    provenance: Mapping[str, JSON]
    #: Times of the source items, else when the job began: for files that carry none.
    times: Sequence[datetime]
    #: URLs of the STAC objects that the job was given.
    sources: Sequence[str]


def job_item_name(job_id: str) -> str:
    """The path of the job's own item in the delivered folder."""
    return f"{job_id}.json"


def write_catalog(
    folder: Path, files: Sequence[Placed], own: Sequence[OwnItem], about: About
) -> None:
    """Write the items and then ``catalog.json`` beside the files that are in the folder already."""
    job_id = about.order.job_id
    catalog = _catalog(about.order)
    targets = {}
    for each in own:
        _complete(each, folder)
        targets[each.target] = each.item
    taken = {placed.target for each in own for placed in each.files.values()}
    rest = [placed for placed in files if placed.target not in taken]
    if rest or not own:
        targets[job_item_name(job_id)] = _job_item(rest, folder, about)
    for item in targets.values():
        add_provenance(item, about.provenance)
        _add_sources(item, about.sources)
        catalog.add_item(item)
    catalog.set_self_href(str(folder / CATALOG))
    for target, item in targets.items():
        item.set_self_href(str(folder / target))
    catalog.save(pystac.CatalogType.SELF_CONTAINED)


def _catalog(order: WorkOrder) -> pystac.Catalog:
    process = order.process
    title = process.title or process.id
    return pystac.Catalog(
        id=f"wf-{order.job_id}",
        title=title,
        description=process.description or f"Results of {title}, job {order.job_id}.",
    )


def _add_sources(item: pystac.Item, sources: Iterable[str]) -> None:
    known = {link.get_href() for link in item.get_links("derived_from")}
    for href in sources:
        if href not in known:
            item.add_link(pystac.Link("derived_from", href, media_type="application/json"))


# the job's own item


def _job_item(files: Sequence[Placed], folder: Path, about: About) -> pystac.Item:
    rasters = {placed.target: _raster(placed, folder) for placed in files}
    found = [raster for raster in rasters.values() if raster]
    times = sorted({raster.datetime for raster in found if raster.datetime} or {*about.times})
    item = pystac.Item(
        id=about.order.job_id,
        geometry=_geometry(found),
        bbox=_bbox(found),
        datetime=times[0] if len(times) == 1 else None,
        start_datetime=times[0] if len(times) > 1 else None,
        end_datetime=times[-1] if len(times) > 1 else None,
        properties={"title": about.order.process.title or about.order.process.id},
    )
    titles = {each.id: each.title for each in about.order.process.outputs}
    for placed in files:
        asset = _asset(placed, placed.title or titles.get(placed.output) or placed.output)
        _describe(asset, rasters[placed.target])
        item.add_asset(_key(placed.target, item.assets), asset)
    _declare(item)
    return item


def _asset(placed: Placed, title: str) -> pystac.Asset:
    kind = placed.media_type
    return pystac.Asset(
        href=f"./{placed.target}", title=title, media_type=kind, roles=roles(placed.target, kind)
    )


def _key(target: str, taken: Mapping[str, pystac.Asset]) -> str:
    """The file's name without its ending where that is its alone."""
    stem = Path(target).stem
    return target if stem in taken else stem


def _raster(placed: Placed, folder: Path) -> Raster | None:
    if not placed.media_type.startswith(_TIFFS):
        return None
    return read_raster(folder / placed.target)


def _describe(asset: pystac.Asset, raster: Raster | None) -> None:
    if raster:
        asset.media_type = raster.media_type
        asset.extra_fields |= raster.fields


def _declare(item: pystac.Item) -> None:
    """List the extensions whose fields the assets have."""
    fields = [asset.extra_fields for asset in item.assets.values()]
    bands = [band for each in fields for band in each.get("bands", [])]
    for extension, prefix, places in ((PROJECTION, "proj:", fields), (RASTER, "raster:", bands)):
        used = any(key.startswith(prefix) for place in places for key in place)
        if used and extension not in item.stac_extensions:
            item.stac_extensions.append(extension)


def _geometry(rasters: Sequence[Raster]) -> dict[str, JSON] | None:
    """All footprints, each once."""
    footprints: list[dict[str, JSON]] = []
    for raster in rasters:
        if raster.footprint and raster.footprint not in footprints:
            footprints.append(raster.footprint)
    if len(footprints) < 2:
        return footprints[0] if footprints else None
    polygons = [
        polygon
        for each in footprints
        for polygon in ([each["coordinates"]] if each["type"] == "Polygon" else each["coordinates"])
    ]
    return {"type": "MultiPolygon", "coordinates": polygons}


def _bbox(rasters: Sequence[Raster]) -> list[float] | None:
    boxes = {raster.bbox for raster in rasters if raster.bbox}
    if len(boxes) < 2:
        return list(boxes.pop()) if boxes else None
    crossing = any(west > east for west, _, east, _ in boxes)
    wests, souths, easts, norths = zip(*boxes, strict=True)
    west, east = (-180.0, 180.0) if crossing else (min(wests), max(easts))
    return [west, min(souths), east, max(norths)]


# the package's own items


def _complete(own: OwnItem, folder: Path) -> None:
    """Say of an item's files what the package did not say; what it said stays."""
    item = own.item
    silent = not any("/projection/" in each or "/raster/" in each for each in item.stac_extensions)
    rasters = []
    for key, placed in own.files.items():
        asset = item.assets[key]
        asset.href = "./" + os.path.relpath(placed.target, os.path.dirname(own.target) or ".")
        raster = _raster(placed, folder) if silent or item.geometry is None else None
        rasters += [raster] if raster else []
        if silent and not asset.extra_fields.keys() & {"bands", "raster:bands", "eo:bands"}:
            kind = asset.media_type
            _describe(asset, raster)
            asset.media_type = kind or asset.media_type
        asset.media_type = asset.media_type or placed.media_type
        asset.roles = asset.roles or roles(placed.target, asset.media_type)
    if silent:
        _declare(item)
    if item.geometry is None:
        item.geometry, item.bbox = _geometry(rasters), _bbox(rasters)
