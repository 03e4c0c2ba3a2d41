"""Multihashes: which are understood, and that they tell files apart."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_ades.worker.multihash import read_multihash

DATA = b"data"
FUNCTIONS = {
    "11": "sha1",
    "12": "sha256",
    "13": "sha512",
    "14": "sha3_512",
    "15": "sha3_384",
    "16": "sha3_256",
    "17": "sha3_224",
    "d501": "md5",
    "9320": "sha224",
    "20": "sha384",
    "a0e402": "blake2b",
}


@pytest.mark.parametrize("code", FUNCTIONS)
def test_a_hash_of_each_kind_fits_its_file_only(code: str, tmp_path: Path) -> None:
    digest = (
        hashlib.blake2b(DATA, digest_size=32)
        if FUNCTIONS[code] == "blake2b"
        else hashlib.new(FUNCTIONS[code], DATA)
    )
    found = read_multihash(f"{code}{digest.digest_size:02x}{digest.hexdigest()}")
    assert found is not None
    assert found.function == FUNCTIONS[code]
    (tmp_path / "good").write_bytes(DATA)
    (tmp_path / "bad").write_bytes(DATA + b".")
    assert found.fits(tmp_path / "good")
    assert not found.fits(tmp_path / "bad")


def test_the_checksum_of_a_real_item() -> None:
    text = "16202ddbfb62477c535fd27e280b64a202ddf6c5f853d2192ed6bbcd15d89b1aa458"
    found = read_multihash(text)
    assert found is not None
    assert (found.function, found.digest.hex()) == ("sha3_256", text[4:])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12",
        "1220",
        "1220ab",
        "1221" + "00" * 33,
        "ff" * 40,
        "zz",
        "sha256:abc",
        None,
        3,
        "00ff",
    ],
)
def test_what_is_none_is_none(text: object) -> None:
    assert read_multihash(text) is None


@given(st.binary(max_size=80))
def test_no_text_breaks_it(data: bytes) -> None:
    found = read_multihash(data.hex())
    assert found is None or data.endswith(found.digest)
