"""In-tree PEP 517 backend: the JupyterLab half is built first, setuptools does the rest.

setuptools leaves data_files out of an editable wheel, so an extension would be installed but not
enabled. Here they are added to that wheel; everything else is setuptools' own.
"""

from __future__ import annotations

import base64
import configparser
import hashlib
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import labextension
from setuptools import build_meta
from setuptools.build_meta import (  # noqa: F401
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

ROOT = Path(__file__).resolve().parent.parent
Settings = dict[str, Any] | None


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """What a build needs: setuptools' own, and Node where there is none that fits."""
    return [*build_meta.get_requires_for_build_wheel(config_settings), *labextension.requirements()]


get_requires_for_build_editable = get_requires_for_build_wheel
get_requires_for_build_sdist = get_requires_for_build_wheel


def build_wheel(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Build a wheel with both halves; its name."""
    labextension.build()
    name: str = build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)
    return name


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    """Build an sdist that brings the JupyterLab half built; its name."""
    labextension.build()
    name: str = build_meta.build_sdist(sdist_directory, config_settings)
    return name


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Build setuptools' editable wheel and add the data files to it; the wheel's name."""
    labextension.build()
    name: str = build_meta.build_editable(wheel_directory, config_settings, metadata_directory)
    _add_files(Path(wheel_directory, name), dict(_data_files("-".join(name.split("-")[:2]))))
    return name


def _data_files(distribution: str) -> Iterator[tuple[str, bytes]]:
    """Names in the wheel and contents of what setup.cfg lists under options.data_files."""
    metadata = configparser.ConfigParser()
    metadata.read(ROOT / "setup.cfg")
    for target, patterns in metadata["options.data_files"].items():
        for pattern in patterns.split():
            for source in sorted(ROOT.glob(pattern)):
                yield f"{distribution}.data/data/{target}/{source.name}", source.read_bytes()


def _add_files(wheel: Path, added: dict[str, bytes]) -> None:
    """Write the wheel anew with further files, each in its RECORD."""
    with zipfile.ZipFile(wheel) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    (record,) = (name for name in files if name.endswith(".dist-info/RECORD"))
    files[record] = "".join(map(_record_line, added.items())).encode() + files[record]
    partial = wheel.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**files, **added}.items():
            archive.writestr(name, content)
    os.replace(partial, wheel)


def _record_line(file: tuple[str, bytes]) -> str:
    name, content = file
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(content)}\n"
