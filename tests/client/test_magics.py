"""``%ades`` in a real IPython shell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

from jupyter_ades.client import Client, Job, Process, errors
from jupyter_ades.client.completion import candidates
from jupyter_ades.client.job import JobList
from jupyter_ades.client.overview import Overview
from jupyter_ades.client.process import ProcessList
from tests.conftest import notebook
from tests.restart.server import Server

Run = Callable[[str], Any]


@pytest.fixture(scope="module")
def ipython() -> Iterator[Any]:
    """A shell with the extension."""
    made = InteractiveShell.instance()
    made.history_manager.enabled = False
    made.extension_manager.load_extension("jupyter_ades")
    yield made
    made.run_line_magic("reset", "-f")
    InteractiveShell.clear_instance()


@pytest.fixture
def shell(ipython: Any, server: Server, small: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The shell, next to the server."""
    monkeypatch.setenv("ADES_URL", server.root)
    monkeypatch.setenv("ADES_TOKEN", "secret")
    ipython.extension_manager.reload_extension("jupyter_ades")
    return ipython


@pytest.fixture
def run(shell: Any, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a cell; what it gives, or the error that it raises."""

    def cell(source: str) -> Any:
        done = shell.run_cell(source, store_history=False)
        error = done.error_before_exec or done.error_in_exec
        if error is not None:
            raise error
        return done.result

    return cell


def test_the_overview_and_lists_are_objects_with_html(run: Run, small: str) -> None:
    overview = run("%ades")
    assert isinstance(overview, Overview)
    assert repr(overview).startswith("<ADES http://127.0.0.1:")
    assert small in overview._repr_html_()
    assert isinstance(run("%ades processes"), ProcessList)
    assert isinstance(run("%ades jobs --limit 3 --status failed,successful"), JobList)
    described = run("%ades describe small")
    assert isinstance(described, Process)
    assert "how it ends" in described._repr_mimebundle_()["text/html"]


def test_a_job_by_a_line(run: Run, shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    shell.user_ns.update(numbers=[1, 2], who="a 'quoted' \"name\"")
    capsys.readouterr()
    run("job = %ades execute small items=$numbers name={who.upper()} --wait")
    job = shell.user_ns["job"]
    assert isinstance(job, Job)
    assert job.inputs == {"items": [1, 2], "name": "A 'QUOTED' \"NAME\""}
    assert capsys.readouterr().out == ""
    assert run("%ades status $job").id == job.id
    assert run(f"%ades status {job.id}").status == "successful"
    assert str(run("%ades log $job")) == "carried inline\n"
    assert run("%ades rerun $job name=y --wait").inputs == {"items": [1, 2], "name": "y"}


def test_a_cell_is_yaml_with_variables(run: Run, shell: Any) -> None:
    shell.user_ns.update(numbers=[3], part="b")
    job = run("%%ades execute small --wait\nitems: $numbers\nname: a {part} $$5\nflag: true")
    assert job.inputs == {"items": [3], "name": "a b $5", "flag": True}


def test_a_job_is_held_dismissed_and_removed(run: Run, shell: Any) -> None:
    run("job = %ades execute small outcome=hold")
    assert run("%ades dismiss $job").status == "dismissed"
    with pytest.raises(errors.JobEnded):
        run("%ades dismiss $job")
    run("%ades dismiss $job --remove")
    with pytest.raises(errors.NoSuchJob):
        run("%ades status $job")


def test_a_package_is_deployed_and_undeployed(run: Run, shell: Any, tmp_path: Any) -> None:
    book = tmp_path / "my book.ipynb"
    book.write_bytes(notebook("n: int = 1", id="by-magic"))
    shell.user_ns["book"] = book
    assert run(f"%ades deploy '{book}' --id named").id == "named"
    assert run("%ades deploy $book").id == "by-magic-0_1_0"
    run("%ades undeploy named")
    run("%ades undeploy by-magic")
    with pytest.raises(errors.NoSuchProcess):
        run("%ades describe named")


def test_connect_takes_another_service(run: Run, server: Server) -> None:
    client = run(f"%ades connect {server.origin} --token secret --workspace terradue")
    assert isinstance(client, Client)
    assert "secret" not in repr(client) + client._repr_html_()
    with pytest.raises(errors.NotAllowed, match="refused"):
        run(f"%ades connect {server.root} --token wrong")
    assert run("%ades").client is client


def test_errors_are_shown_without_a_traceback(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(errors.InvalidInputs):
        run("%ades execute small outcom=x")
    shown = capsys.readouterr()
    text = shown.out + shown.err
    assert "did you mean 'outcome'" in text
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("%ades exekute small", "did you mean 'execute'"),
        ("%ades execute small name=$nobody", "'nobody' is not defined"),
        ("%%ades jobs\na: 1", "takes no lines below it"),
        ("%ades jobs --limit many", "a whole number"),
        ("%ades jobs --status blue", "'blue' is no status"),
    ],
)
def test_wrong_lines_say_how_they_are_written(run: Run, source: str, words: str) -> None:
    with pytest.raises(Exception, match=words) as refusal:
        run(source)
    assert type(refusal.value).__name__ == "UsageError"


def test_the_question_mark_shows_usage(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run("%ades?")
    assert "%ades dismiss JOB [--remove]" in capsys.readouterr().out


class Names:
    def processes(self) -> list[str]:
        return ["small-0_1_0"]

    def inputs(self, process_id: str) -> list[str]:
        return ["name", "items"] if process_id == "small" else []

    def jobs(self) -> list[str]:
        return ["76d5"]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%ades des", "describe"),
        ("x = %ades execute ", "small-0_1_0"),
        ("%ades execute small na", "name="),
        ("%ades execute small --", "--wait"),
        ("%ades status ", "76d5"),
        ("%ades jobs --status ", "running"),
        ("%ades jobs --process ", "small-0_1_0"),
        ("%%ades execute ", "small-0_1_0"),
        ("%%ades execute small --wait\n", "name: "),
        ("%%ades execute small\nname: x\nit", "items: "),
    ],
)
def test_what_tab_offers(cell: str, expected: str) -> None:
    assert expected in candidates(cell, cell.rpartition("\n")[2], Names())


@pytest.mark.parametrize(
    "cell",
    ["adesivo", "%adesx ", "%ades nothing x", "%%ades execute small\nname: x", "x %% ades", ""],
)
def test_where_tab_offers_nothing(cell: str) -> None:
    assert candidates(cell, cell.rpartition("\n")[2], Names()) == []


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%ades execute small outc", ["outcome="]),
        ("job = %ades describe sm", ["small-0_1_0"]),
        ("%%ades execute small\nou", ["outcome: "]),
        ("p.execute(outc", ["outcome="]),
    ],
)
def test_tab_in_a_shell(shell: Any, run: Run, cell: str, expected: list[str]) -> None:
    run("import jupyter_ades; p = jupyter_ades.Client().process('small')")
    with provisionalcompleter():
        found = [each.text for each in shell.Completer.completions(cell, len(cell))]
    assert found[: len(expected)] == expected
