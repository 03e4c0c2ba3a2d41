"""A job's status is answered from memory, and is never an old one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_ades.core import store as module
from jupyter_ades.core.recalling import Recall
from jupyter_ades.core.store import Store
from jupyter_ades.errors import NoSuchJob
from tests.unit.test_store import PROCESS, add, make_job


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "ades.sqlite")
    opened.add_process(PROCESS)
    for number in range(3):
        add(opened, make_job(number))
    yield opened
    opened.close()


@pytest.fixture
def read(store: Store) -> list[str]:
    """The queries on jobs that the store has run since."""
    said: list[str] = []
    store._db.set_trace_callback(lambda text: said.append(text) if "FROM jobs" in text else None)
    return said


def test_a_job_is_read_once_while_nothing_changes(store: Store, read: list[str]) -> None:
    assert store.job("job-1") == store.job("job-1") == make_job(1)
    assert len(read) == 1


def test_each_change_is_seen(store: Store, tmp_path: Path) -> None:
    before = store.job("job-1").message
    assert before != "by this server"
    store.change_job("job-1", message="by this server")
    assert store.job("job-1").message == "by this server"
    other = Store(tmp_path / "ades.sqlite")
    other.change_job("job-1", message="by another one")
    assert store.job("job-1").message == "by another one"
    other.remove_job("job-1")
    other.close()
    with pytest.raises(NoSuchJob):
        store.job("job-1")


def test_what_is_rolled_back_is_not_remembered(store: Store) -> None:
    before = store.job("job-1")
    with suppress(ZeroDivisionError), store.group():
        store.begin_part()
        assert store.change_job("job-1", message="not to be").message == "not to be"
        assert store.job("job-1").message == "not to be"
        raise ZeroDivisionError
    assert store.job("job-1") == before


def test_few_are_remembered(store: Store, read: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 2)
    for number in (0, 1, 2, 2):
        store.job(f"job-{number}")
    assert len(store._known) <= 2
    assert len(read) == 3


def test_a_process_is_read_once_while_no_process_changes(store: Store) -> None:
    said: list[str] = []
    store._db.set_trace_callback(
        lambda text: said.append(text) if "SELECT record" in text else None
    )
    assert store.find_process(PROCESS.id) == store.find_process(PROCESS.id) == PROCESS
    store.change_job("job-1", message="other")
    assert store.find_process(PROCESS.id) == PROCESS
    assert len(said) == 1


def test_each_change_of_a_process_is_seen(store: Store, tmp_path: Path) -> None:
    assert store.find_process(PROCESS.id) == PROCESS
    here = replace(PROCESS, title="by this server")
    store.add_process(here, replace=True)
    assert store.find_process(PROCESS.id) == here
    other = Store(tmp_path / "ades.sqlite")
    there = replace(PROCESS, title="by another one")
    other.add_process(there, replace=True)
    assert store.find_process(PROCESS.id) == there
    other.remove_process(PROCESS.id)
    other.close()
    assert store.find_process(PROCESS.id) is None


def test_a_process_that_is_rolled_back_is_not_remembered(store: Store) -> None:
    with suppress(ZeroDivisionError), store.group():
        store.begin_part()
        store.add_process(replace(PROCESS, title="not to be"), replace=True)
        assert store.find_process(PROCESS.id) != PROCESS
        raise ZeroDivisionError
    assert store.find_process(PROCESS.id) == PROCESS


def test_a_second_connection_sees_each_commit_and_nothing_before(
    store: Store, tmp_path: Path
) -> None:
    recall = Recall(tmp_path / "ades.sqlite")
    before = recall.commits()
    assert before is not None
    with store.group():
        store.begin_part()
        store.change_job("job-1", message="not yet certain")
        assert recall.commits() == before
        store.end_part(failed=False)
    assert recall.commits() not in (None, before)
    recall.close()
    assert recall.commits() is None


def test_what_a_process_is_changes_with_its_deployment_alone(store: Store, tmp_path: Path) -> None:
    recall = Recall(tmp_path / "ades.sqlite")
    before = recall.deployments(PROCESS.id)
    store.change_job("job-1", message="other")
    assert recall.deployments(PROCESS.id) == before is not None
    store.add_process(replace(PROCESS, title="other"), replace=True)
    replaced = recall.deployments(PROCESS.id)
    assert replaced not in (None, before)
    store.add_process(replace(PROCESS, id=f"{PROCESS.id}-9", alias=PROCESS.id))
    assert recall.deployments(PROCESS.id) not in (None, before, replaced)
    recall.close()


def test_nothing_is_told_of_a_store_that_cannot_be_looked_into(tmp_path: Path) -> None:
    for recall in (Recall(None), Recall(tmp_path / "none.sqlite")):
        assert recall.commits() is recall.deployments("p") is None
    assert not list(tmp_path.iterdir())
