"""Draws index images side by side, for a first look."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import rasterio


def read(image: Path) -> np.ma.MaskedArray:
    """An image's first band with what is nodata masked."""
    with rasterio.open(image) as source:
        return np.ma.masked_invalid(source.read(1, masked=True))


def mean_of(image: Path) -> float:
    """Mean of an image's first band over what is not nodata."""
    return float(read(image).mean())


def write_quicklook(images: list[Path], target: Path) -> Path:
    """Write the images side by side as a PNG; the file's path."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, len(images), figsize=(5 * len(images), 5), squeeze=False)
    for axis, image in zip(axes[0], images, strict=True):
        drawn = axis.imshow(read(image), cmap="RdYlGn", vmin=-1, vmax=1)
        axis.set_title(image.stem, fontsize=9)
        axis.set_axis_off()
    figure.colorbar(drawn, ax=axes, shrink=0.8)
    figure.savefig(target, dpi=80, bbox_inches="tight")
    plt.close(figure)
    return target
