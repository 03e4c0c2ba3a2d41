"""Which server a client takes when it is told none."""

from __future__ import annotations

import json
import os
from pathlib import Path

import psutil
import pytest

from jupyter_ades.client.discovery import (
    RunningServer,
    at,
    discover,
    running_servers,
    workspace_of,
)
from jupyter_ades.client.errors import NoServer

LAB = RunningServer(url="http://127.0.0.1:8888/", token="lab", pid=10, root_dir="/home/ann")
OTHER = RunningServer(url="http://0.0.0.0:9999/base/", token="other", pid=20, root_dir="/data")
HUB = {
    "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:4321/user/ann/",
    "JUPYTERHUB_API_TOKEN": "hub",
    "JUPYTERHUB_USER": "ann",
}
ANN = {"JUPYTERHUB_USER": "ann"}


def found(
    environ: dict[str, str],
    servers: list[RunningServer],
    ancestors: list[int],
    folder: str = "/somewhere",
) -> tuple[str, str]:
    place = discover(environ, servers=servers, ancestors=ancestors, folder=Path(folder))
    return place.candidates[0], place.token


@pytest.mark.parametrize(
    ("environ", "ancestors", "folder", "expected"),
    [
        pytest.param(
            {**ANN, "JPY_PARENT_PID": "20"},
            [],
            "/home/ann",
            ("http://127.0.0.1:9999/base/ann/wps3", "other"),
            id="the server that started the kernel",
        ),
        pytest.param(
            {**ANN, "ADES_URL": "http://elsewhere"},
            [30, 10],
            "/data",
            ("http://127.0.0.1:8888/ann/wps3", "lab"),
            id="the server above this process, before ADES_URL and the folder",
        ),
        pytest.param(
            HUB, [], "/data", ("http://127.0.0.1:4321/user/ann/ann/wps3", "hub"), id="the hub's"
        ),
        pytest.param(
            {"ADES_URL": "http://elsewhere/ann/wps3/", "ADES_TOKEN": "t"},
            [],
            "/data",
            ("http://elsewhere/ann/wps3", "t"),
            id="ADES_URL before the folder",
        ),
        pytest.param(
            ANN,
            [],
            "/data/below",
            ("http://127.0.0.1:9999/base/ann/wps3", "other"),
            id="the server whose folder holds this one",
        ),
    ],
)
def test_the_order_of_discovery(
    environ: dict[str, str], ancestors: list[int], folder: str, expected: tuple[str, str]
) -> None:
    assert found(environ, [LAB, OTHER], ancestors, folder) == expected


def test_the_deepest_folder_wins() -> None:
    deeper = RunningServer(url="http://127.0.0.1:1/", pid=40, root_dir="/home/ann/project")
    assert found(ANN, [LAB, deeper], [], "/home/ann/project/x")[0].startswith("http://127.0.0.1:1/")


def test_behind_a_hub_the_server_takes_the_hubs_token() -> None:
    bare = RunningServer(url="http://127.0.0.1:4321/user/ann/", pid=10, root_dir="/home/ann")
    assert found(HUB, [bare], [10]) == ("http://127.0.0.1:4321/user/ann/ann/wps3", "hub")


def test_nothing_found_says_what_was_seen_and_what_to_do() -> None:
    with pytest.raises(NoServer, match=r"No Jupyter server runs.*ADES_URL"):
        found(ANN, [], [])
    with pytest.raises(NoServer, match=r"No running Jupyter server belongs.*/home/ann"):
        found(ANN, [LAB], [])
    twin = RunningServer(url="http://127.0.0.1:7/", pid=50, root_dir="/home/ann")
    with pytest.raises(NoServer, match="Several Jupyter servers have this folder"):
        found(ANN, [LAB, twin], [], "/home/ann")


def test_a_token_is_in_no_repr() -> None:
    assert "lab" not in repr(LAB).replace("/lab", "")
    assert "hub" not in repr(discover(HUB, servers=[], ancestors=[]))


@pytest.mark.parametrize(
    ("url", "candidates", "workspace"),
    [
        ("http://h:8888/ann/wps3", ("http://h:8888/ann/wps3",), "ann"),
        ("http://h/x/ann/ogc-api/", ("http://h/x/ann/ogc-api",), "ann"),
        (
            "http://h/lab?token=secret",
            ("http://h", "http://h/me/wps3", "http://h/me/ogc-api"),
            "me",
        ),
        ("h.example", ("https://h.example", "https://h.example/me/wps3"), "me"),
    ],
)
def test_an_address_is_a_root_or_a_server(
    url: str, candidates: tuple[str, ...], workspace: str
) -> None:
    place = at(url, environ={"ADES_WORKSPACE": "me"})
    assert place.candidates[: len(candidates)] == candidates
    assert place.workspace == workspace


def test_a_token_in_an_address_is_taken_out_of_it() -> None:
    place = at("http://h/lab?token=secret", environ={})
    assert place.token == "secret"
    assert not any("secret" in each for each in place.candidates)
    assert at("http://h", token="given", environ={"ADES_TOKEN": "env"}).token == "given"
    assert at("http://h", environ={"ADES_TOKEN": "env"}).token == "env"


def test_the_token_of_one_service_is_not_sent_to_another() -> None:
    environ = {"ADES_TOKEN": "env", "ADES_URL": "https://mine/ann/wps3"}
    assert at("https://mine", environ=environ).token == "env"
    assert at("https://theirs", environ=environ).token == ""


def test_a_workspace_that_is_given_goes_before_the_addresss_own() -> None:
    assert at("http://h/ann/wps3", workspace="bob", environ={}).candidates == ("http://h/bob/wps3",)


@pytest.mark.parametrize("url", ["", "ftp://h", "http://", "file:///etc"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(NoServer, match="no http"):
        at(url, environ={})


def test_the_workspace_is_named_as_the_server_names_it() -> None:
    assert workspace_of({"JUPYTERHUB_USER": "jane@esa.int"}) == "jane-esa.int"
    assert workspace_of({"JUPYTERHUB_USER": "lab"}) == "lab-ws"
    assert workspace_of({"JUPYTERHUB_USER": "x", "ADES_WORKSPACE": "y"}) == "y"


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which servers tell of themselves."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    return tmp_path


def tell(runtime: Path, number: int, **told: object) -> Path:
    """The file of a server that is this process, but for what it tells otherwise."""
    here = {"url": "http://h/", "token": "t", "pid": os.getpid(), "root_dir": "/r"}
    path = runtime / f"jpserver-{number}.json"
    path.write_text(json.dumps({**here, **told}))
    return path


def test_running_servers_are_read_from_their_files(runtime: Path) -> None:
    tell(runtime, 1)
    tell(runtime, 2, pid=2**22 + 5)
    (runtime / "jpserver-3.json").write_text("{broken")
    tell(runtime, 4, url="http+unix://s")
    (runtime / "kernel-5.json").write_text("{}")
    assert running_servers() == [
        RunningServer(url="http://h/", token="t", pid=os.getpid(), root_dir="/r")
    ]


def test_a_file_is_not_of_a_process_that_began_later(runtime: Path) -> None:
    """A killed server's number, which another process has now; unless no file is young enough."""
    began = psutil.Process().create_time()
    os.utime(tell(runtime, 1, url="http://left/"), (began - 60, began - 60))
    assert [each.url for each in running_servers()] == ["http://left/"]
    tell(runtime, 2, url="http://new/")
    assert [each.url for each in running_servers()] == ["http://new/"]
