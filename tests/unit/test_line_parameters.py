"""What bash, R and Julia cells declare, read without running them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_ades.packages.line_parameters import LANGUAGES, only_assigns, read_lines

S = {"type": "string"}
I = {"type": "integer"}  # noqa: E741
N = {"type": "number"}
B = {"type": "boolean"}


def many(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


# language, source, schema, description
CASES: list[tuple[str, str, dict[str, Any], str]] = [
    ("bash", "n=5  # how many", {**I, "default": 5}, "how many"),
    ("bash", "n=-5", {**I, "default": -5}, ""),
    ("bash", "n=007", {**S, "default": "007"}, ""),
    ("bash", "n='5'", {**S, "default": "5"}, ""),
    ("bash", "n=1.5e3", {**N, "default": 1500}, ""),
    ("bash", "n=true #on", {**B, "default": True}, "on"),
    ("bash", "n=", {**S, "default": ""}, ""),
    ("bash", "n=a#b # c", {**S, "default": "a#b"}, "c"),
    ("bash", "n='a # b'\"'c\"\\ d", {**S, "default": "a # b'c d"}, ""),
    ("bash", r'n="a\"b\\\$x"', {**S, "default": 'a"b\\$x'}, ""),
    ("bash", r"n=$'a\tb\'c'  # tab", {**S, "default": "a\tb'c"}, "tab"),
    ("bash", "n='a\nb' # two lines", {**S, "default": "a\nb"}, "two lines"),
    ("bash", "n='it''s'", {**S, "default": "its"}, ""),
    ("bash", "export n=a; # here", {**S, "default": "a"}, "here"),
    ("bash", "declare -r -i n=3", {**I, "default": 3}, ""),
    ("bash", 'n="$HOME/x" # computed', S, "computed"),
    ("bash", "n=$(date)", S, ""),
    ("bash", "n=`date`", S, ""),
    ("bash", "n=~/x", S, ""),
    ("bash", "n=(a 'b c' # one\n d) # last", {**many(S), "default": ["a", "b c", "d"]}, "last"),
    ("bash", "n=(1 2)", {**many(I), "default": [1, 2]}, ""),
    ("bash", "n=(1 a)", {**many(S), "default": ["1", "a"]}, ""),
    ("bash", "n=()", {"type": "array", "default": []}, ""),
    ("bash", "n=($x)", {}, ""),
    ("r", "n <- 5L # how many", {**I, "default": 5}, "how many"),
    ("r", "n = 5", {**N, "default": 5}, ""),
    ("r", "n <<- -1.5e-3", {**N, "default": -0.0015}, ""),
    ("r", "n <- 0x10L", {**I, "default": 16}, ""),
    ("r", "n <- TRUE", {**B, "default": True}, ""),
    ("r", "n <- NULL", {"default": None}, ""),
    ("r", "n <- 'a # \"b' # c", {**S, "default": 'a # "b'}, "c"),
    ("r", r'n <- "a\"b\n\u00e9"', {**S, "default": 'a"b\né'}, ""),
    ("r", "n <- c('a', \"b\")", {**many(S), "default": ["a", "b"]}, ""),
    ("r", "n <- c(1, 2.5)", {**many(N), "default": [1, 2.5]}, ""),
    ("r", "n <- c( # which\n 1, # one\n 2)", {**many(N), "default": [1, 2]}, "which"),
    ("r", "n <- list(a = 1, 'b c' = c(T, F))",
     {"type": "object", "default": {"a": 1, "b c": [True, False]}}, ""),
    ("r", "n <- list()", {"type": "array", "default": []}, ""),
    ("r", "n <- Sys.Date() # today", {}, "today"),
    ("r", "n <- 1 + 2", {}, ""),
    ("r", 'n <- r"(a\\b)"', {}, ""),
    ("r", "n <- 1e999", {}, ""),
    ("julia", "n::Int = 5 # how many", {**I, "default": 5}, "how many"),
    ("julia", "n::Vector{String} = String[]", {"type": "array"}, ""),
    ("julia", "n = 1.5", {**N, "default": 1.5}, ""),
    ("julia", "const n = [1, 2] #= some =#", {**many(I), "default": [1, 2]}, "some"),
    ("julia", 'n = "cost \\$5"', {**S, "default": "cost $5"}, ""),
    ("julia", 'n = "a $x"', {}, ""),
    ("julia", "n = nothing", {"default": None}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("language", "source", "schema", "description"), CASES)
def test_one(language: str, source: str, schema: dict[str, Any], description: str) -> None:
    (found,) = read_lines(source, language)
    assert found.id == "n"
    assert found.schema == schema
    assert found.description == description
    assert not found.required


NONE = [
    ("bash", "n=1 ls"),
    ("bash", "n = 1"),
    ("bash", "echo n=1"),
    ("bash", "# n=1"),
    ("bash", "n() { x=1; }"),
    ("bash", "[ $n = 1 ]"),
    ("r", "n <- function(x) { y <- 1 }"),
    ("r", "f(n = 1)"),
    ("r", "n == 1"),
    ("r", "x[1] <- 2"),
    ("julia", "n(x) = 1"),
    ("julia", "n == 1"),
]


@pytest.mark.parametrize(("language", "source"), NONE)
def test_nothing_is_declared(language: str, source: str) -> None:
    assert read_lines(source, language) == ()
    assert not only_assigns(source, language)


def test_the_last_value_of_a_name_counts() -> None:
    first, second = read_lines("a <- 1; b <- 2 # two\na <- 'x' # three", "r")
    assert (first.id, first.schema["default"], first.description) == ("a", "x", "three")
    assert (second.id, second.description) == ("b", "two")


@given(st.sampled_from(sorted(LANGUAGES)), st.text("an=<- \n'\"()$\\#1.,cL{[;`\t", max_size=40))
def test_no_cell_makes_it_stumble(language: str, source: str) -> None:
    read_lines(source, language)
    only_assigns(source, language)


@given(st.text())
def test_texts_of_r_are_read_as_they_are_written(text: str) -> None:
    from jupyter_ades.programs.notebook_languages import Julia, R

    for language, translator in (("r", R), ("julia", Julia)):
        if "\0" not in text:
            (found,) = read_lines(f"n = {translator.translate_str(text)}  # c", language)
            assert (found.schema["default"], found.description) == (text, "c")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_texts_of_bash_are_one_word(text: str) -> None:
    from jupyter_ades.programs.notebook_languages import Bash

    word = Bash.translate_str(text)
    assert word.isascii()
    assert "\n" not in word
    assert "\t" not in word
