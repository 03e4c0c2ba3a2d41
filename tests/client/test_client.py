"""The blocking client against a real server."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

import jupyter_ades
from jupyter_ades.client import Client, Process, errors
from jupyter_ades.model import JobStatus
from tests.conftest import notebook
from tests.restart.server import Server


def test_a_server_is_found_by_its_own_address_too(server: Server, process: Process) -> None:
    with Client(f"{server.origin}/lab?token=secret", workspace="terradue") as client:
        assert process.id in [each.id for each in client.processes()]
        assert client.url == server.root


def test_a_workspace_that_nobody_names_is_the_servers_first(
    server: Server, process: Process
) -> None:
    with Client(server.origin, token="secret") as client:
        assert client.process(process.id).id == process.id
        assert (client.url, client.workspace) == (server.root, "terradue")
    told = requests.get(
        f"{server.origin}/api/ades", headers={"Authorization": "token secret"}, timeout=30
    )
    (listed,) = told.json()["workspaces"]
    assert (listed["name"], listed["dialects"]["wps3"]) == ("terradue", "/terradue/wps3")
    assert requests.get(f"{server.origin}/api/ades", timeout=30).status_code == 403
    with (
        Client(server.origin, token="wrong") as client,
        pytest.raises(errors.NotAllowed, match="the token was refused"),
    ):
        client.processes()


def test_a_process_is_deployed_from_a_file_a_path_and_a_document(
    server: Server, client: Client, tmp_path: Path
) -> None:
    book = tmp_path / "a.ipynb"
    book.write_bytes(notebook(id="by-file"))
    (server.user_folder / "in folder.ipynb").write_bytes(notebook(id="by-path"))
    changed = json.loads(notebook("other: int = 1", id="by-file"))
    with_names = [
        client.deploy(book),
        client.deploy("in folder.ipynb"),
        client.deploy(changed, process_id="named"),
    ]
    ids = [each.id for each in with_names]
    assert ids == ["by-file-0_1_0", "by-path-0_1_0", "named"]
    assert set(ids) <= {each.id for each in client.processes()}
    assert with_names[0].package() == book.read_bytes()
    with pytest.raises(errors.Conflict, match="already deployed"):
        client.deploy(changed)
    assert list(client.deploy(changed, replace=True).inputs) == ["other"]
    for each in with_names:
        each.undeploy()
    assert not set(ids) & {each.id for each in client.processes()}


@pytest.mark.parametrize(
    ("package", "words"),
    [
        ("/no/such.ipynb", "no such file"),
        ({"a": 1}, "neither CWL"),
        ("missing.cwl", "no such file"),
    ],
)
def test_what_cannot_be_deployed_is_said(client: Client, package: object, words: str) -> None:
    with pytest.raises(errors.ClientError, match=words):
        client.deploy(package)  # type: ignore[arg-type]


def test_execute_is_a_function_of_the_inputs(process: Process) -> None:
    signature = inspect.signature(process.execute)
    assert str(signature) == (
        "(*, outcome: str = 'successful', items: list[int] = [], flag: bool = False,"
        " name: str = '<b>')"
    )
    assert "how it ends" in (process.execute.__doc__ or "")


def test_a_process_of_a_list_is_described_when_it_is_asked(
    client: Client, process: Process
) -> None:
    (listed,) = [each for each in client.processes() if each.id == process.id]
    assert list(listed.inputs) == ["outcome", "items", "flag", "name"]
    assert "outcome" in inspect.signature(listed.execute).parameters


def test_a_job_from_its_inputs_to_its_catalog(process: Process) -> None:
    job = process.execute(items=7, name="x").wait()
    assert (job.status, job.progress, job.message) == (JobStatus.SUCCESSFUL, 100, "Done")
    assert job.inputs == {"items": [7], "name": "x"}
    assert job.process_id == "small-0_1_0"
    uri = job.outputs["wf_outputs"]["StacCatalogUri"]
    assert uri.endswith(f"/jobs/{job.id}/files/wf-{job.id}/catalog.json")
    assert str(job.log()) == "carried inline\n"
    assert list(job.follow()) == ["carried inline"]


def test_files_are_downloaded(process: Process, tmp_path: Path) -> None:
    job = process.execute(name="x").wait()
    (path,) = job.download(tmp_path / "out")
    assert path == tmp_path / "out" / f"wf-{job.id}" / "catalog.json"
    assert json.loads(path.read_text())["inputs"]["name"] == "x"


def test_rerun_changes_what_it_is_told(process: Process) -> None:
    job = process.execute(items=[1], name="x").wait()
    again = job.rerun(name="y")
    assert again.id != job.id
    assert again.wait().inputs == {"items": [1], "name": "y"}


def test_a_held_job_is_dismissed_and_a_finished_one_only_on_demand(
    client: Client, process: Process
) -> None:
    job = process.execute(outcome="hold")
    with pytest.raises(errors.WaitTimeout, match="it goes on"):
        job.wait(timeout=0.2)
    with pytest.raises(errors.ResultNotReady, match=r"job\.wait\(\)"):
        _ = job.outputs
    assert job.dismiss().status is JobStatus.DISMISSED
    with pytest.raises(errors.JobDismissed):
        job.results()
    with pytest.raises(errors.JobEnded, match="remove=True"):
        job.dismiss()
    job.dismiss(remove=True)
    with pytest.raises(errors.NoSuchJob):
        client.job(job.id)


def test_a_failed_job_says_why(process: Process) -> None:
    job = process.execute(outcome="failed").wait()
    assert job.status is JobStatus.FAILED
    with pytest.raises(errors.JobFailed, match="the last line"):
        job.results()


def test_jobs_are_filtered_and_newest_first(client: Client, process: Process) -> None:
    made = [process.execute(outcome=end).wait().id for end in ("successful", "failed")]
    listed = client.jobs(process="small", limit=2)
    assert [each.id for each in listed] == made[::-1]
    assert [each.id for each in process.jobs(status="failed", limit=1)] == made[1:]
    both = client.jobs(status=["failed", "successful"], process=process)
    assert {each.record.status for each in both} == {"failed", "successful"}
    with pytest.raises(ValueError, match="'blue' is no status"):
        client.jobs(status="blue")


def test_pages_of_a_list_are_followed(
    client: Client, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jupyter_ades.client.operations.PAGE", 2)
    made = [process.execute(items=[number]).id for number in range(5)]
    assert [each.id for each in client.jobs(limit=5)] == made[::-1]


def test_the_same_key_is_the_same_job(client: Client, process: Process) -> None:
    first = client.execute(process.id, {"name": "k"}, idempotency_key="once")
    again = client.execute(process.id, {"name": "k"}, idempotency_key="once")
    assert first.id == again.id
    with pytest.raises(errors.InvalidRequest):
        client.execute(process.id, {"name": "other"}, idempotency_key="once")


def test_the_servers_problems_come_with_their_paths(client: Client, process: Process) -> None:
    with pytest.raises(errors.InvalidInputs) as refusal:
        client.execute(process.id, {"items": ["x"], "nam": 1})
    assert [each.path for each in refusal.value.problems] == ["inputs.nam", "inputs.items[0]"]
    assert refusal.value.status == 400
    assert "did you mean 'name'" in str(refusal.value)
    with pytest.raises(errors.InvalidInputs, match="did you mean 'outcome'"):
        process.execute(outcom="failed")


def test_tokens_that_are_missing_or_wrong(server: Server) -> None:
    with (
        Client(server.root, token="") as client,
        pytest.raises(errors.NotAllowed, match="no token was sent") as missing,
    ):
        client.processes()
    assert missing.value.status == 403
    with (
        Client(server.root, token="wrong") as client,
        pytest.raises(errors.NotAllowed, match="the token was refused"),
    ):
        client.processes()


def test_no_server_and_no_service(server: Server) -> None:
    with (
        Client("http://127.0.0.1:9/ann/wps3") as client,
        pytest.raises(errors.NoServer, match="does not answer"),
    ):
        client.processes()
    with (
        Client(server.origin, token="secret", workspace="nobody") as client,
        pytest.raises(errors.NotAService, match="workspace"),
    ):
        client.processes()


def test_displays_escape_what_others_wrote(client: Client, process: Process) -> None:
    shown = process._repr_mimebundle_()
    assert "&lt;b&gt;" in shown["text/html"]
    assert "<b>'" not in shown["text/html"]
    job = process.execute(name="x").wait()
    assert repr(job) == f"<Job {job.id} of small-0_1_0: successful, 100 %, Done>"
    assert f"<code>{job.id}</code>" in job._repr_mimebundle_()["text/html"]
    assert '<progress value="100"' in client.jobs()._repr_html_()
    assert repr(process) == "<Process small-0_1_0: Small>"
    assert "\n" not in repr(client)


def test_importing_the_package_is_light() -> None:
    code = (
        "import sys, jupyter_ades; before = set(sys.modules); jupyter_ades.Client;"
        " print(*({'httpx', 'pystac', 'tornado', 'IPython'} & before), '|',"
        " *({'httpx', 'pystac', 'jupyter_server', 'IPython', 'tqdm'} & set(sys.modules)))"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert out.split() == ["|", "httpx"]
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = jupyter_ades.Nothing


def test_threads_share_one_pool_of_connections(client: Client) -> None:
    together = threading.Barrier(8)

    def opened() -> object:
        together.wait()
        return client._transport.http

    with ThreadPoolExecutor(8) as pool:
        found = {id(each.result()) for each in [pool.submit(opened) for _ in range(8)]}
    assert len(found) == 1
