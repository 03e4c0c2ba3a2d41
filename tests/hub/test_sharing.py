"""Tokens of a real hub that may only read, or only execute."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from jupyter_ades.client import Client, errors
from tests.conftest import notebook
from tests.hub.hub import User


@pytest.fixture(scope="module")
def shared(alice: User, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The id of a process that alice deployed."""
    book = tmp_path_factory.mktemp("shared") / "shared.ipynb"
    source = "import pathlib\nfile: pathlib.Path | None = None\nn: int = 1"
    book.write_bytes(notebook(source, ("print(n)",), id="shared"))
    (alice.home / "private.txt").write_text("alice's own")
    with Client(alice.root("alice"), token=alice.token) as client:
        return client.deploy(book, replace=True).id


def asking(alice: User, *scopes: str) -> requests.Session:
    session = requests.Session()
    session.headers["Authorization"] = f"token {alice.new_token(*scopes)}"
    return session


def code(session: requests.Session, method: str, url: str, **more: Any) -> int:
    return session.request(method, url, timeout=60, **more).status_code


def test_a_token_that_may_read(alice: User, shared: str) -> None:
    session, root = asking(alice, "custom:ades:read!user=alice"), alice.root("alice")
    assert code(session, "GET", f"{root}/processes/{shared}") == 200
    assert code(session, "GET", f"{root}/jobs") == 200
    for method, path in (
        ("POST", f"processes/{shared}/jobs"),
        ("POST", f"processes/{shared}/execution"),
        ("POST", "processes"),
        ("DELETE", f"processes/{shared}"),
    ):
        assert code(session, method, f"{root}/{path}", json={}) == 403, path
    # The rest of the server is not shared.
    for path in ("api/contents", "api/kernels", "api/sessions"):
        assert code(session, "GET", f"{alice.hub.origin}{alice.base}{path}") == 403, path
    assert code(session, "POST", f"{alice.hub.origin}{alice.base}api/kernels", json={}) == 403


#: JupyterLab's own handlers, which ask who is there and no authorizer; and a websocket.
ELSEWHERE = [
    ("GET", "lab"),
    ("GET", "tree"),
    ("GET", "lab/api/settings/@jupyterlab/apputils-extension:themes"),
    ("PUT", "lab/api/settings/@jupyterlab/apputils-extension:themes"),
    ("GET", "lab/api/workspaces"),
    ("PUT", "lab/api/workspaces/default"),
    ("GET", "lab/api/extensions"),
    ("POST", "lab/api/extensions"),
    ("GET", "api/me"),
    ("GET", "api/events/subscribe"),
    ("GET", "files/private.txt"),
]


@pytest.mark.parametrize("scope", ["read", "execute"])
def test_a_narrowed_token_opens_nothing_of_other_extensions(
    alice: User, shared: str, scope: str
) -> None:
    narrowed, own = asking(alice, f"custom:ades:{scope}!user=alice"), asking(alice)
    for method, path in ELSEWHERE:
        url = f"{alice.hub.origin}{alice.base}{path}"
        assert code(narrowed, method, url, json={}, allow_redirects=False) == 403, path
        assert code(own, method, url, json={}, allow_redirects=False) != 403, path


def test_pages_are_for_narrowed_tokens_too(alice: User, shared: str) -> None:
    session = asking(alice, "custom:ades:read!user=alice")
    root = alice.root("alice").replace("wps3", "ogc-api")
    for path in ("", "/processes", f"/processes/{shared}", "/jobs"):
        page = session.get(f"{root}{path}", headers={"Accept": "text/html"}, timeout=60)
        assert page.status_code == 200, path
        assert page.headers["Content-Type"].startswith("text/html")


def test_the_first_clients_address_takes_narrowed_tokens(alice: User, shared: str) -> None:
    at = f"{alice.root('alice')}/processes/{shared}"
    for scope, status in (("execute", 201), ("read", 403)):
        session = asking(alice, f"custom:ades:{scope}!user=alice")
        assert code(session, "POST", at, json={"inputs": {"n": 3}}) == status


def test_a_token_that_may_execute(alice: User, shared: str) -> None:
    token = alice.new_token("custom:ades:execute!user=alice")
    with Client(alice.root("alice"), token=token) as client:
        job = client.execute(shared, {"n": 2}).wait(60)
        assert job.status == "successful"
        with pytest.raises(errors.NotAllowed):
            job.dismiss(remove=True)
        with pytest.raises(errors.NotAllowed):
            client.undeploy(shared)
        with pytest.raises(errors.ClientError, match="who may only execute cannot name files"):
            client.execute(shared, {"file": "private.txt"})
        with pytest.raises(errors.ClientError, match="who may only execute cannot name files"):
            job.rerun(file="private.txt")
    with Client(alice.root("alice"), token=alice.token) as client:
        assert client.execute(shared, {"file": "private.txt"}).wait(60).status == "successful"


def test_everything_is_for_tokens_that_inherit_all(alice: User, shared: str) -> None:
    every = [f"custom:ades:{each}!user=alice" for each in ("read", "execute", "write")]
    session = asking(alice, *every)
    assert code(session, "GET", f"{alice.hub.origin}{alice.base}api/contents") == 200
