"""Which cell is the contract: tagged, offered, or read because the deploy asked for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_ades.errors import InvalidPackage
from jupyter_ades.model import FetchPolicy, Process
from jupyter_ades.packages.base import Package
from jupyter_ades.packages.magics import installs
from jupyter_ades.packages.notebook import NotebookReader
from tests.unit.reading import cell, notebook

KERNELS = ("python3", "ir", "bash", "julia-1.10", "scala")


def read(tmp_path: Path, *cells: dict[str, Any], tag: bool = False, **metadata: Any) -> Process:
    book = notebook(*cells, **metadata)
    package = Package(data=json.dumps(book).encode(), name="a.ipynb", tag_parameters=tag)
    policy = FetchPolicy(user_folder=str(tmp_path))
    return NotebookReader().read(package, tmp_path, policy, KERNELS)


FIRST = [
    "a = 1\nb: str = 'x'  # text",
    "# settings\nfrom pathlib import Path\n\na = -1.5\nb: Path = Path('x')",
    "%matplotlib inline\na, b = 1, [2]",
    "'''About.'''\na: int\nb = {'k': (1, 2)}",
]


@pytest.mark.parametrize("source", FIRST)
def test_a_cell_of_plain_values_is_offered_and_can_be_taken(source: str, tmp_path: Path) -> None:
    cells = cell("# T", kind="markdown"), cell("import os\n%load_ext x"), cell(source), cell("1/0")
    offered = read(tmp_path, *cells)
    assert offered.inputs == ()
    (warning,) = offered.warnings
    assert warning["path"] == "cell 3"
    assert "Cell 3 only gives values to a, b:" in warning["detail"]
    assert '"tagParameters": true' in warning["detail"]
    written = json.loads((tmp_path / offered.entry).read_text())
    assert written == notebook(*cells)
    (tmp_path / offered.entry).unlink()
    taken = read(tmp_path, *cells, tag=True)
    assert [each.id for each in taken.inputs] == ["a", "b"]
    assert taken.warnings == ()
    tags = [
        each["metadata"].get("tags")
        for each in json.loads((tmp_path / taken.entry).read_text())["cells"]
    ]
    assert tags == [[], [], ["parameters"], []]


@pytest.mark.parametrize(
    "source",
    [
        "a = 1\nprint(a)",
        "a = f()",
        "a = [i for i in range(3)]",
        "a = 1\n!ls",
        "def f(): pass",
        "a.b = 1",
        "a = (",
        "for a in 1, 2: pass",
        "%%bash\nls",
    ],
)
def test_a_cell_that_does_more_is_not(source: str, tmp_path: Path) -> None:
    cells = cell("import os"), cell(source), cell("a = 1; print(a)")
    assert read(tmp_path, *cells).warnings == ()
    with pytest.raises(InvalidPackage, match="tag the cell that holds the parameters") as caught:
        read(tmp_path, *cells, tag=True)
    assert [each.path for each in caught.value.problems] == ["tagParameters"]


def test_a_tagged_cell_goes_first(tmp_path: Path) -> None:
    cells = cell("a = 1"), cell("b = 2", "parameters")
    process = read(tmp_path, *cells, tag=True)
    assert ([each.id for each in process.inputs], process.warnings) == (["b"], ())
    assert json.loads((tmp_path / process.entry).read_text()) == notebook(*cells)


LANGUAGES = [
    ("ir", "R", "library(sf)\nn <- 3L  # how many\nb = c('x')", ["n", "b"]),
    ("bash", "bash", "set -e\nn=3 # how many\nb=(x)", ["n", "b"]),
    ("julia-1.10", "julia", 'using Foo\nn = 3 # how many\nb = ["x"]', ["n", "b"]),
]


@pytest.mark.parametrize(("kernel", "language", "source", "names"), LANGUAGES)
@pytest.mark.parametrize("stated", [True, False])
def test_other_languages(
    kernel: str, language: str, source: str, names: list[str], stated: bool, tmp_path: Path
) -> None:
    spec = {"name": kernel, "display_name": "x"} | ({"language": language} if stated else {})
    tagged = read(tmp_path, cell(source, "parameters"), kernelspec=spec)
    assert [each.id for each in tagged.inputs] == names
    assert tagged.inputs[0].schema == {"type": "integer", "default": 3}
    assert tagged.inputs[0].description == "how many"
    assert tagged.inputs[1].schema["type"] == "array"
    assert not any(each.required for each in tagged.inputs)
    assert tagged.details == {"kernel": kernel, "language": language.lower()}
    (offer,) = read(tmp_path, cell(source), kernelspec=spec).warnings
    assert offer["path"] == "cell 1"
    assert read(tmp_path, cell(source), tag=True, kernelspec=spec).inputs == tagged.inputs
    assert read(tmp_path, cell(f"{source}\nls -l"), kernelspec=spec).warnings == ()


def test_a_language_that_is_not_read(tmp_path: Path) -> None:
    spec = {"name": "scala", "display_name": "x", "language": "scala"}
    process = read(tmp_path, cell("val x = 1", "parameters"), kernelspec=spec)
    assert process.inputs == ()
    assert process.warnings[0]["path"] == "cell 1"
    assert "a notebook in 'scala' are not read" in process.warnings[0]["detail"]


INSTALLS = [
    ("%pip install numpy", "%pip install"),
    ("import a\n  !pip install -q x", "!pip install"),
    ("!python -m pip install x", "!python -m pip install"),
    ("!{sys.executable} -m pip  install x", "!{sys.executable} -m pip install"),
    ("%conda install -y x", "%conda install"),
    ("!uv pip install x", "!uv pip install"),
    ("%pip --version", ""),
    ("# %pip install x", ""),
    ("print('%pip install x')", ""),
    ("x = 1", ""),
]


@pytest.mark.parametrize(("source", "command"), INSTALLS)
def test_cells_that_install(source: str, command: str, tmp_path: Path) -> None:
    assert installs(source) == command
    warnings = read(tmp_path, cell("print()"), cell(source)).warnings
    assert [each["path"] for each in warnings] == (["cell 2"] if command else [])
    if command:
        assert warnings[0]["detail"].startswith(f"'{command}' installs into the environment")


MAGICS = [
    ("%matplotlib inline\na = 1  # one\nb: str = '%d'  # two", {"a": "one", "b": "two"}),
    ("a = 1  # one\n!ls -l\n?a\na?\nb = 2  # two", {"a": "one", "b": "two"}),
    ("%%time\na = 1  # one", {"a": "one"}),
    ("files = !ls  # listed\nhere = %pwd\na = 1  # one", {"files": "", "here": "", "a": "one"}),
    ("text = '''\n!not a command\n%d\n'''  # text\n%pylab\n", {"text": "text"}),
    ("%%bash\na=1", {}),
]


@pytest.mark.parametrize(("source", "expected"), MAGICS)
def test_magics_in_the_parameters_cell(
    source: str, expected: dict[str, str], tmp_path: Path
) -> None:
    found = read(tmp_path, cell(source, "parameters")).inputs
    assert {each.id: each.description for each in found} == expected
    if "text" in expected:
        assert found[0].schema["default"] == "\n!not a command\n%d\n"


def test_an_error_after_a_magic_has_the_right_line(tmp_path: Path) -> None:
    with pytest.raises(InvalidPackage, match="cell 1, line 3"):
        read(tmp_path, cell("%matplotlib inline\na = 1\nb = = 2", "parameters"))
