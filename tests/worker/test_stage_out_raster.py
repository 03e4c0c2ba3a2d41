"""GeoTIFFs in results: every field is read from the file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy
import pytest
import rasterio
from affine import Affine

from jupyter_ades.worker import gdal
from tests.worker.delivered import (
    JOB,
    STARTED,
    Job,
    file,
    text,
    tif,
)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


def test_a_geotiff_is_described_from_what_it_holds(job: Job) -> None:
    path = tif(job.left / "ndvi.tif", tags={"TIFFTAG_DATETIME": "2019:12:05 08:13:00"})
    delivered = job.deliver({"image": file(path)})
    item = job.item()
    assert item.id == JOB
    assert item.datetime == datetime(2019, 12, 5, 8, 13, tzinfo=UTC)
    assert item.bbox == pytest.approx([30.891514, 31.617505, 30.891942, 31.617782], abs=1e-5)
    assert item.geometry is not None
    assert item.geometry["type"] == "Polygon"
    asset = item.assets["ndvi"]
    assert asset.media_type == "image/tiff; application=geotiff"
    assert asset.roles == ["data"]
    assert asset.extra_fields["proj:code"] == "EPSG:32636"
    assert asset.extra_fields["proj:shape"] == [3, 4]
    assert asset.extra_fields["proj:transform"] == [10, 0, 300000, 0, -10, 3500000]
    assert asset.extra_fields["proj:bbox"] == [300000, 3499970, 300040, 3500000]
    (band,) = asset.extra_fields["bands"]
    assert band == {
        "name": "ndvi",
        "data_type": "float32",
        "nodata": -9999,
        "raster:sampling": "area",
        "raster:spatial_resolution": 10.0,
        "statistics": {
            "minimum": 0.0,
            "maximum": 10.0,
            "mean": 5.0,
            "stddev": pytest.approx(10**0.5),
            "valid_percent": pytest.approx(100 * 11 / 12, abs=1e-5),
        },
    }
    assert delivered.outputs == {
        "image": {"href": f"wf-{JOB}/ndvi.tif", "type": "image/tiff; application=geotiff"}
    }
    assert delivered.catalog == f"wf-{JOB}/catalog.json"


def test_a_cog_is_called_one(job: Job) -> None:
    job.deliver({"image": file(tif(job.left / "a.tif", driver="COG"))})
    assert "profile=cloud-optimized" in str(job.item().assets["a"].media_type)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_tiff_without_georeference_has_no_place(job: Job) -> None:
    path = tif(job.left / "plain.tif", crs=None, transform=Affine.identity())
    job.deliver({"image": file(path)})
    item = job.item()
    assert item.geometry is None
    assert item.bbox is None
    assert item.datetime == STARTED
    asset = item.assets["plain"]
    assert asset.media_type == "image/tiff"
    assert "proj:code" not in asset.extra_fields
    assert asset.extra_fields["bands"][0]["statistics"]["maximum"] == 10


def test_several_rasters_share_an_item_over_all_of_them(job: Job) -> None:
    west = tif(job.left / "west.tif", tags={"TIFFTAG_DATETIME": "2020:01:01 00:00:00"})
    east = tif(
        job.left / "east.tif",
        transform=Affine(10, 0, 310000, 0, -10, 3500000),
        tags={"TIFFTAG_DATETIME": "2020:01:03 00:00:00"},
    )
    job.deliver({"images": [file(west), file(east)]})
    item = job.item()
    assert item.geometry is not None
    assert item.geometry["type"] == "MultiPolygon"
    assert len(item.geometry["coordinates"]) == 2
    assert item.bbox is not None
    assert item.bbox[2] - item.bbox[0] == pytest.approx(0.1056, abs=1e-3)
    assert item.datetime is None
    assert item.properties["start_datetime"] == "2020-01-01T00:00:00Z"
    assert item.properties["end_datetime"] == "2020-01-03T00:00:00Z"


def test_a_raster_over_the_dateline_is_split(job: Job) -> None:
    path = tif(
        job.left / "a.tif", crs="EPSG:32601", transform=Affine(99000, 0, 120000, 0, -99000, 5e6)
    )
    job.deliver({"image": file(path)})
    item = job.item()
    assert item.bbox is not None
    assert item.bbox[0] > 170 > -170 > item.bbox[2]
    assert item.geometry is not None
    assert item.geometry["type"] == "MultiPolygon"


@pytest.mark.parametrize("nodata", [float("nan"), float("inf")])
def test_pixels_that_are_no_numbers_stay_out_of_json(job: Job, nodata: float) -> None:
    path = tif(job.left / "a.tif", nodata=nodata)
    with rasterio.open(path, "r+") as dataset:
        dataset.write(numpy.full((1, 3, 4), nodata, dtype="float32"))
    job.deliver({"image": file(path)})
    (band,) = job.item().assets["a"].extra_fields["bands"]
    assert band["nodata"] in ("nan", "inf")
    assert band["statistics"] == {"valid_percent": 0.0}


def test_a_broken_tiff_is_a_plain_file(job: Job) -> None:
    job.deliver({"image": file(text(job.left / "broken.tif", "II*\0 no"))})
    item = job.item()
    assert item.assets["broken"].media_type == "image/tiff; application=geotiff"
    assert item.geometry is None


def test_without_rasterio_files_are_plain_and_the_log_says_what_is_missing(
    job: Job, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tif(job.left / "a.tif")
    monkeypatch.setitem(__import__("sys").modules, "rasterio", None)
    gdal.rasterio.cache_clear()
    try:
        job.deliver({"image": file(path), "again": file(tif(job.left / "b.tif"))})
    finally:
        gdal.rasterio.cache_clear()
    assert caplog.text.count("jupyter-ades[eo]") == 1
    assert job.item().assets["a"].extra_fields == {}


def test_scales_units_and_the_date_of_acquisition(job: Job) -> None:
    path = tif(job.left / "a.tif", nodata=None, dtype="int16")
    with rasterio.open(path, "r+") as dataset:
        dataset.scales, dataset.offsets, dataset.units = (0.0001,), (-0.1,), ("K",)
        dataset.update_tags(ns="IMAGERY", ACQUISITIONDATETIME="2019-12-05T08:13:00")
        dataset.update_tags(AREA_OR_POINT="Point")
    job.deliver({"image": file(path)})
    item = job.item()
    assert item.datetime == datetime(2019, 12, 5, 8, 13, tzinfo=UTC)
    (band,) = item.assets["a"].extra_fields["bands"]
    assert (band["data_type"], band["unit"], band["raster:sampling"]) == ("int16", "K", "point")
    assert (band["raster:scale"], band["raster:offset"]) == (0.0001, -0.1)
    assert "nodata" not in band


def test_complex_pixels_have_no_statistics(job: Job) -> None:
    job.deliver({"image": file(tif(job.left / "a.tif", nodata=None, dtype="complex64"))})
    (band,) = job.item().assets["a"].extra_fields["bands"]
    assert band["data_type"] == "cfloat32"
    assert "statistics" not in band


def test_a_huge_band_without_overviews_is_not_read(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gdal, "LARGEST_PLAIN", 11)
    job.deliver({"image": file(tif(job.left / "a.tif"))})
    assert "statistics" not in job.item().assets["a"].extra_fields["bands"][0]


def test_a_projection_without_a_code_is_written_out(job: Job) -> None:
    crs = "+proj=laea +lat_0=31 +lon_0=30 +ellps=WGS84 +units=m"
    at_centre = Affine(10, 0, 0, 0, -10, 0)
    job.deliver({"image": file(tif(job.left / "a.tif", crs=crs, transform=at_centre))})
    item = job.item()
    fields = item.assets["a"].extra_fields
    assert "proj:code" not in fields
    assert "Lambert" in fields["proj:wkt2"]
    assert item.bbox is not None
    assert item.bbox[0] == pytest.approx(30, abs=1e-3)


@pytest.mark.parametrize("date", ["2019:13:45 00:00:00", "yesterday", ""])
def test_a_date_that_is_none_is_passed_over(job: Job, date: str) -> None:
    job.deliver({"image": file(tif(job.left / "a.tif", tags={"TIFFTAG_DATETIME": date}))})
    assert job.item().datetime == STARTED
