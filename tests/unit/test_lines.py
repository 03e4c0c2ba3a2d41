"""A command's bytes as lines, and the log that they end in."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_ades.worker.lines import LONGEST, REWRITE_EVERY, Lines
from jupyter_ades.worker.log import JobLog


def lines(*chunks: bytes, seconds: float = 0.0) -> list[str]:
    """The lines of chunks that come so many seconds apart."""
    clock = iter(range(100_000))
    made = Lines(clock=lambda: next(clock) * seconds)
    return [line for chunk in chunks for line in made.feed(chunk)] + list(made.end())


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ((b"",), []),
        ((b"a\nb\n",), ["a", "b"]),
        ((b"a", b"b\n", b"c"), ["ab", "c"]),
        ((b"\n\n",), ["", ""]),
        ((b"a\r\nb\r", b"\nc"), ["a", "b", "c"]),
        ((b"10%\r20%\r", b"30%\rdone\nx\n"), ["done", "x"]),
        ((b"\r10%", b"\r20%", b"\r30%"), ["30%"]),
        (("\u00e4".encode()[:1], "\u00e4".encode()[1:] + b"\n"), ["\u00e4"]),
        ((b"\xff\n",), ["\ufffd"]),
    ],
)
def test_lines_are_whole_decoded_and_not_rewritten(
    chunks: tuple[bytes, ...], expected: list[str]
) -> None:
    assert lines(*chunks) == expected


def test_a_rewritten_line_is_shown_from_time_to_time() -> None:
    told = lines(*(b"\r%d%%" % n for n in range(20)), seconds=REWRITE_EVERY / 4)
    assert 3 <= len(told) <= 12
    assert told[-1] == "19%"


def test_a_line_without_end_is_cut() -> None:
    told = lines(*[b"x" * 10_000] * 10)
    assert "".join(told) == "x" * 100_000
    assert max(map(len, told)) <= LONGEST
    assert max(map(len, lines(b"x" * 100_000 + b"\n"))) <= LONGEST


@given(st.lists(st.binary(max_size=20)))
def test_no_byte_is_lost_or_added_where_nothing_is_rewritten(chunks: list[bytes]) -> None:
    chunks = [chunk.replace(b"\r", b"") for chunk in chunks]
    whole = b"".join(chunks)
    told = "".join(f"{line}\n" for line in lines(*chunks))
    expected = whole.decode("utf-8", "replace")
    assert told == (expected if not expected or expected.endswith("\n") else f"{expected}\n")


def test_a_log_is_cut_in_its_middle(tmp_path: Path) -> None:
    path = tmp_path / "job.log"
    with JobLog(path, limit=10_000, head=1000, tail=2000) as log, open(path, "ab") as other:
        log.say("first\nsecond")
        for number in range(5000):
            log.line(f"line {number} {'x' * 20}")
        other.write(b"from elsewhere\n")
        other.flush()
        log.line("last")
    text = path.read_text()
    assert path.stat().st_size < 11_000
    assert text.splitlines()[0].endswith("Z first")
    assert text.splitlines()[1].endswith("Z second")
    assert "bytes of this log are left out ...]\n" in text
    assert text.endswith(f"line 4999 {'x' * 20}\nfrom elsewhere\nlast\n")
    assert "\x00" not in text


def test_a_log_goes_on_where_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "job.log"
    path.write_text("before\n")
    with JobLog(path) as log:
        log.line("\udcff after")
    assert path.read_text() == "before\n? after\n"
