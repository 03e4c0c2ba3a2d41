"""Staging in from buckets, catalogs, searches, and by a cache that jobs share."""

from __future__ import annotations

import hashlib
import json
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jupyter_ades.errors import AdesError, RefusedReference, UnreachableReference
from jupyter_ades.jobdir import JobDir
from jupyter_ades.model import Plan, WorkOrder
from jupyter_ades.worker.stage_in import stage_in
from tests.s3.service import Service
from tests.worker.faulty_server import Answer, Site, serving
from tests.worker.support import NOTEBOOK, Bench

ITEMS = Path(__file__).parents[1] / "data" / "stac-items"


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(root=tmp_path)


@pytest.fixture
def order(bench: Bench, site: Site, s3: Service) -> WorkOrder:
    """A job that may read moto's buckets and the site, with a cache."""
    made = bench.order(NOTEBOOK, Plan(runner="x", argv=("x",)))
    policy = replace(
        made.fetch,
        allow_hosts=(f"127.0.0.1:{site.port}",),
        attempts=1,
        buckets=(("closed-*/open", s3.settings()), ("bucket-*", s3.settings())),
    )
    return replace(
        made, fetch=policy, cache_folder=str(bench.root / "cache"), cache_bytes=10 * 2**20
    )


Staged = dict[str, Any]


def staged(order: WorkOrder, bench: Bench, job: str = "job", **inputs: Any) -> Staged:
    folder = bench.root / job
    folder.mkdir(exist_ok=True)
    return stage_in(replace(order, inputs=inputs), JobDir(folder), lambda *_: None)


def ref(kind: str, href: str, **more: Any) -> dict[str, Any]:
    return {"$stage-in": kind, "href": href, **more}


def item(name: str = "scene", **assets: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": name,
        "geometry": None,
        "properties": {"datetime": "2020-01-01T00:00:00Z"},
        "links": [],
        "assets": {
            key: asset if isinstance(asset, dict) else {"href": asset}
            for key, asset in assets.items()
        },
    }


def put(site: Site, path: str, document: Any) -> str:
    return site.put(path, json.dumps(document).encode())


def files(folder: str | Path) -> dict[str, bytes]:
    root = Path(folder)
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


# buckets


@pytest.mark.parametrize("key", ["a.tif", "in/ü ñ.tif", "a+b c%20d#e?f.tif", "x" * 120])
def test_an_object_is_a_file_under_its_own_key(
    order: WorkOrder, bench: Bench, s3: Service, key: str
) -> None:
    href = s3.put(s3.bucket(), key, key.encode())
    inputs = staged(order, bench, x=ref("file", href))
    path = Path(inputs["x"]["path"])
    assert path.read_text() == key
    assert inputs["x"].get("basename", path.name) == key.rpartition("/")[2]
    assert inputs["x"]["href"] == href


