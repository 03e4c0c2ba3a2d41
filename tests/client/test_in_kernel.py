"""A client in a kernel that a running server started finds that server, wherever it works."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from tornado.websocket import websocket_connect

from tests.conftest import notebook
from tests.restart.server import Server

#: As in a notebook; the kernel works in a folder that is no server's.
CODE = """
import os
os.chdir("/")
%load_ext jupyter_ades
from jupyter_ades import Client
client = Client()
job = client.process("quick").execute(n=2).wait()
assert client.workspace == "terradue"
print(client.url, job.status, job.results().get_self_href())
"""


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that is known on this machine, and another one that must not be taken."""
    (tmp_path / "runtime").mkdir()
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    server = Server(tmp_path)
    server.start()
    decoy = {"url": "http://127.0.0.1:9/", "token": "", "pid": 1, "root_dir": "/"}
    (tmp_path / "runtime" / "jpserver-1.json").write_text(json.dumps(decoy))
    yield server
    server.stop()


async def run_in_kernel(server: Server, code: str) -> tuple[str, list[dict[str, Any]]]:
    """What a cell prints in a kernel of the server, and the data that it displays."""
    headers = {"Authorization": "token secret"}
    made = requests.post(f"{server.origin}/api/kernels", headers=headers, timeout=30)
    made.raise_for_status()
    address = f"{server.origin}/api/kernels/{made.json()['id']}/channels?token=secret"
    socket = await websocket_connect(address.replace("http", "ws", 1))
    message_id = uuid.uuid4().hex
    header = {"msg_id": message_id, "msg_type": "execute_request", "version": "5.3"}
    header |= {"username": "", "session": uuid.uuid4().hex}
    content = {"code": code, "silent": False, "allow_stdin": False, "user_expressions": {}}
    rest = {"parent_header": {}, "metadata": {}, "buffers": [], "channel": "shell"}
    socket.write_message(json.dumps({"header": header, "content": content, **rest}))
    printed, displayed = "", []
    try:
        async with asyncio.timeout(60):
            while True:
                message = json.loads(await socket.read_message() or "")
                if message["parent_header"].get("msg_id") != message_id:
                    continue
                kind, said = message["header"]["msg_type"], message["content"]
                printed += said.get("text", "") + "\n".join(said.get("traceback", []))
                if kind in ("display_data", "update_display_data"):
                    displayed.append(said)
                if kind == "status" and said["execution_state"] == "idle":
                    return printed, displayed
    finally:
        socket.close()


async def test_a_kernel_finds_its_own_server(beside: Server, tmp_path: Path) -> None:
    headers = {"Content-Type": "application/x-ipynb+json"}
    book = notebook("n: int = 1", ("print(n)",), id="quick", version="")
    sent = await asyncio.to_thread(beside.send, "POST", "processes", data=book, headers=headers)
    assert sent.status_code == 201, sent.text
    printed, displayed = await run_in_kernel(beside, CODE)
    url, status, href = printed.split()[-3:]
    assert (url, status) == (beside.root, "successful")
    assert Path(href).is_relative_to(beside.user_folder / "ades-results" / "terradue")
    # One bar: shown once, then updated in place.
    names = {said["transient"]["display_id"] for said in displayed}
    assert len(names) == 1
    assert "successful" in displayed[-1]["data"]["text/html"]
    assert '<progress value="100"' in displayed[-1]["data"]["text/html"]
