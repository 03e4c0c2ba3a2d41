"""The sample scene and the sample applications, for the tests that need them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import rasterio
from ruamel.yaml import YAML

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
SNUGGS = NOTEBOOKS / "apps/snuggs/snuggs.cwl"
VEGETATION_INDEX = NOTEBOOKS / "apps/vegetation-index.ipynb"

# The demo's files are scripts beside one another, not a package.
sys.path.append(str(NOTEBOOKS / "demo"))
from make_scene import make_scene  # noqa: E402
from serve import FileHandler, serving  # noqa: E402

__all__ = ["SNUGGS", "VEGETATION_INDEX", "FileHandler", "make_scene", "serving"]


def read_snuggs() -> str:
    """The Python script that rides inside the CWL."""
    package = YAML(typ="safe", pure=True).load(SNUGGS)
    (tool,) = (one for one in package["$graph"] if one["class"] == "CommandLineTool")
    (script,) = tool["requirements"]["InitialWorkDirRequirement"]["listing"]
    return str(script["entry"])


def load_snuggs() -> Any:
    """The script as a module."""
    module = ModuleType("snuggs")
    # Dataclasses look up their module there.
    sys.modules["snuggs"] = module
    exec(compile(read_snuggs(), "snuggs.py", "exec"), module.__dict__)
    return module


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, list[tuple[str, int, int]]]]:
    """Serve the folder: its URL, and what was asked so far as (path, status, bytes sent)."""
    asked: list[tuple[str, int, int]] = []

    class Watched(FileHandler):
        def on_finish(self) -> None:
            sent = self._headers.get("Content-Length", "0") if self._is_get() else "0"
            asked.append((self.request.path, self.get_status(), int(sent)))

        def _is_get(self) -> bool:
            return self.request.method == "GET"

    with serving(folder, handler=Watched) as url:
        yield url, asked


def program_env() -> dict[str, str]:
    """An environment in which `python` is the Python of these tests."""
    return os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def expect_index(folder: Path, first: str, second: str) -> np.ndarray:
    """(first - second) / (first + second) on the 10 m grid, NaN without data, by numpy alone."""
    a, b = (_read_at_10_m(folder / f"{name}.tif") for name in (first, second))
    unknown = (a == 0) | (b == 0) | (a + b == 0)
    return np.where(unknown, np.nan, (a - b) / np.where(unknown, 1, a + b))


def _read_at_10_m(path: Path) -> np.ndarray:
    with rasterio.open(path) as dataset:
        times = round(dataset.res[0] / 10)
        return dataset.read(1).astype("float64").repeat(times, axis=0).repeat(times, axis=1)


def check_cog(path: Path, *, side: int) -> None:
    """Complain unless the file is a COG on the scene's 10 m grid with NaN as nodata."""
    with rasterio.open(path) as dataset:
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert dataset.profile["tiled"]
        assert dataset.dtypes == ("float32",)
        assert np.isnan(dataset.nodata)
        assert dataset.shape == (side, side)
        assert tuple(dataset.transform)[:6] == (10, 0, 699960, 0, -10, 5000040)
        assert dataset.crs.to_epsg() == 32632
        if side > 512:
            assert dataset.overviews(1)


def check_pixels(path: Path, expected: np.ndarray) -> None:
    """Complain unless nodata is where it is expected and the rest is equal to 1e-6."""
    with rasterio.open(path) as dataset:
        found = dataset.read(1)
    assert np.array_equal(np.isnan(found), np.isnan(expected))
    assert 0 < np.isnan(found).sum() < found.size
    assert np.nanmax(np.abs(found - expected)) <= 1e-6
