"""The service behind a real JupyterHub."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from jupyter_ades.client import Client, Job, errors
from tests.conftest import notebook
from tests.hub.hub import Hub, User
from tests.hub.tls_proxy import tls_before

#: Seconds after which an idle server is culled.
TIMEOUT = 3
HELD = (
    "import pathlib, time",
    "while not pathlib.Path(gate).exists(): time.sleep(0.1)",
    "pathlib.Path('result.txt').write_text('done')",
)


def connect(user: User, workspace: str = "alice", token: str | None = None) -> Client:
    return Client(user.root(workspace), token=user.token if token is None else token)


def hold(hub: Hub, client: Client, folder: Path, gate: Path) -> Job:
    """A job that runs until the gate is there."""
    book = folder / "held.ipynb"
    book.write_bytes(notebook('gate: str = ""', HELD, id="held"))
    job = client.deploy(book, replace=True).execute(gate=str(gate))
    hub.until(lambda: "cell" in job.refresh().message, "the job does not run")
    return job


def test_a_scoped_token_is_good_for_its_own_server_only(hub: Hub, alice: User) -> None:
    with connect(alice) as client:
        assert [each.id for each in client.processes()] == ["echo"]
    for other in ("", "no-token-at-all", User(hub, hub.user("bob").name).token):
        answer = requests.get(
            f"{alice.root('alice')}/processes",
            headers={"Authorization": f"token {other}"} if other else {},
            timeout=30,
        )
        assert answer.status_code == 403, answer.text
        with connect(alice, token=other) as client, pytest.raises(errors.NotAllowed):
            client.processes()


def test_a_token_in_the_address_is_not_taken(alice: User) -> None:
    answer = requests.get(f"{alice.root('alice')}/processes?token={alice.token}", timeout=30)
    assert answer.status_code == 403


def test_links_are_right_behind_the_hubs_prefix(alice: User, tmp_path: Path) -> None:
    headers = {"Authorization": f"token {alice.token}"}
    root = alice.root("alice")
    landing = requests.get(f"{root}/", headers=headers, timeout=30).json()
    for link in landing["links"]:
        assert link["href"].startswith("/user/alice/alice/wps3"), link
        followed = requests.get(f"{alice.hub.origin}{link['href']}", headers=headers, timeout=30)
        assert followed.status_code == 200, link
    with connect(alice) as client:
        book = tmp_path / "a.ipynb"
        book.write_bytes(notebook("n: int = 1", ("print(n)",), id="linked"))
        process = client.deploy(book)
        sent = requests.post(
            f"{root}/processes/{process.id}/jobs", json={}, headers=headers, timeout=30
        )
        assert sent.status_code == 201
        location = sent.headers["Location"]
        assert location.startswith("/user/alice/alice/wps3/jobs/")
        job = client.job(location.rpartition("/")[2]).wait(60)
        assert job.outputs["wf_outputs"]["StacCatalogUri"] == (
            f"{root}/jobs/{job.id}/files/wf-{job.id}/catalog.json"
        )
        assert job.results().id == f"wf-{job.id}"


@pytest.mark.parametrize("keeps_host", [True, False])
def test_links_are_right_behind_a_proxy_that_ends_tls(
    alice: User, tmp_path: Path, keeps_host: bool
) -> None:
    with tls_before(alice.hub.port, tmp_path, keeps_host=keeps_host) as origin:
        root = f"{origin}{alice.base}alice/wps3"
        trusted = str(tmp_path / "certificate.pem")
        with Client(root, token=alice.token, verify=trusted) as client:
            book = tmp_path / "a.ipynb"
            book.write_bytes(notebook("n: int = 1", ("print(n)",), id="behind-tls"))
            job = client.deploy(book, replace=True).execute(n=3).wait(60)
            assert job.outputs["wf_outputs"]["StacCatalogUri"] == (
                f"{root}/jobs/{job.id}/files/wf-{job.id}/catalog.json"
            )
            assert job.results().id == f"wf-{job.id}"
        with Client(root, token=alice.token) as wary, pytest.raises(errors.NoServer):
            wary.processes()


def test_a_client_in_a_server_finds_it_by_the_hubs_environment(alice: User) -> None:
    """As in a kernel: the environment that the hub gave to the server."""
    code = (
        "import json, os, psutil, requests;"
        " from jupyter_ades import Client; client = Client();"
        " print(len(client.processes()), client.url, client.workspace)"
    )
    environ = server_environment(alice)
    shown = subprocess.run(
        [sys.executable, "-c", code],
        env={**environ, "PATH": os.environ["PATH"]},
        cwd=alice.home,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert shown.returncode == 0, shown.stderr
    count, url, workspace = shown.stdout.split()
    assert int(count) >= 0
    assert (url.endswith("/user/alice/alice/wps3"), workspace) == (True, "alice")


def server_environment(user: User) -> dict[str, str]:
    """What the hub gave to a user's server."""
    import psutil

    for process in psutil.process_iter():
        try:
            environ = process.environ()
        except psutil.Error:
            continue
        # Jobs, and workers that wait for one, have the user's name and no token.
        if environ.get("JUPYTERHUB_USER") == user.name and "JUPYTERHUB_API_TOKEN" in environ:
            return {name: value for name, value in environ.items() if name.startswith("JUPYTERHUB")}
    raise AssertionError(f"{user.name} has no server")


