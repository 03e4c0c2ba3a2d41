"""Staging in from buckets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jupyter_ades.errors import AdesError, RefusedReference, UnreachableReference
from jupyter_ades.orders import WorkOrder
from tests.s3.service import Service
from tests.s3.staging import files, item, ref, staged
from tests.worker.support import Bench


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
