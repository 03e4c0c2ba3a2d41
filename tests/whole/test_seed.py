"""The seed's own example, whole: curl against a real server, a real scene, real pixels."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy
import pystac
import pytest
import requests
from matplotlib.image import imread

from tests.restart.server import Server
from tests.scene import (
    SNUGGS,
    VEGETATION_INDEX,
    check_cog,
    check_pixels,
    expect_index,
    make_scene,
    serving,
)
from tests.stac_validation import read_valid_catalog

PAYLOAD = Path(__file__).parents[2] / "notebooks" / "demo" / "payload.json"
BANDS = {"nbr": ("B05", "B02"), "ndvi": ("B05", "B03")}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_scene(tmp_path_factory.mktemp("scene"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("server"), base_url="/user/jane%40esa.int/")
    shutil.copy(SNUGGS, started.user_folder)
    shutil.copy(VEGETATION_INDEX, started.user_folder)
    started.start()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def reference(scene: Path) -> Iterator[str]:
    with serving(scene.parent) as address:
        yield f"{address}/{scene.name}"


def curl(*arguments: str) -> tuple[int, dict[str, str], Any]:
    """A curl line as the seed's page writes it; status, headers and JSON."""
    done = subprocess.run(
        ["curl", "-sS", "-i", "-H", "Authorization: token secret", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    head, _, body = done.stdout.partition("\n\n")
    first, *rest = head.splitlines()
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in rest)}
    return int(first.split()[1]), headers, json.loads(body)


def follow(server: Server, location: str) -> tuple[dict[str, Any], list[int]]:
    """The job's last status, and every value of its progress that was seen."""
    seen: list[int] = []
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline:
        _, _, status = curl(
            "-X", "GET", f"{server.origin}{location}", "-H", "accept: application/json"
        )
        if status["progress"] not in seen:
            seen.append(status["progress"])
        if status["status"] in ("successful", "failed"):
            return status, seen
        time.sleep(0.02)
    raise AssertionError("the job did not end in time")


def submit(server: Server, process: str, payload: Path) -> str:
    status, headers, body = curl(
        "-X",
        "POST",
        f"{server.root}/processes/{process}/jobs",
        *("-H", "accept: application/json"),
        *("-H", "Prefer: respond-async"),
        *("-H", "Content-Type: application/json"),
        *("-d", f"@{payload}"),
    )
    assert status == 201, body
    assert headers["location"] == f"/user/jane%40esa.int/terradue/wps3/jobs/{body['jobID']}"
    return headers["location"]


def catalog_of(server: Server, location: str) -> tuple[pystac.Catalog, Path]:
    """The catalog that the results name, valid, and the folder it is in."""
    _, _, results = curl("-X", "GET", f"{server.origin}{location}/results")
    (output,) = results["outputs"]
    assert output["id"] == "wf_outputs"
    uri = json.loads(output["value"]["inlineValue"])["StacCatalogUri"]
    job_id = location.rpartition("/")[2]
    assert uri == f"{server.origin}{location}/files/wf-{job_id}/catalog.json"
    folder = server.user_folder / "ades-results" / "terradue" / f"wf-{job_id}"
    _, _, served = curl("-X", "GET", uri)
    assert served == json.loads((folder / "catalog.json").read_text())
    return read_valid_catalog(folder / "catalog.json"), folder


def check_between(seen: list[int]) -> None:
    """Progress went up in steps that a client sees."""
    assert seen == sorted(seen)
    assert len([value for value in seen if 0 < value < 100]) >= 3
    assert seen[-1] == 100


