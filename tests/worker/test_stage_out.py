"""Stage-out: real files in, one valid STAC catalog out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_ades.errors import Unavailable
from jupyter_ades.orders import Results
from jupyter_ades.worker import delivery
from jupyter_ades.worker.stage_out import deliver, deliver_failed, discard
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


# files


def test_names_are_kept_apart_before_the_ending(job: Job) -> None:
    paths = [
        text(job.left / str(n) / name, str(n)) for n in range(3) for name in ("out.txt", "a.tar.gz")
    ]
    delivered = job.deliver({"files": [file(path) for path in paths]})
    names = ["out.txt", "a.tar.gz", "out_2.txt", "a_2.tar.gz", "out_3.txt", "a_3.tar.gz"]
    assert [each["href"] for each in delivered.outputs["files"]] == [f"wf-{JOB}/{n}" for n in names]
    assert (job.results / "out_3.txt").read_text() == "2"
    assert sorted(job.item().assets) == sorted(Path(name).stem for name in names)


def test_names_of_our_own_are_not_taken(job: Job) -> None:
    paths = [text(job.left / "catalog.json", "{}"), text(job.left / f"{JOB}.json", "{}")]
    delivered = job.deliver({"files": [file(path) for path in paths]})
    hrefs = [each["href"] for each in delivered.outputs["files"]]
    assert hrefs == [f"wf-{JOB}/catalog_2.json", f"wf-{JOB}/{JOB}_2.json"]
    job.catalog()


def test_secondary_files_stay_beside_their_first_and_keep_its_name(job: Job) -> None:
    pairs = []
    for n in "12":
        bam, index = text(job.left / n / "a.bam", n), text(job.left / n / "a.bam.bai", n)
        pairs.append(file(bam, secondaryFiles=[file(index)]))
    delivered = job.deliver({"reads": pairs})
    second = delivered.outputs["reads"][1]
    assert second["href"] == f"wf-{JOB}/a_2.bam"
    assert second["secondaryFiles"][0]["href"] == f"wf-{JOB}/a_2.bam.bai"
    assert (job.results / "a_2.bam.bai").read_text() == "2"


def test_folders_of_loose_files_are_kept_and_unsafe_names_are_not(job: Job) -> None:
    path, odd = text(job.left / "sub" / "x.csv"), text(job.left / "a#b?.txt")
    delivered = job.deliver(
        {
            "results": [
                file(path, relative="sub/x.csv"),
                file(odd),
                file(text(job.left / "y"), relative="../y"),
            ]
        }
    )
    hrefs = [each["href"] for each in delivered.outputs["results"]]
    assert hrefs == [f"wf-{JOB}/sub/x.csv", f"wf-{JOB}/a_b_.txt", f"wf-{JOB}/y"]
    asset = job.item().assets["x"]
    assert (asset.href, asset.media_type, asset.roles) == ("./sub/x.csv", "text/csv", ["data"])


@pytest.mark.parametrize(
    ("name", "kind", "role"),
    [
        ("a.png", "image/png", "overview"),
        ("thumbnail.jpg", "image/jpeg", "thumbnail"),
        ("a.geojson", "application/geo+json", "data"),
        ("a.json", "application/json", "metadata"),
        ("a.ipynb", "application/x-ipynb+json", "metadata"),
        ("a.nc", "application/netcdf", "data"),
        ("a.csv", "text/csv", "data"),
        ("a.txt", "text/plain", "metadata"),
        ("a.unheard-of", "application/octet-stream", "data"),
    ],
)
def test_media_types_and_roles(job: Job, name: str, kind: str, role: str) -> None:
    delivered = job.deliver({"out": file(text(job.left / name))})
    assert delivered.outputs["out"]["type"] == kind
    (asset,) = job.item().assets.values()
    assert (asset.media_type, asset.roles) == (kind, [role])


def test_what_the_package_says_of_a_file_goes_before_its_name(job: Job) -> None:
    iana = "https://www.iana.org/assignments/media-types/text/csv"
    edam = "http://edamontology.org/format_3464"
    outputs = {
        "a": file(text(job.left / "a.bin"), format=iana),
        "b": file(text(job.left / "b.json"), format=edam),
        "c": file(text(job.left / "c"), type="application/x-ipynb+json"),
    }
    types = {name: value["type"] for name, value in job.deliver(outputs).outputs.items()}
    assert types == {"a": "text/csv", "b": "application/json", "c": "application/x-ipynb+json"}


def test_literals_and_records_pass(job: Job) -> None:
    outputs = {
        "n": 1.5,
        "none": None,
        "flags": [True, False, None, 0, ""],
        "record": {"file": file(text(job.left / "a.txt")), "count": 2},
    }
    delivered = job.deliver(outputs).outputs
    assert delivered["flags"] == [True, False, None, 0, ""]
    assert (delivered["n"], delivered["none"]) == (1.5, None)
    assert delivered["record"] == {
        "file": {"href": f"wf-{JOB}/a.txt", "type": "text/plain"},
        "count": 2,
    }
    job.item()


def test_a_job_without_files_has_a_catalog_all_the_same(job: Job) -> None:
    job.deliver({"mean": 0.25})
    item = job.item()
    assert item.assets == {}
    assert item.properties["ades:job"] == JOB


def test_a_folder_without_a_catalog_is_delivered_as_files(job: Job) -> None:
    text(job.left / "out" / "a.txt")
    text(job.left / "out" / "deep" / "b.txt")
    (job.left / "empty").mkdir()
    delivered = job.deliver({"d": directory(job.left / "out"), "e": directory(job.left / "empty")})
    assert delivered.outputs == {
        "d": {"href": f"wf-{JOB}/out/", "type": "inode/directory"},
        "e": {"href": f"wf-{JOB}/empty/", "type": "inode/directory"},
    }
    assert (job.results / "empty").is_dir()
    hrefs = {asset.href for asset in job.item().assets.values()}
    assert hrefs == {"./out/a.txt", "./out/deep/b.txt"}


# links


def test_links_that_leave_the_outputs_are_not_followed(job: Job, tmp_path: Path) -> None:
    secret = text(tmp_path / "secret.txt", "secret")
    text(job.left / "out" / "a.txt", "mine")
    (job.left / "out" / "leaves").symlink_to(secret)
    (job.left / "out" / "folder").symlink_to(tmp_path)
    (job.left / "out" / "stays").symlink_to("a.txt")
    (job.left / "lone").symlink_to(secret)
    (job.left / "dangling").symlink_to(job.left / "nothing")
    delivered = job.deliver(
        {
            "d": directory(job.left / "out"),
            "f": file(job.left / "lone"),
            "g": [file(job.left / "dangling"), file(job.left / "missing.txt")],
        }
    )
    assert delivered.outputs["f"] is None
    assert delivered.outputs["g"] == []
    texts = [path.read_text() for path in job.results.rglob("*") if path.is_file()]
    assert "mine" in texts
    assert not any("secret" in each for each in texts if not each.startswith("{"))
    assert not any(path.is_symlink() for path in job.results.rglob("*"))


# the way there


def test_nothing_is_seen_before_it_is_whole(job: Job) -> None:
    seen: list[bool] = []
    states: list[list[str]] = []
    partial = job.results.with_name(f".{job.results.name}.partial")

    def tell(done: int, total: int, label: str) -> None:
        seen.append(job.results.exists())
        states.append(sorted(path.name for path in partial.iterdir()))

    outputs = {"f": file(text(job.left / "a.txt"))}
    deliver(job.order, outputs, started=STARTED, finished=FINISHED, tell=tell, scratch=job.scratch)
    assert seen == [False, False]
    assert states[0] == ["a.txt"]
    assert "catalog.json" in states[1]
    assert sorted(path.name for path in job.results.parent.iterdir()) == [job.results.name]


def test_what_was_computed_is_there_when_delivery_fails(job: Job) -> None:
    path = text(job.left / "a.txt", "dear")

    def tell(done: int, total: int, label: str) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(Unavailable, match=r"could not be delivered to .*No space left on device"):
        deliver(
            job.order,
            {"f": file(path)},
            started=STARTED,
            finished=FINISHED,
            tell=tell,
            scratch=job.scratch,
        )
    assert path.read_text() == "dear"
    assert list(job.results.parent.iterdir()) == []


def test_delivering_again_replaces(job: Job) -> None:
    job.deliver({"f": file(text(job.left / "a.txt"))})
    job.deliver({"f": file(text(job.left / "b.txt"))})
    assert not (job.results / "a.txt").exists()
    assert list(job.item().assets) == ["b"]
    assert [path.name for path in job.results.parent.iterdir()] == [job.results.name]


def test_files_are_copied_where_they_cannot_be_linked(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(delivery.os, "link", refuse)
    path = text(job.left / "a.txt", "here")
    job.deliver({"f": file(path)})
    assert (job.results / "a.txt").read_text() == "here"
    assert (job.results / "a.txt").stat().st_ino != path.stat().st_ino


def test_on_one_file_system_nothing_is_copied(job: Job) -> None:
    path = text(job.left / "a.txt")
    job.deliver({"f": file(path), "again": file(path)})
    assert (job.results / "a.txt").stat().st_ino == path.stat().st_ino
    assert len(job.item().assets) == 1


def test_a_failed_job_keeps_its_files_without_a_catalog(job: Job) -> None:
    own_catalog(job.left / "d", "one")
    outputs = {
        "notebook": file(text(job.left / "a.ipynb", "{}")),
        "d": directory(job.left / "d"),
        "late": None,
    }
    delivered = deliver_failed(job.order, outputs, job.scratch)
    assert delivered.catalog is None
    assert delivered.outputs["notebook"]["href"] == f"wf-{JOB}/a.ipynb"
    assert (job.results / "a.ipynb").is_file()
    assert (job.results / "d" / "one" / "one.json").is_file()
    assert not (job.results / "catalog.json").exists()


def test_a_failed_job_that_left_nothing_has_no_folder(job: Job) -> None:
    assert deliver_failed(job.order, {}, job.scratch) == Results()
    assert not job.results.exists()


def test_discarding_removes_all_of_it(job: Job) -> None:
    job.deliver({"f": file(text(job.left / "a.txt"))})
    job.results.with_name(f".{job.results.name}.partial").mkdir()
    discard(job.order, job.scratch)
    assert list(job.results.parent.iterdir()) == []
    discard(job.order, job.scratch)


def test_a_results_folder_that_cannot_be_written(job: Job, tmp_path: Path) -> None:
    text(tmp_path / "results", "a file is in the way")
    with pytest.raises(Unavailable, match="could not be delivered"):
        deliver_failed(job.order, {"f": file(text(job.left / "a.txt"))}, job.scratch)
    assert os.listdir(job.left) == ["a.txt"]
