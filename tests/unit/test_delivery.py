"""Names of delivered files: relative, safe, and each one's own."""

from __future__ import annotations

from itertools import islice
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_ades.redaction import without_secrets
from jupyter_ades.worker.delivery import Layout, numbered, safe_path

NAMES = st.lists(
    st.lists(st.sampled_from(["a", "b", "a.txt", "a_2", "..", "c#d", "é"]), min_size=1, max_size=3),
    max_size=12,
)


@given(NAMES)
def test_files_and_folders_never_collide(wanted: list[list[str]]) -> None:
    layout = Layout(reserved=frozenset({"a"}))
    for number, parts in enumerate(wanted):
        if number % 4 == 3:
            layout.folder("/".join(parts))
        layout.add(Path(f"/source/{number}"), "/".join(parts), "out")
    targets = [placed.target for placed in layout.files]
    assert len(set(targets)) == len(targets) == len(wanted)
    folders = {str(each) for target in targets for each in PurePosixPath(target).parents}
    assert not folders & {*targets, "a"}
    assert not any(set("#?%:\\") & set(target) or ".." in target for target in targets)


@pytest.mark.parametrize(
    ("name", "next_one"),
    [
        ("out.txt", "out_2.txt"),
        ("out", "out_2"),
        ("a.b.tif", "a.b_2.tif"),
        ("a.tar.gz", "a_2.tar.gz"),
        (".hidden", ".hidden_2"),
    ],
)
def test_numbers_come_before_the_ending(name: str, next_one: str) -> None:
    assert list(islice(numbered(name), 2)) == [name, next_one]


@pytest.mark.parametrize(
    ("wanted", "safe"),
    [
        ("a/b.txt", "a/b.txt"),
        ("../../etc/passwd", "etc/passwd"),
        ("/abs/olute", "abs/olute"),
        ("a b&c.txt", "a b&c.txt"),
        ("50%#?:\\.txt", "50_____.txt"),
        ("..", "output"),
        ("", "output"),
    ],
)
def test_safe_paths(wanted: str, safe: str) -> None:
    assert safe_path(wanted) == safe


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://u:p@host/a?b=c#d", "https://host/a?..."),
        ("see https://host/a?t=1 and s3://b/k", "see https://host/a?... and s3://b/k"),
        ("https://host/a", "https://host/a"),
        ("ndvi:(/ (- B05 B03) (+ B05 B03))", "ndvi:(/ (- B05 B03) (+ B05 B03))"),
        ("user@example.org?", "user@example.org?"),
    ],
)
def test_urls_lose_what_may_be_secret(text: str, shown: str) -> None:
    assert without_secrets(text) == shown
