"""Application packages that the browser's tests deploy: quick, and with results to look at."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import notebook

#: A job that ends when a file exists.
GATE = 'gate: str = ""  # the job ends when this file exists'
WAIT = "import os, time\nwhile gate and not os.path.exists(gate): time.sleep(.05)"
#: Left half 0, right half 1, the upper left corner without a value; in UTM zone 32.
IMAGE = """
import numpy as np, rasterio
from rasterio.transform import from_origin
values = np.zeros((600, 600), "float32")
values[:, 300:] = 1
values[:100, :100] = np.nan
with rasterio.open("image.tif", "w", driver="COG", width=600, height=600, count=1,
                   dtype="float32", nodata=np.nan, crs="EPSG:32632", blocksize=256,
                   transform=from_origin(699960, 5000040, 10, 10)) as target:
    target.write(values, 1)
"""
PLAIN = """
import numpy as np, rasterio, warnings
warnings.simplefilter("ignore")
with rasterio.open("nowhere.tif", "w", driver="GTiff", width=64, height=64, count=1,
                   dtype="uint8") as target:
    target.write(np.ones((64, 64), "uint8"), 1)
"""
PICTURE = """
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
plt.imsave("plot.png", values[::10, ::10])
"""
#: Every kind of field, and what no field fits.
KINDS = """
from typing import Literal
text: str = "some text"  # a text
number: float = 0.5  # a number
whole: int = 3  # a whole number
flag: bool = False  # yes or no
choice: Literal["red", "green"] = "red"  # one of two
names: list[str] = ["a"]  # any number of texts
table: dict = {}  # anything JSON
maybe: int | None = None  # a number or nothing
"""
CHECKED = "assert choice == 'green' and whole == 4, (choice, whole)"
COUNTING = """
cwlVersion: v1.2
class: CommandLineTool
id: counting
label: Counting
baseCommand: [seq, "1", "20"]
inputs: {}
outputs: {}
"""


def write_packages(folder: Path) -> None:
    """Fill the user folder."""
    broken = notebook("", ("1 + 1", "1 / 0"), id="broken")
    files = {
        "slow.ipynb": notebook(GATE, (WAIT,)),
        "broken.ipynb": broken,
        "image.ipynb": notebook(GATE, (WAIT, IMAGE, PICTURE), id="image"),
        "nowhere.ipynb": notebook("", (PLAIN,), id="nowhere"),
        "kinds.ipynb": notebook(KINDS, (CHECKED,), id="kinds"),
        "counting.cwl": COUNTING.encode(),
        "notes.txt": b"not a package",
        "wrong.cwl": b"cwlVersion: v1.2\nclass: Nonsense\n",
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
