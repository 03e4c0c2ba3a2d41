"""What jobs fetched is there for the next ones, and never in their way."""

from __future__ import annotations

import shutil
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_ades.orders import WorkOrder
from tests.s3.service import Service
from tests.s3.staging import Staged, item, multihash, ref, staged
from tests.worker.faulty_server import Answer, Site
from tests.worker.support import Bench


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


def test_a_disk_that_is_nearly_full_is_left_alone(
    order: WorkOrder, bench: Bench, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")
    for n, free in ((0, 10_000), (1, 500)):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: usage._replace(free=free))
        url = site.put(f"/{n}.tif", Answer(body=b"x" * 1000, headers={"ETag": f'"{n}"'}))
        staged(order, bench, f"job{n}", a=ref("file", url))
    copies = bench.root / "cache" / "copies"
    assert len([each for each in copies.iterdir() if not each.suffix]) == 1
