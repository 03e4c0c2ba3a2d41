"""Files as a command leaves them, and a bench to deliver them on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy
import pystac
import rasterio
from affine import Affine

from jupyter_ades.model import FetchPolicy, Input, Output, Process
from jupyter_ades.orders import Plan, Results, WorkOrder
from jupyter_ades.worker.stage_out import deliver
from tests.stac_validation import read_valid_catalog

JOB = "76d50612-513d-11ed-888e-32db482e8b42"
CREATED = datetime(2024, 5, 1, 11, 59, tzinfo=UTC)
STARTED = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
FINISHED = datetime(2024, 5, 1, 12, 30, 0, 500000, tzinfo=UTC)


class Job:
    """A job whose command has ended."""

    def __init__(self, root: Path) -> None:
        #: What the command left.
        self.left = root / "job" / "outputs"
        self.left.mkdir(parents=True)
        #: Where what goes to a bucket is put together.
        self.scratch = root / "job" / "delivery"
        #: Where it is delivered.
        self.results = root / "results" / f"wf-{JOB}"
        self.order = WorkOrder(
            job_id=JOB,
            process=Process(
                id="snuggs-0_3_0",
                alias="snuggs",
                version="0.3.0",
                title="s expressions",
                description="Applies s expressions.",
                inputs=(Input(id="pin", schema={"type": "string", "writeOnly": True}),),
                outputs=(Output(id="results", title="Results"),),
                digest="ab" * 32,
            ),
            plan=Plan(runner="cwltool", argv=("cwltool",)),
            fetch=FetchPolicy(user_folder=str(root)),
            results_folder=str(self.results.parent),
            created=CREATED,
        )
        #: What was told on the way.
        self.told: list[tuple[int, int, str]] = []

    def deliver(self, outputs: dict[str, Any], **more: Any) -> Results:
        """Deliver as the worker does."""
        times = {"started": STARTED, "finished": FINISHED, "scratch": self.scratch}
        return deliver(
            self.order,
            outputs,
            **{"tell": self._tell, **times, **more},  # type: ignore[arg-type]
        )

    def _tell(self, done: int, total: int, label: str) -> None:
        self.told.append((done, total, label))

    def catalog(self) -> pystac.Catalog:
        """The delivered catalog, checked."""
        return read_valid_catalog(self.results / "catalog.json")

    def item(self) -> pystac.Item:
        """Its only item."""
        (item,) = self.catalog().get_items()
        return item


def file(path: Path, **more: Any) -> dict[str, Any]:
    return {"class": "File", "path": str(path), "basename": path.name, **more}


def directory(path: Path) -> dict[str, Any]:
    return {"class": "Directory", "path": str(path), "basename": path.name}


def text(path: Path, content: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def tif(
    path: Path, *, driver: str = "GTiff", tags: dict[str, str] | None = None, **kw: Any
) -> Path:
    """A raster of 4 x 3 pixels of 10 m in UTM 36N: 0 to 10, and one without data."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = numpy.arange(12, dtype="float32").reshape(3, 4)
    pixels[2, 3] = -9999
    profile: dict[str, Any] = {
        "driver": driver,
        "width": 4,
        "height": 3,
        "count": 1,
        "dtype": "float32",
        "nodata": -9999,
        "crs": "EPSG:32636",
        "transform": Affine(10, 0, 300000, 0, -10, 3500000),
    }
    with rasterio.open(path, "w", **{**profile, **kw}) as dataset:
        dataset.write(pixels, 1)
        dataset.set_band_description(1, "ndvi")
        dataset.update_tags(**tags or {})
    return path


def own_catalog(folder: Path, *ids: str, crs: str | None = "EPSG:32636") -> Path:
    """A catalog such as a tool writes: an item per id, with a raster beside it."""
    catalog = pystac.Catalog("mine", "A tool's own catalog.")
    for identifier in ids:
        tif(folder / identifier / "ndvi.tif", crs=crs)
        item = pystac.Item(
            identifier,
            geometry={"type": "Point", "coordinates": [30.9, 31.6]},
            bbox=[30.9, 31.6, 30.9, 31.6],
            datetime=datetime(2019, 12, 5, tzinfo=UTC),
            properties={"platform": "sentinel-2b", "processing:software": {"snuggs": "1.4"}},
            stac_extensions=["https://stac-extensions.github.io/processing/v1.1.0/schema.json"],
        )
        item.add_asset("ndvi", pystac.Asset("./ndvi.tif", title="NDVI"))
        item.add_asset("web", pystac.Asset("https://example.org/a.tif"))
        catalog.add_item(item)
    catalog.normalize_hrefs(str(folder))
    catalog.save(pystac.CatalogType.SELF_CONTAINED)
    return folder
