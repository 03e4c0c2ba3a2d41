"""The made scene: ten real COGs and a STAC item that fits them."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pystac
import pytest
import rasterio
from pystac.validation import validate_dict

from tests.scene import expect_index, make_scene

#: Bands in the item's order, and their sides in pixels.
SIDES = {"B01": 80, "B02": 480, "B03": 480, "B04": 480, "B05": 240}
SIDES |= {"B08": 480, "B8A": 240, "B09": 80, "B11": 240, "B12": 240}


@pytest.fixture(scope="module")
def item(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_scene(tmp_path_factory.mktemp("scene"))


def read(item: Path, band: str) -> np.ndarray:
    with rasterio.open(item.parent / f"{band}.tif") as dataset:
        return dataset.read(1)


@pytest.mark.parametrize("band", SIDES)
def test_a_band_is_a_cog_with_overviews(item: Path, band: str) -> None:
    with rasterio.open(item.parent / f"{band}.tif") as dataset:
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert dataset.profile["tiled"]
        assert (dataset.dtypes, dataset.nodata) == (("uint16",), 0)
        assert dataset.shape == (SIDES[band], SIDES[band])
        assert dataset.res == (4800 / SIDES[band], 4800 / SIDES[band])
        assert dataset.crs.to_epsg() == 32632
        assert bool(dataset.overviews(1)) == (SIDES[band] > 128)


def test_the_item_is_valid_stac_and_says_what_the_files_say(item: Path) -> None:
    record = json.loads(item.read_text())
    read_back = pystac.Item.from_file(str(item))
    # The core schemas are inside pystac; those of extensions are on the web.
    assert validate_dict(read_back.to_dict(), extensions=[])
    assert record["stac_version"] == "1.0.0"
    assert list(record["assets"]) == list(SIDES)
    for key, asset in record["assets"].items():
        (band,) = asset["eo:bands"]
        assert band["name"] == key
        assert asset["href"] == f"./{key}.tif"
        with rasterio.open(item.parent / asset["href"]) as dataset:
            assert asset["proj:shape"] == list(dataset.shape)
            assert asset["proj:transform"] == list(dataset.transform)
            assert record["properties"]["proj:epsg"] == dataset.crs.to_epsg()


def test_common_names_are_of_one_band_each(item: Path) -> None:
    assets = json.loads(item.read_text())["assets"].values()
    names = [asset["eo:bands"][0]["common_name"] for asset in assets]
    assert len(set(names)) == 10
    assert {"blue", "green", "red", "nir", "swir22"} < set(names)


def test_hrefs_are_below_the_base_url_when_it_is_given(tmp_path: Path) -> None:
    path = make_scene(tmp_path, size=12, base_url="http://host/a/")
    assets = json.loads(path.read_text())["assets"]
    assert assets["B8A"]["href"] == "http://host/a/B8A.tif"


def test_the_geometry_leaves_the_cut_corner_out(item: Path) -> None:
    record = json.loads(item.read_text())
    (ring,) = record["geometry"]["coordinates"]
    west, south, east, north = record["bbox"]
    assert len(ring) == 6
    assert ring[0] == ring[-1]
    assert all(west - 1e-6 <= x <= east + 1e-6 for x, _ in ring)
    assert all(south - 1e-6 <= y <= north + 1e-6 for _, y in ring)
    # No corner of the outline comes near the lower right.
    assert all((east - x) / (east - west) + (y - south) / (north - south) > 0.2 for x, y in ring)


def test_the_cut_corner_is_nodata_in_every_band(item: Path) -> None:
    for band in SIDES:
        pixels = read(item, band)
        assert pixels[-1, -1] == 0
        assert pixels[0, 0] > 0
        assert 0.02 < np.mean(pixels == 0) < 0.04


def test_the_hard_cases_are_there(item: Path) -> None:
    blue, red_edge = read(item, "B02"), read(item, "B05")
    assert (blue[60:72, 60:72] == 500).all()
    assert (red_edge[30:36, 30:36] == 500).all()
    assert (blue[60:72, 90:102] == 65535).all()
    assert (red_edge[30:36, 60:66] == 0).all()
    assert (blue[60:72, 120:132] > 0).all()


def test_it_looks_like_land_and_water(item: Path) -> None:
    ndvi = expect_index(item.parent, "B08", "B04")
    assert np.nanmin(ndvi) < -0.2
    assert np.nanmax(ndvi) > 0.75
    assert 0.05 < np.nanmean(ndvi < 0) < 0.5
    # Smooth: neighbours are alike.
    assert np.nanmedian(np.abs(np.diff(ndvi, axis=1))) < 0.02


def test_the_same_seed_gives_the_same_bytes(item: Path, tmp_path: Path) -> None:
    again = make_scene(tmp_path / "again")
    for path in sorted(item.parent.iterdir()):
        assert path.read_bytes() == (again.parent / path.name).read_bytes(), path.name
    other = make_scene(tmp_path / "other", seed=5)
    assert (other.parent / "B02.tif").read_bytes() != (item.parent / "B02.tif").read_bytes()


def test_it_is_small_and_quick(tmp_path: Path) -> None:
    begin = time.process_time()
    made = make_scene(tmp_path)
    assert time.process_time() - begin < 5
    assert sum(path.stat().st_size for path in made.parent.iterdir()) < 5_000_000


@pytest.mark.parametrize("size", [0, -6, 100, 481])
def test_a_size_that_does_not_fit_the_grids_is_refused(tmp_path: Path, size: int) -> None:
    with pytest.raises(ValueError, match="multiple of 6"):
        make_scene(tmp_path / "scene", size=size)
    assert not (tmp_path / "scene").exists()