def check_quicklook(answer: requests.Response, expected: Any) -> None:
    """Bright where the index is high, and nothing where there is none."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    red, _, _, alpha = (imread(BytesIO(answer.content)) * 255).round().transpose(2, 0, 1)
    assert red.shape == expected.shape
    assert ((alpha == 0) == numpy.isnan(expected)).all()
    order = numpy.argsort(expected[alpha > 0])
    assert (numpy.diff(red[alpha > 0][order].astype(int)) >= 0).all()
    assert red.max() - red.min() == 255


def test_the_seeds_payload_runs_to_a_catalog_with_the_right_pixels(
    server: Server, reference: str, scene: Path, tmp_path: Path
) -> None:
    deploy = {"executionUnit": {"href": "snuggs.cwl#snuggs", "type": "application/cwl"}}
    deployed = server.send("POST", "processes", json=deploy)
    assert (deployed.status_code, deployed.json()["id"]) == (201, "snuggs-0_3_0")
    payload = json.loads(PAYLOAD.read_text())
    payload["inputs"]["input_reference"] = reference
    (tmp_path / "payload.json").write_text(json.dumps(payload))
    location = submit(server, "snuggs-0_3_0", tmp_path / "payload.json")
    _, _, listed = curl("-X", "GET", f"{server.root}/jobs", "-H", "accept: application/json")
    assert location.rpartition("/")[2] in [job["jobID"] for job in listed["jobs"]]
    status, seen = follow(server, location)
    assert (status["status"], status["message"]) == ("successful", "Done"), status
    check_between(seen)
    catalog, folder = catalog_of(server, location)
    items = {item.id.rpartition("-")[2]: item for item in catalog.get_items()}
    assert set(items) == set(BANDS)
    for name, (first, second) in BANDS.items():
        image = folder / items[name].self_href.rpartition("/")[0] / f"{items[name].id}.tif"
        check_cog(image, side=480)
        check_pixels(image, expect_index(scene.parent, first, second))
        assert items[name].properties["ades:process"] == "snuggs-0_3_0"
        assert items[name].properties["proj:code"] == "EPSG:32632"


def test_the_notebook_gives_the_same_and_its_executed_self(
    server: Server, reference: str, scene: Path, tmp_path: Path
) -> None:
    deploy = {"executionUnit": {"href": "vegetation-index.ipynb"}}
    process = server.send("POST", "processes", json=deploy).json()["id"]
    payload = tmp_path / "payload.json"
    payload.write_text(json.dumps({"inputs": {"item": {"href": reference}, "index": "ndvi"}}))
    location = submit(server, process, payload)
    status, seen = follow(server, location)
    assert status["status"] == "successful", status
    check_between(seen)
    catalog, folder = catalog_of(server, location)
    (item,) = catalog.get_items()
    media = {asset.media_type for asset in item.assets.values()}
    assert "application/x-ipynb+json" in media
    assert "image/png" in media
    (image,) = folder.rglob("*.tif")
    expected = expect_index(scene.parent, "B08", "B04")
    check_pixels(image, expected)
    check_quicklook(server.send("GET", f"jobs/{status['jobID']}/quicklook.png"), expected)
    executed = json.loads((folder / "vegetation-index.ipynb").read_text())
    assert any(
        output.get("data", {}).get("image/png")
        for cell in executed["cells"]
        for output in cell.get("outputs", [])
    )


def test_what_a_tool_and_a_notebook_say_when_they_fail(
    server: Server, reference: str, tmp_path: Path
) -> None:
    payload = tmp_path / "payload.json"
    bad = {"input_reference": reference, "s_expression": ["x:(/ B99 B02)"]}
    payload.write_text(json.dumps({"inputs": bad}))
    status, _ = follow(server, submit(server, "snuggs", payload))
    assert status["status"] == "failed"
    assert "B99" in status["message"]
    answer = server.send("GET", f"jobs/{status['jobID']}/results")
    assert answer.status_code == 500
    assert answer.json()["detail"] == status["message"]
    log = server.send("GET", f"jobs/{status['jobID']}/log").text
    assert "B99" in log
    payload.write_text(json.dumps({"inputs": {"item": f"{reference}.missing"}}))
    status, _ = follow(server, submit(server, "vegetation-index", payload))
    assert status["status"] == "failed"
    assert "404" in status["message"]
    assert f"{reference}.missing" in status["message"]
