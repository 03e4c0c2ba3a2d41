"""What a notebook job leaves besides its files: plots, and what the worker itself said."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import struct
import zipfile
import zlib
from pathlib import Path

from jupyter_ades.model import JobStatus
from tests.worker.support import NOTEBOOK, Bench, notebook


def png(shade: int) -> bytes:
    """A picture of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">2I5B", 1, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes([0, shade]))
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def showing(data: bytes, more: str = "") -> str:
    """A cell that shows a picture."""
    text = base64.b64encode(data).decode()
    return (
        f"# The {data[-20]} map\nimport base64\nfrom IPython.display import Image, display\n"
        f"data = base64.b64decode('{text}')\ndisplay(Image(data))\n{more}"
    )


def test_pictures_of_cells_are_assets(bench: Bench) -> None:
    one, two = png(1), png(2)
    save = "open('saved.png', 'wb').write(data)"
    book = notebook("x = 1", showing(one), showing(two, save), parameters="a = 1")
    running = bench.run(NOTEBOOK, {"a.ipynb": book}, stand_in=False, inputs={"a": 2})
    assert running.said[-1].status is JobStatus.SUCCESSFUL, running.log()
    hrefs = [each["href"].partition("/")[2] for each in running.results().outputs["results"]]
    assert hrefs == ["saved.png", "cell-4.png"]
    assert running.delivered("cell-4.png").read_bytes() == one
    item = json.loads(running.delivered(f"{running.order.job_id}.json").read_text())
    asset = item["assets"]["cell-4"]
    assert asset["href"] == "./cell-4.png"
    assert (asset["type"], asset["roles"]) == ("image/png", ["overview"])
    assert re.fullmatch(r"The \d+ map", asset["title"])
    assert set(item["assets"]) == {"a", "saved", "cell-4"}


def test_pictures_of_a_notebook_that_failed_are_kept(bench: Bench) -> None:
    book = notebook(showing(png(1)), "1/0")
    running = bench.run(NOTEBOOK, {"a.ipynb": book}, stand_in=False)
    assert running.said[-1].status is JobStatus.FAILED
    assert running.delivered("cell-2.png").read_bytes() == png(1)


def test_what_the_worker_logs_is_in_the_jobs_log(bench: Bench) -> None:
    cell = (
        "import json, os\n"
        "json.dump({'type': 'Catalog', 'links': [{'rel': 'item', 'href': 'i.json'}]},"
        " open('catalog.json', 'w'))\n"
        "json.dump({'type': 'Feature', 'id': 'i', 'stac_version': '1.0.0', 'geometry': None,"
        " 'properties': {}, 'links': [], 'assets': {'gone': {'href': 'gone.tif'}}},"
        " open('i.json', 'w'))"
    )
    running = bench.run(NOTEBOOK, {"a.ipynb": notebook(cell)}, stand_in=False)
    assert running.said[-1].status is JobStatus.SUCCESSFUL, running.log()
    found = [line for line in running.log().splitlines() if "has no asset gone" in line]
    assert len(found) == 1
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ warning: i has no asset gone", found[0])


def wheel(folder: Path) -> Path:
    """A package of one module, as pip installs it."""
    files = {
        "ades_small.py": "ANSWER = 42\n",
        "ades_small-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: ades-small\nVersion: 1\n",
        "ades_small-1.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: x\n"
        "Root-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},sha256={_digest(text)},{len(text)}\n" for name, text in files.items())
    path = folder / "ades_small-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        archive.writestr("ades_small-1.dist-info/RECORD", record)
    return path


def _digest(text: str) -> str:
    raw = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def test_a_cell_that_installs_a_package(bench: Bench) -> None:
    target = bench.root / "site"
    install = f"%pip install -q --no-index --no-deps --target {target} {wheel(bench.home)}"
    use = (
        f"import sys\nsys.path.insert(0, {str(target)!r})\n"
        "import ades_small\nprint('got', ades_small.ANSWER)"
    )
    running = bench.run(NOTEBOOK, {"a.ipynb": notebook(install, use)})
    assert running.said[-1].status is JobStatus.SUCCESSFUL, running.log()
    assert "got 42" in running.log()
