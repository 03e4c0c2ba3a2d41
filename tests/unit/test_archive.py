"""Zips from anybody: nothing lands outside the folder, and bombs stay small."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_ades.errors import AdesError, InvalidPackage, TooLarge
from jupyter_ades.packages import archive, contents
from jupyter_ades.packages.archive import extract

ROOM = 10 * 2**20


def made(*entries: tuple[str | zipfile.ZipInfo, bytes], deflated: bool = True) -> bytes:
    """A zip with these entries."""
    buffer = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, data in entries:
            file.writestr(name, data)
    return buffer.getvalue()


def entry(name: str, mode: int = 0o100644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def files(folder: Path) -> dict[str, bytes]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_files_land_where_they_say(tmp_path: Path) -> None:
    data = made(
        ("a.ipynb", b"{}"),
        ("data/", b""),
        ("./data//é b.csv", b"1,2"),
        (entry("run.sh", 0o100755), b"ls"),
        (".git/config", b"x"),
        ("data/.ipynb_checkpoints/a", b"x"),
        ("__MACOSX/a", b"x"),
        ("lib/__pycache__/a.pyc", b"x"),
        ("ades-results/wf/x.tif", b"x"),
    )
    extract(data, tmp_path, ROOM)
    assert files(tmp_path) == {"a.ipynb": b"{}", "data/é b.csv": b"1,2", "run.sh": b"ls"}
    assert stat.S_IMODE((tmp_path / "run.sh").stat().st_mode) == 0o755


REFUSED: list[tuple[str | zipfile.ZipInfo, str]] = [
    ("../up.txt", r"'\.\./up\.txt' leads out of the zip"),
    ("a/../../up.txt", "leads out of the zip"),
    ("a/..", "leads out of the zip"),
    ("/etc/passwd", "'/etc/passwd' is an absolute path"),
    ("C:/x", "is an absolute path"),
    ("a\\b", "backslashes"),
    ("a\nb", "control characters"),
    ("x" * 300, "too long"),
    ("/".join(["abcdefgh"] * 200), "too long"),
    (entry("link", stat.S_IFLNK | 0o777), "'link' is a symbolic link"),
    (entry("pipe", stat.S_IFIFO | 0o644), "neither a file nor a folder"),
]


@pytest.mark.parametrize(("name", "message"), REFUSED)
def test_names_that_lead_elsewhere(
    name: str | zipfile.ZipInfo, message: str, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    with pytest.raises(InvalidPackage, match=message) as caught:
        extract(made(("good.txt", b"1"), (name, b"bad")), folder, ROOM)
    assert len(caught.value.problems) == 1
    assert files(tmp_path) == {}


def test_a_nul_in_a_name(tmp_path: Path) -> None:
    data = made(("aXb.txt", b"1")).replace(b"aXb.txt", b"a\0b.txt")
    with pytest.raises(InvalidPackage, match="control characters"):
        extract(data, tmp_path, ROOM)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("a", "a"), "'a' is in the zip twice"),
        (("a/b", "a//./b"), "'a/b' is in the zip twice"),
        (("a", "a/b"), "'a' is a file and a folder"),
        (("a/b/c", "a"), "'a' is a file and a folder"),
    ],
)
def test_names_that_are_there_twice(names: tuple[str, ...], message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidPackage, match=message):
        extract(made(*((name, b"x") for name in names)), tmp_path, ROOM)


def flagged(data: bytes, offset: int, value: int) -> bytes:
    """A zip of one entry with a field of both its headers changed."""
    changed = bytearray(data)
    central = data.index(b"PK\x01\x02")
    struct.pack_into("<H", changed, offset, value)
    struct.pack_into("<H", changed, central + offset + 2, value)
    return bytes(changed)


CHANGED: list[tuple[Callable[[bytes], bytes], str]] = [
    (lambda data: flagged(data, 6, 1), "'a.txt' is encrypted"),
    (lambda data: flagged(data, 8, 12), "compressed in a way other than"),
    (lambda data: flagged(data, 8, 99), "compressed in a way other than"),
    (lambda data: data[:-30], "not a zip"),
    (lambda data: data[20:], "not a zip|cannot be read"),
    (lambda data: b"PK\x03\x04", "not a zip"),
    (lambda data: b"", "not a zip"),
    (lambda data: data.replace(b"hello", b"jello", 1), "'a.txt' cannot be read.*CRC"),
    (lambda data: data.replace(b"PK\x03\x04", b"PK\x03\x05", 1), "'a.txt' cannot be read"),
]


@pytest.mark.parametrize(("change", "message"), CHANGED)
def test_zips_that_are_broken(
    change: Callable[[bytes], bytes], message: str, tmp_path: Path
) -> None:
    data = made(("a.txt", b"hello"), deflated=False)
    with pytest.raises(InvalidPackage, match=message):
        extract(change(data), tmp_path, ROOM)


def test_a_bomb_is_cut_off_by_its_ratio(tmp_path: Path) -> None:
    data = made(("zeros.bin", bytes(50 * 2**20)))
    assert len(data) < 100_000
    with pytest.raises(InvalidPackage, match=r"'zeros\.bin' inflates to more than 250 times"):
        extract(data, tmp_path, 10**9)
    assert (tmp_path / "zeros.bin").stat().st_size < 15 * 2**20


def test_a_bomb_of_many_is_cut_off_by_its_size(tmp_path: Path) -> None:
    data = made(*((f"{number}.bin", bytes(2**20)) for number in range(40)))
    with pytest.raises(TooLarge, match=r"more than 10485760 bytes together, which '10\.bin'"):
        extract(data, tmp_path, ROOM)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= ROOM


def test_a_header_that_lies_about_the_size(tmp_path: Path) -> None:
    data = made(("a.bin", bytes(3 * 2**20)))
    lying = data.replace(struct.pack("<I", 3 * 2**20), struct.pack("<I", 5))
    with pytest.raises(InvalidPackage, match=r"'a\.bin' cannot be read"):
        extract(lying, tmp_path, ROOM)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 2**20


def test_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "MOST_FILES", 3)
    data = made(*((f"{number}.txt", b"") for number in range(5)))
    with pytest.raises(TooLarge, match=r"more than 3 files \('3\.txt' is one too many\)"):
        extract(data, tmp_path, ROOM)
    monkeypatch.setattr(archive, "MOST_ENTRIES", 4)
    with pytest.raises(TooLarge, match="more than 4 entries"):
        extract(data, tmp_path, ROOM)


def test_overlapping_entries_are_bounded(tmp_path: Path) -> None:
    """A list in which 1000 entries name the same compressed bytes."""
    inner = zlib.compress(bytes(2**20), 9)[2:-4]
    local = struct.pack(
        "<4s5H3I2H",
        b"PK\x03\x04",
        20,
        0,
        8,
        0,
        33,
        zlib.crc32(bytes(2**20)),
        len(inner),
        2**20,
        1,
        0,
    )
    listed = b"".join(
        struct.pack(
            "<4s6H3I5H2I",
            b"PK\x01\x02",
            20,
            20,
            0,
            8,
            0,
            33,
            zlib.crc32(bytes(2**20)),
            len(inner),
            2**20,
            4,
            0,
            0,
            0,
            0,
            0,
            0,
        )
        + f"{number:04}".encode()
        for number in range(1000)
    )
    first = local + b"a" + inner
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1000, 1000, len(listed), len(first), 0)
    with pytest.raises(AdesError):
        extract(first + listed + end, tmp_path, ROOM)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= ROOM


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 400), st.binary(min_size=1, max_size=4))
def test_no_damage_makes_it_stumble(
    tmp_path_factory: pytest.TempPathFactory, place: int, damage: bytes
) -> None:
    data = made(("a.ipynb", b"{}" * 50), ("b/c.txt", b"text"))
    place %= len(data)
    folder = tmp_path_factory.mktemp("zip")
    try:
        extract(data[:place] + damage + data[place + len(damage) :], folder, ROOM)
    except AdesError as error:
        assert error.detail  # noqa: PT017