def test_a_large_object_arrives_whole(order: WorkOrder, bench: Bench, s3: Service) -> None:
    data = bytes(range(256)) * (20 * 2**20 // 256)
    inputs = staged(order, bench, x=ref("file", s3.put(s3.bucket(), "large.bin", data)))
    assert Path(inputs["x"]["path"]).read_bytes() == data


@pytest.mark.parametrize("slash", ["/", ""])
def test_a_prefix_is_a_folder(order: WorkOrder, bench: Bench, s3: Service, slash: str) -> None:
    bucket = s3.bucket()
    wanted = {"one.txt": b"1", "deep/ü +.txt": b"2", "deep/er/x": b""}
    for name, data in wanted.items():
        s3.put(bucket, f"some/scene 1/{name}", data)
    s3.put(bucket, "some/scene 1/marker/", b"")
    s3.put(bucket, "some/scene 10/other", b"3")
    inputs = staged(order, bench, x=ref("directory", f"s3://{bucket}/some/scene 1{slash}"))
    folder = Path(inputs["x"]["path"])
    assert folder.name == "scene 1"
    assert files(folder) == wanted


@pytest.mark.parametrize(
    ("href", "error", "why"),
    [
        ("s3://bucket-none/x.tif", UnreachableReference, "there is no such"),
        ("s3://{bucket}/none.tif", UnreachableReference, "there is no such object"),
        ("s3://{bucket}/a/../b", RefusedReference, "step '.' or '..'"),
        ("s3://../b", RefusedReference, "no name of a bucket"),
        ("s3://user:pass@bucket/b", RefusedReference, "no name of a bucket"),
        ("s3://other/b", RefusedReference, "may not name s3://other"),
        ("s3://closed-1/else/b", RefusedReference, "may not name s3://closed-1"),
        ("s3://closed-1/opened/b", RefusedReference, "may not name s3://closed-1"),
    ],
)
def test_what_cannot_be_read_from_a_bucket_is_said(
    order: WorkOrder, bench: Bench, s3: Service, href: str, error: type[AdesError], why: str
) -> None:
    with pytest.raises(error, match=why) as caught:
        staged(order, bench, x=ref("file", href.format(bucket=s3.bucket())))
    assert caught.value.detail.startswith("Input x: ")


def test_keys_that_are_no_paths_are_refused(order: WorkOrder, bench: Bench, s3: Service) -> None:
    for keys, why in (
        (["p/a/../../x"], "empty step"),
        (["p//x"], "empty step"),
        (["p/a", "p/a/b"], "another key is a folder"),
        (["p/" + "x" * 300], "longer than 255"),
    ):
        bucket = s3.bucket()
        for key in keys:
            s3.put(bucket, key)
        with pytest.raises(RefusedReference, match=why):
            staged(
                order,
                bench,
                f"job {keys[0][:9]}".replace("/", "_"),
                x=ref("directory", f"s3://{bucket}/p/"),
            )
    with pytest.raises(UnreachableReference, match="holds nothing"):
        staged(order, bench, "empty", x=ref("directory", f"s3://{s3.bucket()}/p/"))


def test_an_item_in_a_bucket_has_relative_assets_there(
    order: WorkOrder, bench: Bench, s3: Service
) -> None:
    bucket = s3.bucket()
    s3.put(bucket, "c/B+4 ü.tif", b"four")
    s3.put(bucket, "c/items/B8.tif", b"eight")
    document = item(B4="../B+4 ü.tif", B8="./B8.tif")
    href = s3.put(bucket, "c/items/scene.json", json.dumps(document).encode())
    inputs = staged(order, bench, x=ref("stac-item", href))
    found = files(Path(inputs["x"]["path"]).parent)
    assert found.pop("scene.json")
    assert found == {"B+4 ü.tif": b"four", "B8.tif": b"eight"}


# several items


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


# assets


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


def multihash(data: bytes) -> str:
    return f"1220{hashlib.sha256(data).hexdigest()}"


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


# the cache


def test_what_one_job_fetched_the_next_one_links(
    order: WorkOrder, bench: Bench, site: Site, s3: Service
) -> None:
    etag = {"ETag": '"1"'}
    unchanged = Answer(status=304, headers=etag)
    url = site.put("/a.tif", Answer(body=b"a", headers=etag), unchanged)
    key = s3.put(s3.bucket(), "b.tif", b"b")
    first = staged(order, bench, "one", a=ref("file", url), b=ref("file", key))
    second = staged(order, bench, "two", a=ref("file", url), b=ref("file", key))
    for name in ("a", "b"):
        one, two = Path(first[name]["path"]), Path(second[name]["path"])
        assert one.stat().st_ino == two.stat().st_ino
        assert two.read_text() == name
        assert two.stat().st_mode & 0o777 == 0o444
    assert site.asked[1][1]["If-None-Match"] == '"1"'


def test_a_new_version_is_fetched(order: WorkOrder, bench: Bench, site: Site, s3: Service) -> None:
    answers = [Answer(body=body, headers={"ETag": f'"{body!r}"'}) for body in (b"old", b"new")]
    url = site.put("/a.tif", *answers)
    bucket = s3.bucket()
    for n, body in enumerate((b"old", b"new")):
        key = s3.put(bucket, "b.tif", body)
        inputs = staged(order, bench, f"job{n}", a=ref("file", url), b=ref("file", key))
        assert [Path(inputs[each]["path"]).read_bytes() for each in "ab"] == [body, body]
    assert Path(bench.root / "job0/inputs/a/a.tif").read_bytes() == b"old"


def test_what_has_no_version_is_fetched_each_time(
    order: WorkOrder, bench: Bench, site: Site
) -> None:
    url = site.put("/a.tif", b"a")
    for n in range(2):
        staged(order, bench, f"job{n}", a=ref("file", url))
    assert site.times("/a.tif") == 2


def test_a_signature_makes_no_other_file(order: WorkOrder, bench: Bench, site: Site) -> None:
    etag = {"ETag": '"1"'}
    site.put("/a.tif", Answer(body=b"a", headers=etag), Answer(status=304, headers=etag))
    for n, query in enumerate(("se=1&sig=abc", "se=2&sig=def")):
        inputs = staged(order, bench, f"j{n}", a=ref("file", f"{site.url}/a.tif?{query}"))
        assert Path(inputs["a"]["path"]).read_bytes() == b"a"
    assert site.asked[-1][1]["If-None-Match"] == '"1"'


def test_a_declared_checksum_needs_no_network(order: WorkOrder, bench: Bench, site: Site) -> None:
    asset = {"href": site.put("/a.tif", b"data"), "file:checksum": multihash(b"data")}
    other = {"href": f"{site.url}/elsewhere/a.tif", "file:checksum": multihash(b"data")}
    for n, each in enumerate((asset, other)):
        value = {"$stage-in": "stac-item", "value": item(a=each)}
        inputs = staged(order, bench, f"job{n}", x=value)
        assert Path(inputs["x"]["path"]).with_name("a.tif").read_bytes() == b"data"
    assert (site.times("/a.tif"), site.times("/elsewhere/a.tif")) == (1, 0)


def test_a_copy_that_a_job_wrote_into_is_dropped(
    order: WorkOrder, bench: Bench, site: Site
) -> None:
    etag = {"ETag": '"1"'}
    url = site.put("/a.tif", Answer(body=b"good", headers=etag))
    path = Path(staged(order, bench, "one", a=ref("file", url))["a"]["path"])
    path.chmod(0o644)
    path.write_bytes(b"evil")
    again = staged(order, bench, "two", a=ref("file", url))
    assert Path(again["a"]["path"]).read_bytes() == b"good"


def test_jobs_that_want_one_thing_at_once_fetch_it_once(
    order: WorkOrder, bench: Bench, site: Site
) -> None:
    gate, etag = threading.Event(), {"ETag": '"1"'}
    url = site.put(
        "/a.tif",
        Answer(body=b"x" * 5000, headers=etag, wait=gate),
        Answer(status=304, headers=etag),
    )
    found: list[Staged] = []
    jobs = [
        threading.Thread(
            target=lambda n=n: found.append(staged(order, bench, f"j{n}", a=ref("file", url)))
        )
        for n in range(4)
    ]
    for job in jobs:
        job.start()
    gate.set()
    for job in jobs:
        job.join(30)
    assert len({Path(each["a"]["path"]).stat().st_ino for each in found}) == 1
    assert len(found) == 4
    conditional = ["If-None-Match" in headers for _, headers in site.asked]
    assert sorted(conditional) == [False, True, True, True]


def test_what_was_used_longest_ago_is_dropped(order: WorkOrder, bench: Bench, site: Site) -> None:
    small = replace(order, cache_bytes=2500)
    urls = [
        site.put(
            f"/{n}.tif",
            Answer(body=b"x" * 1000, headers={"ETag": f'"{n}"'}),
            Answer(status=304, headers={"ETag": f'"{n}"'}),
        )
        for n in range(3)
    ]
    for n, url in enumerate([urls[0], urls[1], urls[0], urls[2]]):
        staged(small, bench, f"job{n}", a=ref("file", url))
    copies = bench.root / "cache" / "copies"
    assert len([each for each in copies.iterdir() if not each.suffix]) == 2
    # The first one was used again, so the second one went.
    staged(small, bench, "again", a=ref("file", urls[0]))
    assert site.asked[-1][1].get("If-None-Match") == '"0"'
    assert len(list((bench.root / "cache" / "addresses").iterdir())) == 2
    assert Path(bench.root / "job1/inputs/a/1.tif").stat().st_size == 1000


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="there is no second file system")
def test_a_cache_on_another_file_system_is_out_of_the_way(
    order: WorkOrder, bench: Bench, site: Site
) -> None:
    url = site.put("/a.tif", Answer(body=b"a", headers={"ETag": '"1"'}))
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        away = replace(order, cache_folder=f"{folder}/cache")
        for n in range(2):
            path = Path(staged(away, bench, f"job{n}", a=ref("file", url))["a"]["path"])
            assert path.stat().st_nlink == 1
    assert all("If-None-Match" not in headers for _, headers in site.asked)


def test_without_a_cache_files_are_the_jobs_own(order: WorkOrder, bench: Bench, site: Site) -> None:
    url = site.put("/a.tif", Answer(body=b"a", headers={"ETag": '"1"'}))
    path = Path(staged(replace(order, cache_bytes=0), bench, a=ref("file", url))["a"]["path"])
    assert path.stat().st_nlink == 1
    assert not (bench.root / "cache").exists()
