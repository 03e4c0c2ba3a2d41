"""Checksums as STAC's file extension writes them: multihashes in hexadecimal.

Two numbers, which hash function and how many bytes, and then the digest. The two well-kept
libraries bring five to six others for the hash functions that :mod:`hashlib` has.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

#: Code of the multicodec table to hashlib's name.
_FUNCTIONS = {
    0x11: "sha1",
    0x12: "sha256",
    0x13: "sha512",
    0x14: "sha3_512",
    0x15: "sha3_384",
    0x16: "sha3_256",
    0x17: "sha3_224",
    0x20: "sha384",
    0xB220: "blake2b",
    0xB240: "blake2b",
    0xB260: "blake2s",
    0xD5: "md5",
    0x1013: "sha224",
}


@dataclass(frozen=True, kw_only=True)
class Multihash:
    """What a file's bytes must come to."""

    function: str
    digest: bytes

    @property
    def name(self) -> str:
        """Safe in a file name, the same for the same content."""
        return f"{self.function}-{self.digest.hex()}"

    def fits(self, path: Path) -> bool:
        """Whether a file's bytes come to this digest; reads all of it."""
        with open(path, "rb") as file:
            return hashlib.file_digest(file, self._new).digest() == self.digest

    def _new(self) -> hashlib._Hash:
        if self.function.startswith("blake2"):
            made: hashlib._Hash = getattr(hashlib, self.function)(digest_size=len(self.digest))
            return made
        return hashlib.new(self.function, usedforsecurity=False)


def read_multihash(text: object) -> Multihash | None:
    """The checksum that a text spells; None for one that is not known, or is none."""
    if not isinstance(text, str):
        return None
    try:
        code, rest = _number(bytes.fromhex(text))
        length, digest = _number(rest)
    except (ValueError, IndexError):
        return None
    function = _FUNCTIONS.get(code)
    if function is None or length != len(digest) or not _has_length(function, length):
        return None
    return Multihash(function=function, digest=digest)


def _has_length(function: str, length: int) -> bool:
    if function.startswith("blake2"):
        return 1 <= length <= (64 if function == "blake2b" else 32)
    return length == hashlib.new(function, usedforsecurity=False).digest_size


def _number(data: bytes) -> tuple[int, bytes]:
    """An unsigned LEB128 number and what follows it."""
    number = shift = place = 0
    while True:
        number |= (data[place] & 0x7F) << shift
        shift, place = shift + 7, place + 1
        if not data[place - 1] & 0x80:
            return number, data[place:]
