"""Make a small Sentinel-2-like scene: ten bands as COGs and the STAC item that describes them.

python make_scene.py FOLDER [--size 480] [--seed 4] [--base-url http://host/folder]
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from landscape import Landscape, make_landscape
from rasterio.warp import transform_bounds, transform_geom
from rasterio.windows import Window

ITEM_ID = "MADE_32TQQ_20240620_0_L2A"
EPSG = 32632
#: Easting and northing of the upper left corner in metres, on the grid of tile 32TQQ.
ORIGIN = (699960.0, 5000040.0)
#: Share of the scene's side that the cut corner (lower right, outside the swath) takes.
CORNER = 0.25
NODATA = 0
#: Side in pixels of the squares in which a band is made.
TILE = 512
Indices = npt.NDArray[np.int64]

COG_TYPE = "image/tiff; application=geotiff; profile=cloud-optimized"


@dataclass(frozen=True, kw_only=True)
class Band:
    """One band of the instrument."""

    name: str
    common_name: str
    #: Side of a pixel in metres.
    resolution: int
    #: Middle of the band in micrometres.
    wavelength: float


BANDS = tuple(
    Band(name=name, common_name=common_name, resolution=resolution, wavelength=wavelength)
    for name, common_name, resolution, wavelength in (
        ("B01", "coastal", 60, 0.443),
        ("B02", "blue", 10, 0.49),
        ("B03", "green", 10, 0.56),
        ("B04", "red", 10, 0.665),
        ("B05", "rededge", 20, 0.704),
        ("B08", "nir", 10, 0.842),
        ("B8A", "nir08", 20, 0.865),
        ("B09", "nir09", 60, 0.945),
        ("B11", "swir16", 20, 1.61),
        ("B12", "swir22", 20, 2.19),
    )
)

#: Squares of 120 m, by the offset of their upper left corner in metres (right, down): the cases
#: that a band calculation gets wrong. `None` means every band.
MARKS: tuple[tuple[int, int, int, str | None], ...] = (
    (600, 600, 500, None),  # all bands equal: a difference of two is 0
    (900, 600, 65535, None),  # saturated: a sum of two does not fit into uint16
    (1200, 600, NODATA, "B05"),  # a hole in one band only
)
MARK_SIDE = 120


def make_scene(
    folder: Path, *, size: int = 480, seed: int = 4, base_url: str | None = None
) -> Path:
    """Make the scene in `folder` and return the path of its STAC item.

    `size` is the scene's side in pixels of 10 m, a multiple of 6. The same seed and size give the
    same bytes. Hrefs of the assets are relative, or below `base_url` when it is given.
    """
    if size < 6 or size % 6:
        raise ValueError(f"size must be a multiple of 6, so that 20 m and 60 m fit; it is {size}")
    folder.mkdir(parents=True, exist_ok=True)
    landscape = make_landscape(seed, size * 10)
    for band in BANDS:
        write_band(folder / f"{band.name}.tif", band, landscape, size)
    path = folder / f"{ITEM_ID}.json"
    path.write_text(json.dumps(describe(size, base_url), indent=2) + "\n", encoding="utf-8")
    return path


def write_band(path: Path, band: Band, landscape: Landscape, size: int) -> None:
    """Write one band as a COG with overviews, square by square."""
    side = size * 10 // band.resolution
    profile = {"driver": "COG", "width": side, "height": side, "count": 1, "dtype": "uint16"}
    profile |= {"nodata": NODATA, "crs": f"EPSG:{EPSG}", "transform": grid(band.resolution)}
    # Small blocks give even a small scene two levels of overviews.
    layout = {"blocksize": 128 if size < 2048 else 512, "compress": "deflate", "predictor": "yes"}
    with rasterio.open(path, "w", **profile, **layout, overview_resampling="nearest") as dataset:
        for top, left in product(range(0, side, TILE), repeat=2):
            rows = np.arange(top, min(top + TILE, side))
            columns = np.arange(left, min(left + TILE, side))
            numbers = digitize(band, landscape, rows, columns, size * 10)
            dataset.write(numbers, 1, window=Window(left, top, columns.size, rows.size))


def digitize(
    band: Band, landscape: Landscape, rows: Indices, columns: Indices, extent: int
) -> npt.NDArray[np.uint16]:
    """The band's numbers there: reflectance x 10000, with the marks and the cut corner."""
    y, x = ((index + 0.5) * band.resolution for index in (rows, columns))
    numbers = np.clip(np.round(landscape.reflectance(band.name, y, x)), 1, 10000)
    for right, down, value, only in MARKS:
        if only in (None, band.name):
            inside_y = (y >= down) & (y < down + MARK_SIDE)
            inside_x = (x >= right) & (x < right + MARK_SIDE)
            numbers[np.ix_(inside_y, inside_x)] = value
    numbers[y[:, None] + x[None, :] > (2 - CORNER) * extent] = NODATA
    return numbers.astype(np.uint16)


