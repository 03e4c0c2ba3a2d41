"""Staging in STAC: searches, collections, circles, chosen assets, broken promises."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jupyter_ades.errors import RefusedReference, UnreachableReference
from jupyter_ades.orders import WorkOrder
from tests.s3.service import Service
from tests.s3.staging import files, item, multihash, put, ref, staged
from tests.worker.faulty_server import Answer, Site
from tests.worker.support import Bench

ITEMS = Path(__file__).parents[1] / "data" / "stac-items"


def test_a_search_is_followed_page_by_page(order: WorkOrder, bench: Bench, site: Site) -> None:
    for n in range(5):
        site.put(f"/a{n}.tif", str(n).encode())
    pages = [
        {
            "type": "FeatureCollection",
            "features": [item(f"s{n}", a=f"{site.url}/a{n}.tif") for n in numbers],
            "links": [{"rel": "next", "href": f"{site.url}/search?token={numbers[-1]}"}],
        }
        for numbers in ([0, 1], [2, 3], [4])
    ]
    pages[-1]["links"] = []
    site.put("/search", *[Answer(body=json.dumps(page).encode()) for page in [pages[0], *pages]])
    href = f"{site.url}/search?collections=x&limit=2"
    inputs = staged(order, bench, many=[ref("directory", href)])
    assert len(inputs["many"]) == 5
    for n, value in enumerate(inputs["many"]):
        assert value["$staged"] == "directory"
        assert files(Path(value["path"]) / f"s{n}")[f"a{n}.tif"] == str(n).encode()
        catalog = json.loads((Path(value["path"]) / "catalog.json").read_text())
        assert [link["href"] for link in catalog["links"]][1:] == [f"./s{n}/s{n}.json"]


def test_one_folder_takes_all_items_of_a_collection(
    order: WorkOrder, bench: Bench, site: Site
) -> None:
    for n in range(3):
        put(site, f"/c/s{n}/s{n}.json", item(f"s{n}", a="./a.tif"))
        site.put(f"/c/s{n}/a.tif", str(n).encode())
    links = [{"rel": "item", "href": f"./s{n}/s{n}.json"} for n in range(2)]
    sub = {"type": "Catalog", "id": "sub", "links": [{"rel": "item", "href": "../s2/s2.json"}]}
    put(site, "/c/sub/catalog.json", sub)
    links += [{"rel": "child", "href": "./sub/catalog.json"}, {"rel": "self", "href": "x"}]
    href = put(site, "/c/collection.json", {"type": "Collection", "id": "c", "links": links})
    inputs = staged(order, bench, x=ref("directory", href), many=[ref("stac-item", href)])
    assert sorted(Path(inputs["x"]["path"]).glob("s*/a.tif")) != []
    assert files(inputs["x"]["path"]).keys() >= {f"s{n}/a.tif" for n in range(3)}
    assert [Path(each["path"]).name for each in inputs["many"]] == [f"s{n}.json" for n in range(3)]


def test_a_collection_of_an_api_is_read_by_its_items(
    order: WorkOrder, bench: Bench, site: Site
) -> None:
    site.put("/a.tif", b"a")
    features = {"type": "FeatureCollection", "features": [item("s", a=f"{site.url}/a.tif")]}
    put(site, "/collections/c/items", features)
    links = [{"rel": "items", "href": f"{site.url}/collections/c/items"}]
    href = put(site, "/collections/c", {"type": "Collection", "id": "c", "links": links})
    inputs = staged(order, bench, x=ref("directory", href))
    assert files(inputs["x"]["path"])["s/a.tif"] == b"a"


def test_what_goes_round_in_a_circle_ends(order: WorkOrder, bench: Bench, site: Site) -> None:
    links = [{"rel": "child", "href": "./b.json"}, {"rel": "child", "href": "./a.json"}]
    put(site, "/b.json", {"type": "Catalog", "id": "b", "links": links})
    href = put(site, "/a.json", {"type": "Catalog", "id": "a", "links": links})
    with pytest.raises(UnreachableReference, match="neither a STAC item nor a folder"):
        staged(order, bench, x=ref("directory", href))
    page = {
        "type": "FeatureCollection",
        "features": [item("s", a=f"{site.url}/a.tif")],
        "links": [{"rel": "next", "href": f"{site.url}/pages"}],
    }
    href = put(site, "/pages", page)
    with pytest.raises(UnreachableReference, match="round in a circle"):
        staged(order, bench, "pages", x=ref("directory", href))


def test_more_items_than_may_be_are_refused(order: WorkOrder, bench: Bench, site: Site) -> None:
    found = {"type": "FeatureCollection", "features": [item(f"s{n}") for n in range(4)]}
    few = replace(order, max_items=3)
    with pytest.raises(RefusedReference, match=r"more than 3 items \(c.ADES.max_items\)"):
        staged(few, bench, x=ref("directory", put(site, "/search", found)))


def test_a_catalog_from_the_web_names_no_files(order: WorkOrder, bench: Bench, site: Site) -> None:
    (bench.home / "item.json").write_text(json.dumps(item()))
    links = [{"rel": "item", "href": "file:///etc/passwd"}]
    href = put(site, "/c.json", {"type": "Catalog", "id": "c", "links": links})
    with pytest.raises(RefusedReference, match="may not name files"):
        staged(order, bench, x=ref("directory", href))
    value = {"type": "Collection", "id": "c", "links": [{"rel": "item", "href": "item.json"}]}
    with pytest.raises(RefusedReference, match="given by value, may not name files"):
        staged(order, bench, x={"$stage-in": "directory", "value": value})


def test_only_the_wanted_assets_are_fetched(order: WorkOrder, bench: Bench, site: Site) -> None:
    assets = {
        key: {"href": site.put(f"/{key}.tif", key.encode()), "roles": [role]}
        for key, role in (("B04", "data"), ("B08", "data"), ("SCL", "mask"), ("tn", "thumbnail"))
    }
    href = put(site, "/item.json", item(**assets))
    for n, (only, wanted) in enumerate(
        [
            (["B04"], {"B04"}),
            (["B*"], {"B04", "B08"}),
            (["role:mask", "tn"], {"SCL", "tn"}),
            ([], {"B04", "B08", "SCL", "tn"}),
        ]
    ):
        inputs = staged(order, bench, f"job{n}", x=ref("stac-item", href, assets=only))
        document = json.loads(Path(inputs["x"]["path"]).read_text())
        assert set(document["assets"]) == wanted
        there = {path.stem for path in Path(inputs["x"]["path"]).parent.glob("*.tif")}
        assert there == wanted
    assert site.times("/SCL.tif") == 2
    with pytest.raises(
        UnreachableReference, match=r"has no asset 'B99' .* it has B04, B08, SCL, tn"
    ):
        staged(order, bench, "none", x=ref("stac-item", href, assets=["B99"]))


def test_alternates_are_tried_in_turn_and_all_are_named(
    order: WorkOrder, bench: Bench, site: Site, s3: Service
) -> None:
    def asset(*hrefs: str) -> dict[str, Any]:
        more = {f"n{n}": {"href": href} for n, href in enumerate(hrefs[1:])}
        return {"href": hrefs[0], "alternate": more}

    good = site.put("/good.tif", b"good")
    gone = "s3://bucket-gone/x.tif"
    document = item(a=asset(gone, f"{site.url}/404.tif", good), b=asset(gone, good))
    inputs = staged(order, bench, x=ref("stac-item", put(site, "/item.json", document)))
    assert files(Path(inputs["x"]["path"]).parent)["x.tif"] == b"good"
    bad = item(a=asset(gone, f"{site.url}/404.tif"))
    with pytest.raises(UnreachableReference) as caught:
        staged(order, bench, "bad", x=ref("stac-item", put(site, "/bad.json", bad)))
    assert "could not be had from any of its places" in caught.value.detail
    assert "bucket-gone" in caught.value.detail
    assert "answered 404" in caught.value.detail


@pytest.mark.parametrize(
    ("asset", "why"),
    [
        ({"file:checksum": multihash(b"other")}, "its sha256 checksum differs"),
        ({"file:size": 3}, "it has 4 bytes, not 3"),
        ({"type": "image/tiff; application=geotiff", "page": True}, "is a web page and not image"),
    ],
)
def test_an_asset_that_is_not_what_its_item_says(
    order: WorkOrder, bench: Bench, site: Site, asset: dict[str, Any], why: str
) -> None:
    body = b"\n<!DOCTYPE html><html>Log in</html>" if asset.pop("page", False) else b"data"
    document = item(B04={"href": site.put("/x.tif", body), **asset})
    with pytest.raises(UnreachableReference, match=why) as caught:
        staged(order, bench, x=ref("stac-item", put(site, "/i.json", document)))
    assert "Asset B04 of item scene" in caught.value.detail
    assert list((bench.root / "cache" / "copies").iterdir()) == []


def test_a_file_of_another_kind_is_given_with_a_warning(
    order: WorkOrder, bench: Bench, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    document = item(a={"href": site.put("/x.tif", b"\x89PNG..."), "type": "image/tiff"}, b={})
    inputs = staged(order, bench, x=ref("stac-item", put(site, "/i.json", document)))
    assert Path(inputs["x"]["path"]).with_name("x.tif").read_bytes() == b"\x89PNG..."
    assert "does not begin as image/tiff does" in caplog.text
    assert "asset b of item scene has no href" in caplog.text


def test_an_item_of_cdse_is_read_from_its_bucket(
    order: WorkOrder, bench: Bench, site: Site, s3: Service
) -> None:
    """``s3://eodata`` comes first, and is taken where the operator says how it is reached."""
    document = json.loads((ITEMS / "cdse.json").read_text())
    s3.client().create_bucket(Bucket="eodata")
    for key, asset in document["assets"].items():
        data = f"cdse {key}".encode()
        s3.put("eodata", asset["href"].removeprefix("s3://eodata/"), data)
        asset["file:checksum"], asset["file:size"] = multihash(data), len(data)
    known = replace(order.fetch, buckets=(("eodata", s3.settings()),))
    value = {"$stage-in": "stac-item", "value": document}
    inputs = staged(replace(order, fetch=known), bench, x=value)
    local = json.loads(Path(inputs["x"]["path"]).read_text())
    for key, asset in local["assets"].items():
        assert Path(inputs["x"]["path"]).parent.joinpath(asset["href"]).read_text() == f"cdse {key}"
        assert "alternate" not in asset
