"""Staging in, over loopback and from a user folder."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pystac
import pytest

from jupyter_ades.errors import AdesError, RefusedReference, UnreachableReference
from jupyter_ades.jobdir import JobDir
from jupyter_ades.orders import Plan, WorkOrder
from jupyter_ades.worker.stage_in import stage_in
from tests.worker.faulty_server import Answer, Site, serving
from tests.worker.support import NOTEBOOK, Bench

ITEMS = Path(__file__).parents[1] / "data" / "stac-items"
Told = list[tuple[int, int, str]]


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


@pytest.fixture
def job(tmp_path: Path) -> JobDir:
    folder = tmp_path / "job"
    folder.mkdir()
    return JobDir(folder)


@pytest.fixture
def order(bench: Bench, site: Site) -> WorkOrder:
    made = bench.order(NOTEBOOK, Plan(runner="x", argv=("x",)))
    policy = replace(made.fetch, allow_hosts=(f"127.0.0.1:{site.port}",), attempts=1)
    return replace(made, fetch=policy)


def staged(order: WorkOrder, job: JobDir, **inputs: Any) -> tuple[dict[str, Any], Told]:
    """The staged inputs, and what was told."""
    told: Told = []
    done = stage_in(replace(order, inputs=inputs), job, lambda *said: told.append(said))
    return done, told


def reference(kind: str, href: str) -> dict[str, str]:
    return {"$stage-in": kind, "href": href}


def item(site: Site, **assets: Any) -> dict[str, Any]:
    """A small item; an asset that is bytes is put on the site."""
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": "scene/1",
        "geometry": None,
        "properties": {"datetime": "2020-01-01T00:00:00Z"},
        "links": [],
        "assets": {
            key: {"href": site.put(f"/{key}.tif", value)} if isinstance(value, bytes) else value
            for key, value in assets.items()
        },
    }


def put_item(site: Site, document: Any, path: str = "/items/scene.json") -> str:
    return site.put(path, json.dumps(document).encode())


def test_files_are_fetched_wherever_they_stand_and_values_stay(
    order: WorkOrder, job: JobDir, bench: Bench, site: Site
) -> None:
    (bench.home / "a.txt").write_text("local")
    url = site.put("/data/b%20c.tif", b"remote")
    inputs, told = staged(
        order,
        job,
        one=reference("file", "a.txt"),
        many=[reference("file", f"{url}?sig=x"), reference("file", "a.txt")],
        deep={"in": [{"a b/../c": reference("file", url)}]},
        plain=[1, "x", None, {"href": "y"}],
        geometry={"$stage-in": "file", "value": {"type": "Feature"}},
    )
    assert inputs["plain"] == [1, "x", None, {"href": "y"}]
    assert inputs["one"] == {
        "$staged": "file",
        "path": str(job.inputs / "one/a.txt"),
        "href": "a.txt",
    }
    assert [Path(each["path"]).read_text() for each in inputs["many"]] == ["remote", "local"]
    assert inputs["many"][0]["path"].endswith("/inputs/many/0/b c.tif")
    deep = Path(inputs["deep"]["in"][0]["a b/../c"]["path"])
    assert deep.is_relative_to(job.inputs)
    assert deep.read_text() == "remote"
    assert json.loads(Path(inputs["geometry"]["path"]).read_text()) == {"type": "Feature"}
    assert [done for done, _, _ in told] == [0, 1, 2, 3, 4]
    assert {total for _, total, _ in told} == {4}


@pytest.mark.parametrize("name", ["element84-v0", "planetary-computer", "landsat-sat-api", "cdse"])
@pytest.mark.filterwarnings("ignore::pystac.errors.DeprecatedWarning")
def test_items_of_real_services_become_local_catalogs(
    order: WorkOrder, job: JobDir, site: Site, name: str
) -> None:
    document = json.loads((ITEMS / f"{name}.json").read_text())
    for n, (key, asset) in enumerate(document["assets"].items()):
        last = asset["href"].rpartition("/")[2].partition("?")[0]
        body = f"{name} {key}".encode()
        if "file:checksum" in asset:
            # A multihash: SHA3-256, of 32 bytes.
            asset["file:checksum"] = f"1620{hashlib.sha3_256(body).hexdigest()}"
            asset["file:size"] = len(body)
        if n % 2:
            asset["href"] = f"../d{n}/{last}"
            site.put(f"/collections/d{n}/{last}", body)
        elif asset["href"].startswith("s3:"):
            asset["alternate"]["https"]["href"] = site.put(f"/alternate/{n}/{last}", body)
        else:
            asset["href"] = site.put(f"/d{n}/{last}", body)
    url = put_item(site, document, "/collections/items/x")
    inputs, told = staged(
        order, job, folder=reference("directory", url), item=reference("stac-item", url)
    )
    assert told[-1][:2] == (2 * len(document["assets"]),) * 2

    folder = Path(inputs["folder"]["path"])
    catalog = pystac.Catalog.from_file(str(folder / "catalog.json"))
    (read,) = catalog.get_items()
    single = pystac.Item.from_file(inputs["item"]["path"])
    for found in (read, single):
        assert found.id == document["id"]
        assert set(found.assets) == set(document["assets"])
        for key, asset in found.assets.items():
            assert asset.href.startswith("./")
            path = asset.get_absolute_href()
            assert path is not None
            assert Path(path).read_text() == f"{name} {key}"
    kept = json.loads(Path(inputs["item"]["path"]).read_text())
    assert kept["properties"] == document["properties"]
    assert kept["stac_version"] == document["stac_version"]
    assert str(job.root) not in json.dumps(kept)


def test_assets_of_one_name_are_kept_apart(order: WorkOrder, job: JobDir, site: Site) -> None:
    hrefs = ["/a/B.tif", "/b/B.tif", "/c/b.TIF", "/d/scene_1.json", "/e/", "/f/..%2Fx"]
    assets = {f"k{n}": {"href": site.put(href, href.encode())} for n, href in enumerate(hrefs)}
    url = put_item(site, item(site, **assets))
    inputs, _ = staged(order, job, x=reference("stac-item", url))
    read = pystac.Item.from_file(inputs["x"]["path"])
    paths = [asset.get_absolute_href() or "" for asset in read.assets.values()]
    assert [Path(path).read_text() for path in paths] == hrefs
    assert len({path.lower() for path in paths}) == len(hrefs)
    assert all(Path(path).parent == Path(inputs["x"]["path"]).parent for path in paths)


def test_an_item_by_value_and_a_search_result_are_staged(
    order: WorkOrder, job: JobDir, site: Site
) -> None:
    one, two = item(site, a=b"A"), item(site, b=b"B")
    found = {"type": "FeatureCollection", "features": [one, two]}
    inputs, _ = staged(
        order,
        job,
        value={"$stage-in": "directory", "value": one},
        search=reference("directory", put_item(site, found, "/search")),
    )
    for name, count in (("value", 1), ("search", 2)):
        catalog = pystac.Catalog.from_file(f"{inputs[name]['path']}/catalog.json")
        items = list(catalog.get_items())
        assert len(items) == count
        assert len({each.get_self_href() for each in items}) == count
    assert inputs["value"]["href"] is None


def test_a_folder_of_the_user_is_copied_and_stays_the_users(
    order: WorkOrder, job: JobDir, bench: Bench
) -> None:
    source = bench.home / "scene 1"
    (source / "sub").mkdir(parents=True)
    (source / "catalog.json").write_text("{}")
    (source / "sub" / "x.tif").write_bytes(b"x")
    (source / "link.tif").symlink_to(source / "sub" / "x.tif")
    os.mkfifo(source / "pipe")
    inputs, _ = staged(
        order,
        job,
        folder=reference("directory", "scene 1"),
        catalog=reference("directory", "scene 1/catalog.json"),
    )
    for name in ("folder", "catalog"):
        copy = Path(inputs[name]["path"])
        assert copy.name == "scene 1"
        assert sorted(p.name for p in copy.rglob("*")) == [
            "catalog.json",
            "link.tif",
            "sub",
            "x.tif",
        ]
        (copy / "sub" / "x.tif").write_bytes(b"changed")
        (copy / "link.tif").write_bytes(b"changed")
    assert (source / "sub" / "x.tif").read_bytes() == b"x"


@pytest.mark.parametrize(
    ("kind", "make", "error", "why"),
    [
        ("file", lambda site, home: "none.tif", UnreachableReference, "no such file"),
        ("directory", lambda site, home: "none", UnreachableReference, "no such file"),
        ("directory", lambda site, home: "..", RefusedReference, "leaves the user folder"),
        ("directory", lambda site, home: "out", RefusedReference, "leaves the user folder"),
        ("directory", lambda site, home: "linked", RefusedReference, "link to a folder"),
        ("directory", lambda site, home: "leaks", RefusedReference, "leaves the user folder"),
        (
            "directory",
            lambda site, home: site.put("/x.tif", b"II*\0"),
            UnreachableReference,
            r"neither a STAC item nor a folder in the user folder \(it is not JSON\)",
        ),
        (
            "stac-item",
            lambda site, home: put_item(site, {"type": "Collection", "id": "c"}),
            UnreachableReference,
            r"neither a STAC item nor a folder .*\(it is Collection\)",
        ),
        (
            "stac-item",
            lambda site, home: put_item(
                site, {"type": "FeatureCollection", "features": [item(site), item(site)]}
            ),
            UnreachableReference,
            "2 STAC items were given where one is expected",
        ),
        (
            "stac-item",
            lambda site, home: put_item(site, item(site, B={"href": "s3://bucket/B.tif"})),
            RefusedReference,
            "Asset B of item scene/1: s3://bucket/B.tif is refused: requests may not name s3://bucket",
        ),
        (
            "stac-item",
            lambda site, home: put_item(site, item(site, B={"href": "file:///etc/passwd"})),
            RefusedReference,
            "may not name files|file: address|from the web",
        ),
        (
            "stac-item",
            lambda site, home: put_item(site, item(site, B={"href": "http://127.0.0.1:1/B"})),
            RefusedReference,
            "on this machine",
        ),
        (
            "stac-item",
            lambda site, home: put_item(site, item(site, B={"href": "gone.tif"})),
            UnreachableReference,
            "answered 404",
        ),
    ],
)
def test_what_cannot_be_staged_is_said_with_its_input(
    order: WorkOrder,
    job: JobDir,
    bench: Bench,
    site: Site,
    kind: str,
    make: Any,
    error: type[AdesError],
    why: str,
) -> None:
    (bench.home / "out").symlink_to("/etc")
    for name, to in (("linked", bench.home), ("leaks", Path("/etc/passwd"))):
        (bench.home / name).mkdir()
        (bench.home / name / "x").symlink_to(to)
    with pytest.raises(error, match=why) as caught:
        staged(order, job, scene=reference(kind, make(site, bench.home)))
    assert caught.value.detail.startswith("Input scene: ")


def test_a_folder_that_holds_the_job_or_is_too_large_is_refused(
    order: WorkOrder, job: JobDir, bench: Bench
) -> None:
    (bench.home / "x").write_bytes(b"12345")
    inside = JobDir(bench.home / "state" / "job")
    inside.root.mkdir(parents=True)
    with pytest.raises(RefusedReference, match="holds this very job"):
        staged(order, inside, x=reference("directory", "."))
    small = replace(order, fetch=replace(order.fetch, max_bytes=4))
    with pytest.raises(RefusedReference, match="larger than the 4 bytes"):
        staged(small, job, x=reference("directory", "."))


def test_an_item_by_value_has_no_files_of_its_own(order: WorkOrder, job: JobDir) -> None:
    value = {"type": "Feature", "id": "x", "assets": {"a": {"href": "a.tif"}}}
    with pytest.raises(RefusedReference, match="has no place of its own"):
        staged(order, job, x={"$stage-in": "stac-item", "value": value})


def test_the_first_failure_ends_the_staging(order: WorkOrder, job: JobDir, site: Site) -> None:
    good = [reference("file", site.put(f"/{n}", b"x")) for n in range(40)]
    bad = reference("file", site.put("/bad", Answer(status=404)))
    with pytest.raises(UnreachableReference, match="answered 404"):
        staged(order, job, many=[bad, *good])