def test_a_user_named_by_an_address(hub: Hub, tmp_path: Path) -> None:
    jane = hub.user("jane@esa.int")
    with connect(jane, "jane-esa.int") as client:
        book = tmp_path / "a.ipynb"
        book.write_bytes(notebook("n: int = 1", ("print(n)",), id="small"))
        job = client.deploy(book).execute(n=2).wait(60)
        assert job.status == "successful"
        assert job.results().id == f"wf-{job.id}"
    assert (jane.home / "ades-results" / "jane-esa.int" / f"wf-{job.id}" / "catalog.json").exists()
    jane.stop()


def test_jobs_survive_a_restart_of_the_users_server(
    alice: User, gate: Path, tmp_path: Path
) -> None:
    with connect(alice) as client:
        job = hold(alice.hub, client, tmp_path, gate)
        alice.stop()
        with pytest.raises(errors.Unavailable):
            client.processes()
        alice.start()
        assert job.refresh().status == "running"
        gate.touch()
        assert job.wait(60).status == "successful"


def test_the_idle_culler_leaves_a_server_that_works_and_takes_it_after(
    hub: Hub, gate: Path, tmp_path: Path
) -> None:
    worker, idle = hub.user("worker"), hub.user("idle")
    with connect(worker, "worker") as client:
        job = hold(hub, client, tmp_path, gate)
    with open(tmp_path / "culler.log", "wb") as log:
        command = [sys.executable, "-m", "jupyterhub_idle_culler", "--cull-every=1"]
        culler = subprocess.Popen(
            [*command, f"--timeout={TIMEOUT}", f"--url={hub.origin}/hub/api"],
            env={**os.environ, "JUPYTERHUB_API_TOKEN": hub.keeper},
            stdout=log,
            stderr=log,
        )
    try:
        hub.until(lambda: not hub.running(idle.name), "the idle server is not culled", 60)
        held = datetime.now(UTC)

        def outlives_its_timeout() -> bool:
            assert hub.running(worker.name), (tmp_path / "culler.log").read_text()
            return hub.last_activity(worker.name) > held + timedelta(seconds=2 * TIMEOUT)

        hub.until(outlives_its_timeout, "the server does not tell that it is at work", 60)
        gate.touch()
        hub.until(lambda: not hub.running(worker.name), "the server is not culled after", 60)
    finally:
        culler.terminate()
        culler.wait(30)
    worker.start()
    with connect(worker, "worker") as client:
        assert client.job(job.id).wait(30).status == "successful"
