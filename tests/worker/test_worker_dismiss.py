"""Dismissal, and that nothing of a job outlives it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from jupyter_ades.core.handing_over import give_to_another
from jupyter_ades.jobdir import read_record
from jupyter_ades.model import FetchPolicy, JobStatus
from jupyter_ades.orders import Plan
from jupyter_ades.system.descendants import JOB_VARIABLE, end_all
from jupyter_ades.system.identity import Worker, is_alive
from tests.worker.faulty_server import Answer, serving
from tests.worker.support import CWL, NOTEBOOK, Bench, Running, notebook, until

#: A double fork into a session of its own; the environment may be cleared.
ORPHAN = (
    "({environment} setsid sh -c 'echo $$ > {pid}.part; mv {pid}.part {pid}; exec sleep 600' &)"
)


def orphan(pid: Path, environment: str = "") -> str:
    """A shell command that leaves a sleeper behind."""
    return ORPHAN.format(pid=pid, environment=environment)


def sleeper(pid: Path) -> psutil.Process:
    """The sleeper, once it runs."""
    until(pid.exists)
    return psutil.Process(int(pid.read_text()))


def gone(*processes: psutil.Process) -> bool:
    """Whether none of them runs, zombies aside."""
    return not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes)


def _dismissed(running: Running, *processes: psutil.Process) -> None:
    status = running.wait()
    assert status.status is JobStatus.DISMISSED, running.log()
    assert status.message == "dismissed"
    assert running.process.returncode == 0
    assert gone(*processes)
    assert not running.left()
    assert not running.delivered(".").exists()
    assert not running.job.work.exists()


def test_a_notebook_its_kernel_and_what_they_left_behind_end(bench: Bench, tmp_path: Path) -> None:
    plain, cleared = tmp_path / "plain", tmp_path / "cleared"
    book = notebook(
        f"import os, time\nos.system({orphan(plain)!r})\nos.system({orphan(cleared, 'env -i')!r})",
        "print('kernel', os.getpid())\ntime.sleep(600)",
    )
    running = bench.start(NOTEBOOK, {"a.ipynb": book})
    processes = [sleeper(plain), sleeper(cleared)]
    until(lambda: "kernel" in running.log())
    kernel = psutil.Process(int(running.log().partition("kernel ")[2].split()[0]))
    running.dismiss()
    _dismissed(running, kernel, *processes)


def test_a_kernel_that_does_not_heed_an_interrupt_is_killed(bench: Bench) -> None:
    book = notebook(
        """
        import signal, time
        print("deaf")
        while True:
            try:
                time.sleep(600)
            except KeyboardInterrupt:
                print("no")
        """
    )
    running = bench.start(NOTEBOOK, {"a.ipynb": book})
    until(lambda: "deaf" in running.log())
    running.dismiss()
    _dismissed(running)


def test_a_tool_and_what_it_left_behind_end(bench: Bench, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    tool = {
        "cwlVersion": "v1.2",
        "class": "CommandLineTool",
        "id": "main",
        "baseCommand": ["sh", "-c", f"{orphan(pid)}; echo waiting; trap '' TERM; sleep 600"],
        "inputs": {},
        "outputs": {},
    }
    process = CWL.__class__(id="x", runner="cwltool", entry="app.cwl")
    running = bench.start(process, {"app.cwl": json.dumps(tool)})
    left = sleeper(pid)
    until(lambda: "waiting\n" in running.log())
    running.dismiss()
    _dismissed(running, left)


def _shell(*lines: str, grace: float = 0.3) -> Plan:
    return Plan(runner="cwltool", argv=("sh", "-c", "\n".join(lines)), grace=grace)


def test_a_command_that_ignores_its_signal_is_killed_after_its_grace(bench: Bench) -> None:
    plan = _shell("trap '' TERM INT", "echo deaf", "while :; do sleep 600; done")
    running = bench.start(CWL, {"app.cwl": ""}, plan=plan)
    until(lambda: "deaf" in running.log())
    running.process.send_signal(signal.SIGINT)
    _dismissed(running)


def test_nothing_is_left_running_after_a_good_end_either(bench: Bench, tmp_path: Path) -> None:
    plain, cleared = tmp_path / "plain", tmp_path / "cleared"
    plan = _shell(
        orphan(plain),
        orphan(cleared, "env -i"),
        f"while [ ! -e {plain} ] || [ ! -e {cleared} ]; do sleep 0.01; done",
        "echo -n last words",
    )
    running = bench.run(CWL, {"app.cwl": ""}, plan=plan)
    assert running.said[-1].status is JobStatus.SUCCESSFUL, running.log()
    assert "last words" in running.log()
    assert gone(*(psutil.Process(int(p.read_text())) for p in (plain, cleared) if _runs(p)))


def _runs(pid: Path) -> bool:
    return psutil.pid_exists(int(pid.read_text()))


def test_a_download_is_broken_off_by_a_dismissal(bench: Bench) -> None:
    with serving() as site:
        never = threading.Event()
        url = site.put("/x.tif", Answer(body=b"x", wait=never))
        running = bench.start(
            NOTEBOOK,
            {"a.ipynb": notebook("1")},
            inputs={"x": {"$stage-in": "file", "href": url}},
            fetch=_open_policy(bench, site.port),
        )
        until(lambda: site.times("/x.tif"))
        running.dismiss()
        _dismissed(running)
        never.set()


def _open_policy(bench: Bench, port: int) -> FetchPolicy:
    return FetchPolicy(user_folder=str(bench.home), allow_hosts=(f"127.0.0.1:{port}",))


def test_a_second_worker_is_refused_and_changes_nothing(bench: Bench) -> None:
    running = bench.start(CWL, {"app.cwl": ""}, plan=_shell("echo up", "sleep 600"))
    # The last status of the burst in the beginning, so that the worker writes no more.
    until(lambda: "up" in running.log() and "starting" in str(running.status()))
    before = running.job.worker.read_bytes(), running.job.status.read_bytes()
    second = bench.worker(running.job, running.order.job_id)
    second.wait()
    assert "another worker has begun on" in running.log()
    assert before == (running.job.worker.read_bytes(), running.job.status.read_bytes())
    who = read_record(running.job.worker, Worker)
    assert who is not None
    assert is_alive(who)
    running.dismiss()
    _dismissed(running)
    assert not is_alive(who)


def test_a_killed_workers_job_is_ended_from_outside(bench: Bench, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    running = bench.start(CWL, {"app.cwl": ""}, plan=_shell(orphan(pid), "sleep 600"))
    left = sleeper(pid)
    running.process.kill()
    running.process.wait()
    assert end_all(running.order.job_id) >= 2
    assert gone(left)
    status = running.status()
    assert status is not None
    assert status.status is JobStatus.RUNNING


def test_the_command_knows_its_job_and_no_input(bench: Bench) -> None:
    plan = _shell(f"echo job ${JOB_VARIABLE}", "cat; printf '\\377\\n'")
    running = bench.run(CWL, {"app.cwl": ""}, plan=plan)
    assert f"job {running.order.job_id}\n" in running.log()
    assert "\ufffd\n" in running.log()


@pytest.mark.parametrize(
    ("code", "message"),
    [("exit 3", "cwltool failed with exit code 3: why"), ("kill -9 $$", "killed by signal 9")],
)
def test_a_command_that_fails_without_a_word_is_explained_by_its_last_lines(
    bench: Bench, code: str, message: str
) -> None:
    running = bench.run(CWL, {"app.cwl": ""}, plan=_shell("echo why", code))
    assert running.said[-1].status is JobStatus.FAILED
    assert message in running.said[-1].message


def test_a_worker_that_fails_says_so(bench: Bench) -> None:
    plan = Plan(runner="cwltool", argv=("/nonexistent/command",))
    running = bench.run(CWL, {"app.cwl": ""}, plan=plan)
    assert "The worker failed (FileNotFoundError" in running.said[-1].message
    assert "Traceback" in running.log()
    unknown = bench.run(CWL, {"app.cwl": ""}, plan=Plan(runner="slow", argv=("true",)))
    assert unknown.said[-1].message.startswith("There is no runner called 'slow' here")


def test_a_plan_that_cannot_be_read_is_a_failure(bench: Bench) -> None:
    running = bench.run(CWL, {"app.cwl": ""}, plan=_shell("true"))
    (running.job.root / "plan.json").write_text("{")
    give_to_another(running.job)
    assert bench.worker(running.job, "x").wait() == 0
    status = running.status()
    assert status is not None
    assert status.status is JobStatus.FAILED
    assert status.message == "plan.json cannot be read: Input data was truncated."


def test_a_delivery_that_fails_leaves_nothing(bench: Bench) -> None:
    running = bench.run(CWL, {"app.cwl": ""}, plan=_shell("true"), inputs={"break_delivery": True})
    assert running.said[-1].status is JobStatus.FAILED
    assert "no space" in running.said[-1].message
    assert not running.delivered(".").exists()


def test_a_folder_without_a_plan_is_no_job(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "jupyter_ades.worker", str(tmp_path)],
        capture_output=True,
        check=False,
        env=dict(os.environ),
    )
    assert done.returncode == 2
    assert b"no plan.json" in done.stderr
    assert list(tmp_path.iterdir()) == []
