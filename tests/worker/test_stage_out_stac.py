"""A package's own STAC items become ours, and each says how it came to be."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jupyter_ades.model import REFERENCE, STAGED
from jupyter_ades.orders import WorkOrder
from jupyter_ades.worker.stage_out import deliver
from tests.worker.delivered import (
    FINISHED,
    JOB,
    STARTED,
    Job,
    directory,
    file,
    own_catalog,
    text,
)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


# the package's own catalog


def test_the_packages_items_become_ours_and_are_completed(job: Job) -> None:
    delivered = job.deliver({"d": directory(own_catalog(job.left / "d", "one"))})
    item = job.item()
    assert item.id == "one"
    assert item.properties["platform"] == "sentinel-2b"
    assert item.datetime == datetime(2019, 12, 5, tzinfo=UTC)
    assert item.bbox == [30.9, 31.6, 30.9, 31.6]
    assert item.properties["processing:software"]["snuggs"] == "1.4"
    assert item.properties["processing:software"]["cwltool"]
    assert item.properties["ades:job"] == JOB
    assert not any("/v1.1.0/" in each for each in item.stac_extensions if "processing" in each)
    asset = item.assets["ndvi"]
    assert (asset.href, asset.title, asset.roles) == ("./ndvi.tif", "NDVI", ["data"])
    assert asset.media_type == "image/tiff; application=geotiff"
    assert asset.extra_fields["proj:code"] == "EPSG:32636"
    assert item.assets["web"].href == "https://example.org/a.tif"
    assert delivered.outputs["d"] == {
        "href": f"wf-{JOB}/one/one.json",
        "type": "application/geo+json",
    }
    assert sorted(path.name for path in job.results.iterdir()) == ["catalog.json", "one"]


def test_items_of_several_catalogs_are_kept_apart(job: Job) -> None:
    folders = [own_catalog(job.left / str(n), "same", f"other-{n}") for n in range(2)]
    loose = text(job.left / "report.txt")
    delivered = job.deliver(
        {
            "ds": [directory(folder) for folder in folders],
            "report": file(loose),
        }
    )
    catalog = job.catalog()
    items = {item.id: item for item in catalog.get_items()}
    assert set(items) == {"same", "other-0", "same_2", "other-1", JOB}
    assert list(items[JOB].assets) == ["report"]
    assert (
        delivered.outputs["ds"]
        == [{"href": f"wf-{JOB}/catalog.json", "type": "application/json"}] * 2
    )
    assert list(catalog.get_children()) == []


def test_files_that_no_item_names_come_along(job: Job) -> None:
    folder = own_catalog(job.left / "d", "one")
    text(folder / "one" / "notes.txt", "kept")
    job.deliver({"d": directory(folder)})
    assert (job.results / "d" / "one" / "notes.txt").read_text() == "kept"
    catalog = job.catalog()
    assert {item.id for item in catalog.get_items()} == {"one", JOB}


def test_nested_catalogs_and_collections_are_flattened(job: Job) -> None:
    folder = job.left / "d"
    inner = own_catalog(folder / "inner", "deep")
    item = json.loads((inner / "deep" / "deep.json").read_text())
    item["collection"] = "old"
    item["links"].append({"rel": "collection", "href": "../collection.json"})
    (inner / "deep" / "deep.json").write_text(json.dumps(item))
    outer = {
        "type": "Catalog",
        "id": "outer",
        "stac_version": "1.0.0",
        "description": "It links to itself, too.",
        "links": [
            {"rel": "child", "href": "./inner/catalog.json"},
            {"rel": "child", "href": "./catalog.json"},
            {"rel": "item", "href": "https://example.org/never-fetched.json"},
            {"rel": "item", "href": "./missing.json"},
        ],
    }
    (folder / "catalog.json").write_text(json.dumps(outer))
    job.deliver({"d": directory(folder)})
    found = job.item()
    assert found.id == "deep"
    assert found.collection_id is None
    assert found.properties["ades:collection"] == "old"


def test_an_item_of_an_older_version_is_brought_up_to_date(job: Job) -> None:
    folder = own_catalog(job.left / "d", "one")
    path = folder / "one" / "one.json"
    item = json.loads(path.read_text())
    item["stac_version"] = "1.0.0"
    item["properties"]["proj:epsg"] = 32636
    item["stac_extensions"] = ["https://stac-extensions.github.io/projection/v1.1.0/schema.json"]
    item["properties"].pop("datetime")
    item["assets"]["gone"] = {"href": "./gone.tif"}
    item["assets"]["out"] = {"href": "../../../outside.txt"}
    path.write_text(json.dumps(item))
    text(job.left.parent / "outside.txt", "never delivered")
    job.deliver({"d": directory(folder)})
    found = job.item()
    assert found.properties["proj:code"] == "EPSG:32636"
    assert found.datetime == STARTED
    assert sorted(found.assets) == ["ndvi", "web"]


@pytest.mark.parametrize("content", ["{", "[]", '{"links": 1}', '{"links": [{"rel": "item"}, 3]}'])
def test_a_catalog_that_is_none_does_no_harm(job: Job, content: str) -> None:
    text(job.left / "d" / "catalog.json", content)
    text(job.left / "d" / "a.txt", "kept")
    job.deliver({"d": directory(job.left / "d")})
    job.catalog()
    assert (job.results / "d" / "a.txt").read_text() == "kept"


def test_an_item_that_cannot_be_read_is_a_file(job: Job) -> None:
    folder = own_catalog(job.left / "d", "one")
    (folder / "one" / "one.json").write_text('{"type": "Feature", "assets": {}, "properties": 1}')
    job.deliver({"d": directory(folder)})
    assert job.item().id == JOB
    assert (job.results / "d" / "one" / "one.json").is_file()


def test_a_catalog_among_a_notebooks_loose_files_is_read(job: Job) -> None:
    own_catalog(job.left, "one")
    loose = [path for path in sorted(job.left.rglob("*")) if path.is_file()]
    files = [file(path, relative=str(path.relative_to(job.left))) for path in loose]
    delivered = job.deliver({"results": files})
    assert job.item().id == "one"
    hrefs = {each["href"].removeprefix(f"wf-{JOB}/") for each in delivered.outputs["results"]}
    assert hrefs == {"catalog.json", "one/one.json", "one/ndvi.tif"}


# provenance


def test_each_item_says_how_it_came_to_be(job: Job, tmp_path: Path) -> None:
    inputs = {
        "scene": {REFERENCE: "directory", "href": "https://example.org/item.json"},
        "signed": {REFERENCE: "stac-item", "href": "https://u:p@example.org/i.json?sig=s3cret"},
        "s_expression": ["nbr:(/ (- B05 B02) (+ B05 B02))"],
        "url": "https://user:hunter2@example.org/x?X-Amz-Signature=abc",
        "pin": "1234",
        "api_token": "t0ken",
        "nested": {"password": "pw", "epsg": 4326},
        "long": "y" * 20000,
    }
    told: list[tuple[int, int, str]] = []
    deliver(
        WorkOrder(**{**vars(job.order), "inputs": inputs}),
        {"f": file(text(job.left / "a.txt"))},
        started=STARTED,
        finished=FINISHED,
        tell=lambda *words: told.append(words),
        scratch=job.scratch,
    )
    said = job.item().properties
    assert said["processing:lineage"] == (
        f"Made by the process snuggs-0_3_0 (s expressions) as job {JOB}."
    )
    assert said["processing:version"] == "0.3.0"
    assert said["processing:datetime"] == "2024-05-01T12:30:00.500000Z"
    assert set(said["processing:software"]) == {"jupyter_ades", "Python", "cwltool"}
    assert said["ades:process"] == "snuggs-0_3_0"
    assert said["ades:package"] == "ab" * 32
    assert said["ades:accepted"] == "2024-05-01T11:59:00Z"
    assert said["ades:started"] == "2024-05-01T12:00:00Z"
    assert said["ades:inputs"] == {
        "scene": {"href": "https://example.org/item.json"},
        "signed": {"href": "https://example.org/i.json?..."},
        "s_expression": ["nbr:(/ (- B05 B02) (+ B05 B02))"],
        "url": "https://example.org/x?...",
        "pin": "***",
        "api_token": "***",
        "nested": {"password": "***", "epsg": 4326},
        "long": "(20002 bytes of JSON)",
    }
    links = job.item().get_links("derived_from")
    assert [link.href for link in links] == ["https://example.org/item.json"]
    assert told == [(1, 2, "a.txt"), (2, 2, "catalog.json")]


def test_what_an_earlier_job_said_is_replaced(job: Job) -> None:
    folder = own_catalog(job.left / "d", "one")
    path = folder / "one" / "one.json"
    item = json.loads(path.read_text())
    item["properties"] |= {"ades:job": "earlier", "processing:lineage": "old"}
    path.write_text(json.dumps(item))
    job.deliver({"d": directory(folder)})
    said = job.item().properties
    assert said["ades:job"] == JOB
    assert said["processing:lineage"].startswith("Made by")


def test_a_file_without_a_time_has_its_sources(job: Job, tmp_path: Path) -> None:
    staged = own_catalog(tmp_path / "inputs" / "scene", "source")
    job.deliver(
        {"f": file(text(job.left / "a.txt"))},
        staged={"scene": [{STAGED: "directory", "path": str(staged)}], "n": 1},
    )
    assert job.item().datetime == datetime(2019, 12, 5, tzinfo=UTC)


def test_a_staged_item_gives_its_time(job: Job, tmp_path: Path) -> None:
    staged = own_catalog(tmp_path / "inputs" / "scene", "source") / "source" / "source.json"
    job.deliver(
        {"f": file(text(job.left / "a.txt"))},
        staged={"scene": {STAGED: "stac-item", "path": str(staged)}},
    )
    assert job.item().datetime == datetime(2019, 12, 5, tzinfo=UTC)
