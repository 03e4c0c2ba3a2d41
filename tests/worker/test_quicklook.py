"""The picture of a job's results, pixel by pixel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
import pytest
import rasterio

from jupyter_ades.worker import gdal
from jupyter_ades.worker.quicklook import draw_quicklook
from tests.worker.delivered import directory, file, text, tif

# Pictures have no place, and rasterio says so of each.
pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "quicklook.png"


def drawn(target: Path) -> Any:
    """Red, green, blue, alpha: an array of shape (4, rows, columns)."""
    with rasterio.open(target, driver="PNG") as picture:
        return picture.read()


def many_bands(path: Path, pixels: Any, names: tuple[str, ...] = (), **more: Any) -> Path:
    profile: dict[str, Any] = {
        "driver": "GTiff",
        "count": len(pixels),
        "height": pixels.shape[1],
        "width": pixels.shape[2],
        "dtype": pixels.dtype,
    }
    with rasterio.open(path, "w", **{**profile, **more}) as dataset:
        dataset.write(pixels)
        for number, name in enumerate(names, start=1):
            dataset.set_band_description(number, name)
    return path


def test_one_band_is_stretched_to_grey_and_nodata_is_transparent(
    tmp_path: Path, target: Path
) -> None:
    draw_quicklook({"image": file(tif(tmp_path / "ndvi.tif"))}, target)
    red, green, blue, alpha = drawn(target)
    assert (red == green).all()
    assert (green == blue).all()
    # 0 to 10, less two per cent at either end; the last pixel has no data.
    expected = numpy.clip((numpy.arange(11) - 0.2) / 9.6, 0, 1) * 255
    assert red.ravel()[:11] == pytest.approx(expected, abs=1)
    assert alpha.ravel().tolist() == [255] * 11 + [0]


def test_bytes_of_three_colours_stay_what_they_are(tmp_path: Path, target: Path) -> None:
    pixels = numpy.arange(27, dtype="uint8").reshape(3, 3, 3) * 9
    path = many_bands(tmp_path / "a.tif", pixels, photometric="RGB")
    draw_quicklook({"image": file(path)}, target)
    assert (drawn(target)[:3] == pixels).all()


def test_bands_with_sentinel_2_names_become_red_green_blue(tmp_path: Path, target: Path) -> None:
    ramp = numpy.linspace(0, 3000, 100, dtype="uint16").reshape(10, 10)
    pixels = numpy.stack([numpy.zeros_like(ramp), ramp, ramp[::-1], ramp.T])
    path = many_bands(tmp_path / "s2.tif", pixels, ("B08", "B02", "B03", "B04"))
    draw_quicklook({"image": file(path)}, target)
    red, green, blue, _ = drawn(target)
    assert (red[0, 0], red[9, 9]) == (0, 255)
    assert red[0, 5] == pytest.approx((1515 - 60) / (2940 - 60) * 255, abs=1)
    assert (green == blue[::-1]).all()
    assert (red == blue.T).all()


def test_a_palette_is_applied(tmp_path: Path, target: Path) -> None:
    path = tmp_path / "classes.tif"
    profile = {"driver": "GTiff", "count": 1, "height": 1, "width": 2, "dtype": "uint8"}
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(numpy.array([[[1, 2]]], dtype="uint8"))
        dataset.write_colormap(1, {1: (10, 20, 30, 255), 2: (200, 100, 50, 255)})
    draw_quicklook({"image": file(path)}, target)
    assert drawn(target)[:3, 0].T.tolist() == [[10, 20, 30], [200, 100, 50]]


def test_a_large_raster_is_small_in_the_picture(tmp_path: Path, target: Path) -> None:
    pixels = numpy.zeros((1, 700, 2048), dtype="float32")
    pixels[:, :, 1024:] = numpy.nan
    draw_quicklook({"image": file(many_bands(tmp_path / "a.tif", pixels))}, target)
    alpha = drawn(target)[3]
    assert alpha.shape == (175, 512)
    assert (alpha[:, :250] == 255).all()
    assert (alpha[:, 262:] == 0).all()


def test_one_without_overviews_that_would_cost_much_is_passed_over(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gdal, "LARGEST_PLAIN", 11)
    small = many_bands(tmp_path / "small.tif", numpy.full((1, 1, 1), 7, dtype="uint8"))
    draw_quicklook({"images": [file(tif(tmp_path / "large.tif")), file(small)]}, target)
    assert drawn(target).shape == (4, 1, 1)


def test_what_is_for_looking_comes_first_and_what_cannot_be_read_is_passed_over(
    tmp_path: Path, target: Path
) -> None:
    folder = tmp_path / "left"
    text(folder / "broken.tif", "no raster")
    tif(folder / "ndvi.tif")
    pixels = numpy.full((3, 2, 5), 77, dtype="uint8")
    many_bands(folder / "quicklook.jpg", pixels, driver="JPEG")
    draw_quicklook({"all": directory(folder), "n": 3, "t": "text", "none": None}, target)
    assert drawn(target).shape == (4, 2, 5)
    (folder / "quicklook.jpg").unlink()
    draw_quicklook({"all": directory(folder)}, target)
    assert drawn(target).shape == (4, 3, 4)


def test_outputs_without_a_picture_give_none(tmp_path: Path, target: Path) -> None:
    draw_quicklook({"table": file(text(tmp_path / "a.csv")), "n": 1}, target)
    assert not target.exists()
