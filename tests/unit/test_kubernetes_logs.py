"""What tools in pods said, told once and within bounds. Pure but for its files."""

from __future__ import annotations

from collections import deque
from pathlib import Path

import pytest

from jupyter_ades.programs import kubernetes_logs
from jupyter_ades.programs.kubernetes_logs import Told, ToolLogs, failed_step, results_in

LINE = "2026-11-29T16:59:51.123456Z - say-2-pod-abcdefgh - {}\n"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def logs(tmp_path: Path, said: list[str]) -> ToolLogs:
    return made(tmp_path, said)


def made(folder: Path, said: list[str]) -> ToolLogs:
    (folder / "logs").mkdir(exist_ok=True)
    return ToolLogs(folder / "logs", Told(folder / "told.json", said.append))


def write(folder: Path, name: str, *lines: str) -> Path:
    path = folder / "logs" / f"{name}.log"
    path.write_text("".join(LINE.format(line) for line in lines))
    return path


def test_a_file_is_told_when_it_grows_no_more(
    logs: ToolLogs, tmp_path: Path, said: list[str]
) -> None:
    write(tmp_path, "say_2", "one")
    logs.look()
    write(tmp_path, "say_2", "one", "two - three", "")
    logs.look()
    assert said == []
    logs.look()
    logs.look()
    assert said == ["say 2: one", "say 2: two - three", "say 2: "]
    assert logs.last == {"say-2": deque(["one", "two - three", ""])}
    assert logs.ended == 1


def test_the_last_look_tells_all(logs: ToolLogs, tmp_path: Path, said: list[str]) -> None:
    write(tmp_path, "join", "done")
    logs.look(whole=True)
    assert said == ["join: done"]


def test_what_was_told_is_not_told_by_the_next(tmp_path: Path, said: list[str]) -> None:
    for name in ("a", "b"):
        logs = made(tmp_path, said)
        write(tmp_path, name, name)
        logs.look(whole=True)
    assert said == ["a: a", "b: b"]


def test_the_middle_of_much_is_left_out(
    logs: ToolLogs, tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_logs, "MOST", 4 * len(LINE))
    path = write(tmp_path, "say", *(f"line {n:03}" for n in range(100)))
    left_out = path.stat().st_size - 4 * len(LINE)
    logs.look(whole=True)
    assert said[0] == "say: line 000"
    assert f"say: [... {left_out} bytes are left out ...]" in said
    assert said[-1] == "say: line 099"
    assert len(said) < 8
    assert path.stat().st_size == 0


def test_a_pod_without_a_shared_folder_tells_of_tools_in_its_log(logs: ToolLogs) -> None:
    lines = [
        "INFO [workflow ] start",
        "::ades-tool work/logs/say_2.log",
        LINE.format("one").rstrip(),
        "two",
        '::ades-results {"outputs": {}}',
    ]
    told = [logs.from_pod(line) for line in lines]
    assert told == ["INFO [workflow ] start", None, "say 2: one", "say 2: two", None]
    assert list(logs.last["say-2"]) == ["one", "two"]
    assert results_in("\n".join(lines)) == '{"outputs": {}}'
    assert results_in("nothing") == ""


def test_calrissian_says_which_tool_failed() -> None:
    line = "ERROR the command below failed in pod say-2-container:"
    assert failed_step(line) == "say-2"
    assert failed_step("ERROR something else") == ""
