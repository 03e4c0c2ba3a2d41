"""Opens rasters by rasterio, which comes with the extra ``eo`` and may not be there."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

#: Pixels of a band without overviews beyond which reading a sample of it takes too long.
LARGEST_PLAIN = 2**26


@cache
def rasterio() -> Any:
    """The library, or None (and a line in the log) where it is not installed."""
    try:
        import rasterio
    except ImportError:
        log.warning(
            "GeoTIFFs are delivered without bbox, projection, bands and quicklook: rasterio is not "
            "installed (pip install 'jupyter-ades[eo]')."
        )
        return None
    return rasterio


@contextmanager
def opened(path: Path, driver: str) -> Iterator[Any]:
    """A file as rasterio's dataset; nothing beside it is read, and nothing written there.

    Raises rasterio's ``RasterioError`` when the driver cannot read it.
    """
    env = rasterio().Env(GDAL_PAM_ENABLED="NO", GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR")
    with warnings.catch_warnings(), env:
        # A file without georeference is no mistake.
        warnings.simplefilter("ignore")
        with rasterio().open(path, driver=driver) as dataset:
            yield dataset


def sample_shape(height: int, width: int, longest: int) -> tuple[int, int]:
    """Rows and columns of a sample whose longer side has at most so many pixels."""
    ratio = max(1.0, max(height, width) / longest)
    return max(1, round(height / ratio)), max(1, round(width / ratio))


def is_quick(dataset: Any) -> bool:
    """Whether a sample costs little: there are overviews, or few pixels."""
    return bool(dataset.overviews(1)) or dataset.width * dataset.height <= LARGEST_PLAIN
