"""An image with Python, this package and what a notebook needs, made of what is installed here.

It is what the recipe of ``docs/users/export.md`` makes, for machines without a registry.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import BinaryIO

from packaging.requirements import Requirement

import jupyter_ades

#: Where packages are in the image, and the variable that says of a process that it runs in there.
SITE, INSIDE = "/site", "ADES_TEST_IMAGE"
#: What a notebook of the tests imports, itself or by this package: the whole has twice as much.
NEEDED = ("papermill", "ipykernel", "pystac", "msgspec", "psutil")
#: And what of that it does not.
LEFT_OUT = {"debugpy", "jedi"}
#: Parts of Python's own library that are.
NO_PYTHON = {"test", "idlelib", "tkinter", "ensurepip", "lib2to3", "site-packages", "dist-packages"}


def changes() -> list[str]:
    """What ``podman import`` is told of the image besides."""
    told = {"PATH": f"{sys.base_prefix}/bin:/bin", "PYTHONPATH": SITE, INSIDE: "1"}
    return [word for name, value in told.items() for word in ("--change", f"ENV {name}={value}")]


def write(file: BinaryIO) -> None:
    """Write the image's files as a tar archive."""
    standard = Path(sysconfig.get_paths()["stdlib"])
    python = Path(sys.executable).resolve()
    added: set[str] = set()
    with tarfile.open(fileobj=file, mode="w|") as archive:

        def kept(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
            """Leave out what is large or there already; podman takes no file twice."""
            path = Path(entry.name)
            if path.name in NO_PYTHON or path.suffix == ".a" or entry.name in added:
                return None
            added.add(entry.name)
            return entry

        def add(path: Path, name: str | Path) -> None:
            archive.add(path, str(name).lstrip("/"), filter=kept)

        add(python, Path(sys.base_prefix, "bin", "python3"))
        add(standard, standard)
        add(Path(jupyter_ades.__file__).parent, f"{SITE}/jupyter_ades")
        packages = [*_needed()]
        for path in packages:
            add(path, f"{SITE}/{path.relative_to(_site())}")
        compiled = [each for each in packages if ".so" in each.suffixes]
        for path in _libraries([python, *(standard / "lib-dynload").glob("*.so"), *compiled]):
            add(path.resolve(), path)
        for name in ("tmp", "proc", "sys", "dev", "etc"):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755
            archive.addfile(folder)


def _needed() -> Iterator[Path]:
    """The files of all packages in the image, but for this one's."""
    found: dict[str, Distribution] = {}
    for each in NEEDED:
        _installed(each, found)
    for package in found.values():
        yield from _files(package)


def _installed(name: str, found: dict[str, Distribution]) -> None:
    """Find a package and all that it needs."""
    key = name.lower().replace("_", "-")
    if key not in found and key not in LEFT_OUT:
        found[key] = distribution(name)
        for each in map(Requirement, found[key].requires or ()):
            if each.marker is None or each.marker.evaluate({"extra": ""}):
                _installed(each.name, found)


def _site() -> Path:
    return Path(sysconfig.get_paths()["purelib"])


def _files(package: Distribution) -> Iterator[Path]:
    """The files of a package below the folder of packages; its data and programs are elsewhere."""
    for each in package.files or ():
        path = Path(str(each.locate()))
        below = ".." not in each.parts and path.is_relative_to(_site())
        if below and path.is_file() and path.suffix != ".pth":
            yield path


def _libraries(programs: list[Path]) -> set[Path]:
    """The libraries of the system's that programs load."""
    said = subprocess.run(
        ["ldd", *map(str, programs)], capture_output=True, text=True, timeout=120
    ).stdout
    words = [word for line in said.splitlines() for word in line.split()]
    found = {Path(word) for word in words if word.startswith("/") and ".so" in word}
    return {each for each in found if not each.is_relative_to(_site()) and each.is_file()}
