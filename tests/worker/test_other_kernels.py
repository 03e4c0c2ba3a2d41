"""Notebooks in bash and R, with the real kernels: every value arrives as it was sent."""

from __future__ import annotations

import pytest

from jupyter_ades.model import JobStatus
from tests.worker.kernels import attempt, book, run
from tests.worker.support import Bench

#: Texts that shells, terminals and parsers make something else of.
ODD = [
    "a b",
    'it\'s "quoted"',
    "two\nlines\n",
    "$HOME $(id) `id` ${x}",
    "back\\slash\\n \\",
    "é 植 😀 \u2028 \x85",
    "tab\there!",
    "!! !x",
    "-n",
    "",
    "# no comment; 'x",
    "x" * 5000,
    "a\x1b[0m\x07b",
]

BASH = """
text=a          # which text
items=(a "b c") # some
flag=false
n=1
share=1.5
none=x
table=x
"""


def test_values_in_bash(bench: Bench) -> None:
    data = book(
        "bash",
        BASH,
        'printf \'%s\\0\' "$text" "${items[@]}" > items.bin',
        'printf "%s\\n" "$flag" "$((n + 1))" "$share" "[$none]" "$table" > rest.txt',
    )
    inputs = {"text": "a\tb\n", "items": ODD, "flag": True, "n": -5, "share": 1e-7, "none": ""}
    running = run(bench, "bash", data, {**inputs, "table": "x"})
    arrived = running.delivered("items.bin").read_bytes().decode().split("\0")
    assert arrived[:-1] == ["a\tb\n", *ODD]
    assert running.delivered("rest.txt").read_text().splitlines() == [
        "true",
        "-4",
        "1e-07",
        "[]",
        "x",
    ]


def test_a_failing_command_of_bash_is_told(bench: Bench) -> None:
    running = attempt(bench, "bash", book("bash", "a=1", "echo before; (exit 3)", "echo after"), {})
    status = running.said[-1]
    assert status.status is JobStatus.FAILED
    assert status.message == ("cell 2 of a.ipynb failed: its last command ended with exit code 3")
    assert "before" in running.log()
    assert "after" not in running.log()


R = """
items <- c("a")      # some
flags <- c(TRUE)
numbers <- c(1)
mixed <- list("a", 1)
nested <- list(c(1, 2))
options <- list(a = 1)
none <- NULL
my.name <- "x"
flag <- TRUE
n <- 1L
"""
HEX = 'hex <- function(x) paste(as.character(charToRaw(enc2utf8(x))), collapse = "")\n'


def test_values_in_r(bench: Bench) -> None:
    data = book(
        "ir",
        R,
        HEX + 'writeLines(vapply(items, hex, ""), "items.txt")',
        "told <- c(class(items), class(flags), sum(flags), mean(numbers), is.null(none),\n"
        "  class(mixed), length(mixed), is.null(mixed[[3]]), length(nested[[1]]),\n"
        '  options$a, hex(options[["b c"]]), length(options), my.name, flag, n + 1L)\n'
        'writeLines(as.character(told), "told.txt")',
    )
    inputs = {
        "items": ODD,
        "flags": [True, False],
        "numbers": [1, 2.5],
        "mixed": [1, "a", None],
        "nested": [[1, 2], [3]],
        "options": {"a": 1, "b c": "é", "": False},
        "none": None,
        "my.name": "q",
        "flag": False,
        "n": 3,
    }
    running = run(bench, "ir", data, inputs)
    arrived = running.delivered("items.txt").read_text().splitlines()
    assert [bytes.fromhex(each).decode() for each in arrived] == ODD
    assert running.delivered("told.txt").read_text().splitlines() == [
        *("character", "logical", "1", "1.75", "TRUE", "list", "3", "TRUE", "2"),
        *("1", "c3a9", "3", "q", "FALSE", "4"),
    ]


def test_files_and_helpers_in_r(bench: Bench) -> None:
    (bench.home / "a b.txt").write_text("content")
    data = book(
        "ir", 'p <- "x"  # a file', 'source("helpers.R")\nwriteLines(greet(p), "greeting.txt")'
    )
    helpers = {"helpers.R": "greet <- function(name) paste('hello', name)\n"}
    running = run(bench, "ir", data, {"p": "you"}, files=helpers)
    assert running.delivered("greeting.txt").read_text() == "hello you\n"


@pytest.mark.parametrize(("kernel", "source"), [("ir", 'text <- "a"'), ("bash", "text=a")])
def test_a_nul_character_is_refused_in_words(bench: Bench, kernel: str, source: str) -> None:
    running = attempt(bench, kernel, book(kernel, source), {"text": "a\0b"})
    assert running.said[-1].status is JobStatus.FAILED
    assert "which no text of" in running.said[-1].message


def test_an_error_of_r_is_told(bench: Bench) -> None:
    running = attempt(bench, "ir", book("ir", "a <- 1", 'stop("no such band")'), {})
    assert running.said[-1].message.startswith("cell 2 of a.ipynb failed: ERROR: Error")
    assert "no such band" in running.said[-1].message


def test_a_plot_of_r_is_a_file(bench: Bench) -> None:
    data = book("ir", "n <- 3", "# Curve\nplot(1:n)")
    running = run(bench, "ir", data, {"n": 5}, stand_in=False)
    assert running.delivered("cell-2.png").read_bytes().startswith(b"\x89PNG")
