"""The snuggs package by the real cwltool command, over a scene served by HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pystac
import pytest
import rasterio
from pystac.validation import validate_dict

from tests.scene import (
    SNUGGS,
    check_cog,
    check_pixels,
    expect_index,
    make_scene,
    program_env,
    read_snuggs,
    served,
)

EXPRESSIONS = {
    "nbr": "(/ (- B05 B02) (+ B05 B02))",
    "ndvi": "(/ (- B05 B03) (+ B05 B03))",
    "coarse": "(norm_diff swir22 nir09)",
}
PAIRS = {"nbr": ("B05", "B02"), "ndvi": ("B05", "B03")}
#: Side in pixels; more than one block of the result and more than one level of overviews.
SIDE = 1200


@dataclass(frozen=True, kw_only=True)
class Run:
    """What came of one run of cwltool."""

    scene: Path
    url: str
    outputs: dict[str, list[dict[str, str]]]
    #: Requests as (path, status, bytes sent).
    asked: list[tuple[str, int, int]]

    def folder(self, name: str) -> Path:
        (found,) = [
            Path(one["path"]) for one in self.outputs["results"] if one["path"].endswith(f"-{name}")
        ]
        return found


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    scene = make_scene(tmp_path_factory.mktemp("scene"), size=SIDE)
    work = tmp_path_factory.mktemp("work")
    with served(scene.parent) as (url, asked):
        job = {
            "input_reference": [f"{url}/{scene.name}"],
            "s_expression": [f"{name}:{text}" for name, text in EXPRESSIONS.items()],
        }
        (work / "job.json").write_text(json.dumps(job))
        ended = subprocess.run(
            [sys.executable, "-m", "cwltool", "--outdir", "out", f"{SNUGGS}#snuggs", "job.json"],
            cwd=work,
            env=program_env(),
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert ended.returncode == 0, ended.stderr
        yield Run(scene=scene, url=url, outputs=json.loads(ended.stdout), asked=asked)


@pytest.mark.parametrize("name", PAIRS)
def test_pixels_equal_numpy(done: Run, name: str) -> None:
    (cog,) = done.folder(name).rglob("*.tif")
    check_cog(cog, side=SIDE)
    check_pixels(cog, expect_index(done.scene.parent, *PAIRS[name]))


def test_the_hard_cases(done: Run) -> None:
    (cog,) = done.folder("nbr").rglob("*.tif")
    with rasterio.open(cog) as dataset:
        pixels = dataset.read(1)
    assert (pixels[60:72, 60:72] == 0).all(), "bands that are equal"
    assert (pixels[60:72, 90:102] == 0).all(), "bands that are saturated"
    assert np.isnan(pixels[60:72, 120:132]).all(), "a hole in one band"


def test_the_grid_is_the_finest_of_the_named_bands(done: Run) -> None:
    (cog,) = done.folder("coarse").rglob("*.tif")
    with rasterio.open(cog) as dataset:
        assert dataset.res == (20, 20)
        found = dataset.read(1)
    with rasterio.open(done.scene.parent / "B12.tif") as dataset:
        swir = dataset.read(1).astype("float64")
    with rasterio.open(done.scene.parent / "B09.tif") as dataset:
        nir = dataset.read(1).astype("float64").repeat(3, axis=0).repeat(3, axis=1)
    known = (swir > 0) & (nir > 0)
    assert np.array_equal(~np.isnan(found), known)
    expected = (swir[known] - nir[known]) / (swir[known] + nir[known])
    np.testing.assert_allclose(found[known], expected, atol=1e-6)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_each_folder_is_a_self_contained_catalog(done: Run, name: str) -> None:
    catalog = pystac.Catalog.from_file(str(done.folder(name) / "catalog.json"))
    (item,) = catalog.get_items()
    source = pystac.Item.from_file(str(done.scene))
    # The core schemas are inside pystac; those of extensions are on the web.
    assert validate_dict(catalog.to_dict(), extensions=[])
    assert validate_dict(item.to_dict(), extensions=[])
    assert item.id == f"{source.id}-{name}"
    assert (item.bbox, item.geometry, item.datetime) == (
        source.bbox,
        source.geometry,
        source.datetime,
    )
    assert item.get_single_link("derived_from").target == f"{done.url}/{done.scene.name}"
    (asset,) = item.assets.values()
    assert asset.media_type == pystac.MediaType.COG
    assert asset.extra_fields["bands"][0]["description"] == f"{name}:{EXPRESSIONS[name]}"
    with rasterio.open(asset.get_absolute_href()) as dataset:
        assert item.properties["proj:code"] == f"EPSG:{dataset.crs.to_epsg()}"
        assert item.properties["proj:shape"] == list(dataset.shape)
        assert item.properties["proj:transform"] == list(dataset.transform)[:6]


def test_no_href_leaves_the_folder(done: Run) -> None:
    for path in done.folder("nbr").rglob("*.json"):
        record = json.loads(path.read_text())
        hrefs = [link["href"] for link in record["links"] if link["rel"] != "derived_from"]
        hrefs += [asset["href"] for asset in record.get("assets", {}).values()]
        for href in hrefs:
            assert (path.parent / href).resolve().is_relative_to(done.folder("nbr"))
            assert (path.parent / href).is_file()


def test_bands_are_read_by_range_requests(done: Run) -> None:
    asked = [status for path, status, _ in done.asked if path.endswith(".tif")]
    assert asked
    assert set(asked) <= {200, 206}
    # A plain 200 is a HEAD, which sends nothing.
    assert all(sent == 0 for path, status, sent in done.asked if ".tif" in path and status == 200)
    assert {path for path, *_ in done.asked if ".tif" in path} == {
        f"/{band}.tif" for band in ("B02", "B03", "B05", "B09", "B12")
    }


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "snuggs.py"
    path.write_text(read_snuggs())
    return path


def run_script(script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(script), *arguments],
        cwd=script.parent,
        capture_output=True,
        text=True,
        timeout=100,
    )


@pytest.mark.parametrize(
    ("expression", "problem"),
    [("x:(/ B05)", "column 4: / takes 2, not 1"), ("x:(+ B05 B99)", "column 10: no band 'B99'")],
)
def test_a_wrong_expression_is_said_before_a_pixel_is_read(
    done: Run, script: Path, expression: str, problem: str
) -> None:
    before = len(done.asked)
    ended = run_script(script, f"{done.url}/{done.scene.name}", expression)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"snuggs: {expression!r}: {problem}")
    assert ended.stderr.count("\n") == 1
    assert not [path for path, *_ in done.asked[before:] if path.endswith(".tif")]
    assert not (script.parent / "results").exists()


@pytest.mark.parametrize("missing", ["item", "band"])
def test_what_is_not_there_is_one_line(done: Run, script: Path, missing: str) -> None:
    record = json.loads(done.scene.read_text())
    record["assets"] = {"B02": {"href": f"{done.url}/none.tif"}}
    (script.parent / "broken.json").write_text(json.dumps(record))
    item = f"{done.url}/none.json" if missing == "item" else "broken.json"
    ended = run_script(script, item, "x:B02")
    assert ended.returncode == 1
    assert f"{done.url}/none." in ended.stderr
    assert "404" in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/status")
def test_memory_is_bounded_by_the_window(tmp_path: Path, script: Path) -> None:
    side = 5000
    peaks = {}
    for size in (250, side):
        folder = tmp_path / str(size)
        folder.mkdir()
        peaks[size] = measure_peak(script, make_flat_item(folder, size))
    whole = side * side * 8
    # Holding one band whole would take `whole` bytes, and the sum of two three times that.
    assert peaks[side] - peaks[250] < whole


def make_flat_item(folder: Path, size: int) -> Path:
    """An item with two bands of one value each."""
    profile = {"driver": "GTiff", "width": size, "height": size, "count": 1, "dtype": "uint16"}
    profile |= {"tiled": True, "crs": "EPSG:32632", "nodata": 0}
    for number, name in enumerate(("A", "B"), 1):
        with rasterio.open(
            folder / f"{name}.tif", "w", **profile, transform=rasterio.Affine(10, 0, 0, 0, -10, 0)
        ) as dataset:
            dataset.write(np.full((size, size), number, "uint16"), 1)
    record = {"type": "Feature", "stac_version": "1.0.0", "id": f"flat-{size}", "geometry": None}
    record |= {"properties": {"datetime": "2024-01-01T00:00:00Z"}, "links": []}
    record |= {"assets": {name: {"href": f"{name}.tif"} for name in ("A", "B")}}
    path = folder / "item.json"
    path.write_text(json.dumps(record))
    return path


def measure_peak(script: Path, item: Path) -> int:
    """Peak of the script's resident memory in bytes."""
    # Not getrusage: its peak begins with that of the process that started the program.
    measuring = script.with_name("measuring.py")
    measuring.write_text(
        "import sys, pathlib, snuggs\n"
        "assert snuggs.main(sys.argv[1:]) == 0\n"
        "status = pathlib.Path('/proc/self/status').read_text().splitlines()\n"
        "print(*(line.split()[1] for line in status if line.startswith('VmHWM')))\n"
    )
    ended = run_script(measuring, str(item), "sum:(+ A B)")
    assert ended.returncode == 0, ended.stderr
    return int(ended.stdout) * 1024
