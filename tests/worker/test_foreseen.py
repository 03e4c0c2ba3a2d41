"""What is copied ahead of a job, seen by the page faults that it saves."""

from __future__ import annotations

import mmap
import os
import resource
import sys
from collections.abc import Callable

import pytest

from jupyter_ades.worker.foreseen import ROOM, Foreseen

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")

PAGES = 512


@pytest.fixture
def memory() -> mmap.mmap:
    """Memory of this process, every page of it written to, that forks share."""
    made = mmap.mmap(-1, PAGES * mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    made.madvise(mmap.MADV_NOHUGEPAGE)
    made.write(b"x" * len(made))
    return made


def in_a_fork(play: Callable[[], int]) -> int:
    """What it gives, called in a fork of this process."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(writing, str(play()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(pid, 0)
    with os.fdopen(reading, "rb") as said:
        return int(said.read())


def write_every_other(memory: mmap.mmap, first: int = 0, end: int = PAGES) -> int:
    """Write to every other page; the page faults that it took."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for page in range(first, end, 2):
        memory[page * mmap.PAGESIZE] = 1
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def ended(foreseen: Foreseen, kind: str, memory: mmap.mmap) -> int:
    """A process of a kind that comes to its end."""
    faults = write_every_other(memory)
    foreseen.note(kind)
    return faults


def begun(foreseen: Foreseen, kind: str, memory: mmap.mmap) -> int:
    """One that is forked ahead, and then does the same."""
    foreseen.copy(kind)
    assert bytes(memory[:: mmap.PAGESIZE]) == b"x" * PAGES
    return write_every_other(memory)


def test_what_one_process_wrote_to_the_next_finds_copied(memory: mmap.mmap) -> None:
    foreseen = Foreseen(("a", "b"))
    assert in_a_fork(lambda: begun(foreseen, "a", memory)) >= PAGES / 2
    assert in_a_fork(lambda: ended(foreseen, "a", memory)) >= PAGES / 2
    assert in_a_fork(lambda: begun(foreseen, "a", memory)) < PAGES / 20
    # Nothing is known of the other kind.
    assert in_a_fork(lambda: begun(foreseen, "b", memory)) >= PAGES / 2


#: Pages that each of some processes writes to, each to others.
BLOCK = 64


def test_pages_are_noted_at_the_first_end_the_second_the_fourth(memory: mmap.mmap) -> None:
    foreseen = Foreseen(("a",))

    def end(number: int) -> int:
        write_every_other(memory, number * BLOCK, (number + 1) * BLOCK)
        foreseen.note("a")
        return 0

    def expected() -> int:
        """Whose pages the next process finds copied."""
        foreseen.copy("a")
        faults = [
            write_every_other(memory, place, place + BLOCK) for place in range(0, PAGES, BLOCK)
        ]
        (copied,) = (number for number, few in enumerate(faults) if few < BLOCK / 4)
        return copied

    found = []
    for number in range(8):
        in_a_fork(lambda number=number: end(number))
        found.append(in_a_fork(expected))
    assert found == [0, 1, 1, 3, 3, 3, 3, 7]


def test_the_kind_seen_last_is_expected_next() -> None:
    foreseen = Foreseen(("a", "b"))
    assert foreseen.latest == "a"
    in_a_fork(lambda: foreseen.see("b") or 0)
    assert foreseen.latest == "b"
    foreseen.see("unknown")
    assert foreseen.latest == "b"


def test_notes_that_were_cut_short_by_another_do_no_harm(memory: mmap.mmap) -> None:
    foreseen = Foreseen(("a",))
    # Addresses of nothing, and more bytes than may be copied.
    foreseen._shared[16:48] = b"".join(
        number.to_bytes(8, sys.byteorder) for number in (4096, 8192, 2**46, 2**40)
    )
    foreseen._shared[8:16] = (32).to_bytes(8, sys.byteorder)
    assert in_a_fork(lambda: begun(foreseen, "a", memory)) >= PAGES / 2
    assert len(foreseen._shared) == ROOM + 1
