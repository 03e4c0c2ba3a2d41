"""A small picture of what a job made, for lists and pages: ``quicklook.png`` in its directory.

It is drawn here, in the worker, so that the server never needs a raster library.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from jupyter_ades.model import JSON
from jupyter_ades.worker import gdal
from jupyter_ades.worker.delivery import files_in
from jupyter_ades.worker.media import media_type

log = logging.getLogger(__name__)

#: Pixels of the longer side.
SIZE = 512
#: Files that are tried.
TRIES = 20
#: Per cent of the valid pixels that the stretch leaves out at either end.
TAIL = 2.0
DRIVERS = {"image/tiff": "GTiff", "image/png": "PNG", "image/jpeg": "JPEG"}
#: What people call a file that is there to be looked at.
VISUAL = ("visual", "tci", "rgb", "quicklook", "overview", "preview", "thumbnail")
#: Colour interpretations, and band names, in the order of a picture.
COLOURS = (("red", "green", "blue"), ("b04", "b03", "b02"))


def draw_quicklook(outputs: Mapping[str, JSON], target: Path) -> None:
    """Draw the first output that can be shown; nothing is written, and said why, when none can.

    ``outputs`` are CWL's File and Directory objects by output id, as a runner collects them. Files
    that say that they are for looking come first, then rasters, then pictures.
    """
    found = sorted(_shown(list(outputs.values())), key=_rank)
    if not found or gdal.rasterio() is None:
        return
    for path, driver in islice(found, TRIES):
        try:
            with gdal.opened(path, driver) as dataset:
                if not gdal.is_quick(dataset):
                    log.info("%s is too large for a quicklook: it has no overviews", path.name)
                    continue
                _write(target, _pixels(dataset))
                return
        except (gdal.rasterio().errors.RasterioError, OSError, ValueError) as error:
            log.info("%s gives no quicklook: %s", path.name, error)


def _rank(file: tuple[Path, str]) -> tuple[bool, bool]:
    path, driver = file
    return not any(word in path.name.lower() for word in VISUAL), driver != "GTiff"


def _shown(value: JSON) -> Iterator[tuple[Path, str]]:
    """Every file in output values that a driver may read, with the driver's name."""
    if isinstance(value, list):
        for each in value:
            yield from _shown(each)
    elif isinstance(value, dict) and isinstance(value.get("path"), str):
        path = Path(value["path"])
        is_folder = value.get("class") == "Directory" and path.is_dir()
        for file in files_in(path) if is_folder else [path]:
            kind = media_type(file.name, {} if is_folder else value).partition(";")[0]
            if kind in DRIVERS:
                yield file, DRIVERS[kind]
    elif isinstance(value, dict):
        yield from _shown(list(value.values()))


def _pixels(dataset: Any) -> Any:
    """Red, green, blue and alpha of a sample: an array of shape (4, rows, columns) of bytes."""
    import numpy

    shape = gdal.sample_shape(dataset.height, dataset.width, SIZE)
    bands = _bands(dataset)
    sample = dataset.read(bands, out_shape=(len(bands), *shape), masked=True)
    if sample.dtype.kind == "c":
        sample = abs(sample)
    sample = numpy.ma.masked_invalid(sample.astype("float64"))
    alpha = numpy.where(numpy.ma.getmaskarray(sample).any(axis=0), 0, 255)
    palette = _palette(dataset)
    if palette is not None:
        red_green_blue = palette[sample[0].filled(0).astype("uint8")].transpose(2, 0, 1)
    else:
        as_they_are = dataset.dtypes[0] == "uint8" and len(bands) == 3
        layers = [each.filled(0) if as_they_are else _stretched(each) for each in sample]
        red_green_blue = numpy.stack((layers * 3)[:3])
    return numpy.concatenate([red_green_blue, alpha[None]]).round().astype("uint8")


def _bands(dataset: Any) -> list[int]:
    """The bands that make red, green and blue, or the one that is grey."""
    interpretations = [each.name.lower() for each in dataset.colorinterp]
    names = [(each or "").lower() for each in dataset.descriptions]
    for known in (interpretations, names):
        for colours in COLOURS:
            if set(colours) <= set(known):
                return [known.index(each) + 1 for each in colours]
    return [1]


def _palette(dataset: Any) -> Any:
    """The first band's colours, shape (256, 3); None when it has none."""
    import numpy

    try:
        colours = dataset.colormap(1)
    except ValueError:
        return None
    return numpy.array([colours.get(value, (0, 0, 0, 0))[:3] for value in range(256)])


def _stretched(layer: Any) -> Any:
    """Values to 0..255, so that all but the tails of the valid ones differ."""
    import numpy

    valid = layer.compressed()
    if not valid.size:
        return layer.filled(0)
    low, high = numpy.percentile(valid, (TAIL, 100 - TAIL))
    spread = high - low or 1.0
    return numpy.clip((layer.filled(low) - low) / spread, 0, 1) * 255


def _write(target: Path, pixels: Any) -> None:
    _, height, width = pixels.shape
    profile = {"driver": "PNG", "count": 4, "dtype": "uint8", "height": height, "width": width}
    with gdal.rasterio().MemoryFile() as memory:
        with memory.open(**profile) as picture:
            picture.write(pixels)
        target.write_bytes(memory.read())