def grid(resolution: int) -> rasterio.Affine:
    """The affine transform of the grid with this resolution in metres."""
    left, top = ORIGIN
    return rasterio.Affine(resolution, 0, left, 0, -resolution, top)


def describe(size: int, base_url: str | None) -> dict[str, Any]:
    """The scene's STAC 1.0 item, in the style of Element 84's sentinel-s2-l2a-cogs."""
    crs, extent = f"EPSG:{EPSG}", size * 10
    left, top = ORIGIN
    right, bottom, cut = left + extent, top - extent, CORNER * extent
    ring = [(left, top), (left, bottom), (right - cut, bottom), (right, bottom + cut), (right, top)]
    outline = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [
            "https://stac-extensions.github.io/eo/v1.1.0/schema.json",
            "https://stac-extensions.github.io/projection/v1.1.0/schema.json",
        ],
        "id": ITEM_ID,
        "bbox": list(transform_bounds(crs, "EPSG:4326", left, bottom, right, top)),
        "geometry": transform_geom(crs, "EPSG:4326", outline, precision=7),
        "properties": {
            "title": "A made scene in the style of Sentinel-2 L2A, not an observation",
            "datetime": "2024-06-20T10:10:31Z",
            "constellation": "sentinel-2",
            "instruments": ["msi"],
            "gsd": 10,
            "eo:cloud_cover": 0,
            "proj:epsg": EPSG,
        },
        "assets": {band.name: describe_band(band, size, base_url) for band in BANDS},
        "links": [],
    }


def describe_band(band: Band, size: int, base_url: str | None) -> dict[str, Any]:
    """The asset of one band in a STAC item."""
    name, side = f"{band.name}.tif", size * 10 // band.resolution
    return {
        "title": f"Band {band.name[1:].lstrip('0')} ({band.common_name})",
        "type": COG_TYPE,
        "href": f"{base_url.rstrip('/')}/{name}" if base_url else f"./{name}",
        "roles": ["data"],
        "gsd": band.resolution,
        "eo:bands": [
            {
                "name": band.name,
                "common_name": band.common_name,
                "center_wavelength": band.wavelength,
            }
        ],
        "proj:shape": [side, side],
        "proj:transform": list(grid(band.resolution)),
    }


def main() -> None:
    """The command: make a scene and print the path of its item."""
    parser = argparse.ArgumentParser(description="Make a small Sentinel-2-like scene.")
    parser.add_argument("folder", type=Path, help="where the COGs and the item go")
    parser.add_argument("--size", type=int, default=480, help="side in pixels of 10 m (480)")
    parser.add_argument("--seed", type=int, default=4, help="another seed, another landscape (4)")
    parser.add_argument("--base-url", help="make hrefs absolute, below this URL")
    given = parser.parse_args()
    try:
        path = make_scene(given.folder, size=given.size, seed=given.seed, base_url=given.base_url)
    except ValueError as error:
        parser.error(str(error))
    print(path)


if __name__ == "__main__":
    main()
