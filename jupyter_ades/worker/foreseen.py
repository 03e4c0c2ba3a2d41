"""Pages of memory that a job writes to, copied while its process still waits for it.

A fork shares its parent's memory until one of them writes to a page, which is then copied: some
microseconds each, and a quarter of what a small job takes. Which pages are written to is much the
same for each process of a kind. So some that end note theirs, and what is forked ahead of a job has
them copied when the job is there. That takes no more memory than the job would; what was foreseen
wrongly costs its copy, and nothing else. Where the system does not tell, nothing is foreseen.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import struct
from array import array
from collections.abc import Iterator
from contextlib import suppress

#: Bytes of the notes of one kind of process.
ROOM = 2**18
#: Bytes that are copied ahead at the most.
MOST = 2**25
#: Before the notes of a kind: how many processes of it have ended, and bytes of the notes.
_HEAD = struct.Struct("QQ")
_PAGE = mmap.PAGESIZE
#: In ``/proc/self/pagemap`` (Linux, admin-guide/mm/pagemap): present, and mapped only here.
_OWN = 1 << 63 | 1 << 56
#: ``MADV_POPULATE_WRITE``, see madvise(2); an older Linux refuses it.
_POPULATE_WRITE = 23


class Foreseen:
    """What is foreseen for some kinds of process; made before the first fork, shared by all."""

    def __init__(self, kinds: tuple[str, ...]) -> None:
        self._kinds = kinds
        self._shared = mmap.mmap(-1, ROOM * len(kinds) + 1)
        self._madvise = ctypes.CDLL(None).madvise
        self._madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)

    @property
    def latest(self) -> str:
        """The kind that was seen last; the first one when none was."""
        return self._kinds[self._shared[-1]]

    def see(self, kind: str) -> None:
        """A process is of this kind, and the next one probably, too; others are not foreseen."""
        if kind in self._kinds:
            self._shared[-1] = self._kinds.index(kind)

    def copy(self, kind: str) -> None:
        """Copy the pages that a process of this kind writes to, before it does."""
        left = MOST
        for start, size in self._noted(kind):
            if size <= left and self._madvise(start, size, _POPULATE_WRITE) == 0:
                left -= size

    def note(self, kind: str) -> None:
        """At the end of a process: note the pages that it has written to, if its turn has come.

        It has for the first one, which reads what later ones find read, for the second, fourth,
        eighth, ...: what was noted stays true without much being done for it.
        """
        place = ROOM * self._kinds.index(kind)
        ended, size = _HEAD.unpack_from(self._shared, place)
        _HEAD.pack_into(self._shared, place, ended + 1, size)
        if ended & (ended + 1):
            return
        with suppress(OSError):
            data = array("Q", _own_pages()).tobytes()[: ROOM - _HEAD.size]
            begin = place + _HEAD.size
            self._shared[begin : begin + len(data)] = data
            _HEAD.pack_into(self._shared, place, ended + 1, len(data))

    def _noted(self, kind: str) -> Iterator[tuple[int, int]]:
        place = ROOM * self._kinds.index(kind)
        _, size = _HEAD.unpack_from(self._shared, place)
        begin = place + _HEAD.size
        numbers = array("Q", self._shared[begin : begin + size])
        return zip(numbers[::2], numbers[1::2], strict=True)


def _own_pages() -> Iterator[int]:
    """Address and bytes of each run of pages that are no other process's."""
    with open("/proc/self/pagemap", "rb", buffering=0) as pagemap:
        for start, end in list(_mappings()):
            size, place = (8 * (each // _PAGE) for each in (end - start, start))
            entries = array("Q", os.pread(pagemap.fileno(), size, place))
            for first, last in _runs(entries):
                yield start + first * _PAGE
                yield (last - first) * _PAGE


def _runs(entries: array[int]) -> Iterator[tuple[int, int]]:
    """Where each run of pages of its own begins, and what is after its end."""
    own = [number for number, entry in enumerate(entries) if entry & _OWN == _OWN]
    first = 0
    for place, number in enumerate(own):
        if place + 1 == len(own) or own[place + 1] != number + 1:
            yield own[first], number + 1
            first = place + 1


def _mappings() -> Iterator[tuple[int, int]]:
    """Where a process may write to memory that is its own."""
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        for line in maps:
            addresses, rights, *_ = line.split()
            if rights == "rw-p":
                start, _, end = addresses.partition("-")
                yield int(start, 16), int(end, 16)
